"""Every row about a person: the one list from which data export and erasure are made.

A new table about readers belongs here. A test searches every column of the database for what an
erasure left behind, and names the table.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.db.models import Model, Q, QuerySet

from briefings.models import (
    Answer,
    Comment,
    CommentBan,
    Commenter,
    CommentReport,
    EarlierWords,
    HoldReason,
    Quotation,
    QuoteConsent,
    Recommendation,
    SpamAnswer,
    SpamCheck,
)
from newsroom.email_addresses import address_key
from newsroom.models import OutgoingEmail
from subscribers.models import (
    AddressChange,
    AddressChangeState,
    BounceEvent,
    ConsentRecord,
    Delivery,
    Dispatch,
    SignUp,
    SignUpChoice,
    Subscriber,
    Subscription,
    Suppression,
)
from subscribers.models.address_hash import hash_address

if TYPE_CHECKING:
    from briefings.models.commenter import CommenterQuerySet


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The owner of an address: a subscriber, a commenter, or only somebody entered in a form."""

    subscriber: Subscriber | None
    addresses: tuple[str, ...]

    @property
    def hashes(self) -> tuple[str, ...]:
        """The hashes of the addresses."""
        return tuple(hash_address(address) for address in self.addresses)


def person_of(subscriber: Subscriber) -> Person:
    """Return a subscriber with their former addresses, except those that are another's now."""
    changes = subscriber.address_changes.filter(state=AddressChangeState.DONE)
    former = dict(changes.exclude(old_address="").values_list("old_address_hash", "old_address"))
    reused = Subscriber.objects.filter(address_hash__in=former).values_list("address_hash")
    for (address_hash,) in reused:
        del former[address_hash]
    return Person(subscriber=subscriber, addresses=(subscriber.address, *former.values()))


def person_at(address: str) -> Person:
    """Return the person with this address, subscriber or not."""
    subscriber = Subscriber.objects.at_address(address).first()
    return person_of(subscriber) if subscriber else Person(subscriber=None, addresses=(address,))


def rows_about(person: Person) -> dict[str, QuerySet[Any]]:
    """Return every row about a person, by what they would call it."""
    subscriber_id = person.subscriber.pk if person.subscriber else 0
    own = {"subscriber_id": subscriber_id}
    comments, commenters = comments_by(person.addresses), commenters_at(person.addresses)
    return {
        "subscriber": Subscriber.objects.filter(pk=subscriber_id),
        "subscriptions": Subscription.objects.filter(**own).select_related("briefing"),
        "consents": ConsentRecord.objects.filter(**own).select_related("briefing"),
        "address changes": AddressChange.objects.filter(**own),
        "requests by others to use your address": requests_to_use(person),
        "sign-ups": SignUp.objects.filter(address_hash__in=person.hashes).order_by("pk"),
        "briefings chosen in sign-ups": SignUpChoice.objects.filter(
            sign_up__address_hash__in=person.hashes
        ).select_related("sign_up", "briefing"),
        "deliveries": deliveries_to(subscriber_id).select_related("dispatch__issue__briefing"),
        "bounces and complaints": BounceEvent.objects.filter(**own).order_by("pk"),
        "comments": comments,
        "why comments were held": HoldReason.objects.filter(comment__in=comments.values("pk")),
        "comments that a spam filter checks": SpamCheck.objects.filter(
            comment__in=comments.values("pk")
        ),
        "what the spam filter answered": SpamAnswer.objects.filter(
            comment__in=comments.values("pk")
        ),
        "bans from comments": CommentBan.objects.filter(address_hash__in=person.hashes),
        "earlier words of comments": EarlierWords.objects.filter(comment__in=comments.values("pk")),
        "where issues quote you": Quotation.objects.filter(
            comment__in=comments.values("pk")
        ).select_related("issue__briefing"),
        "consents to be quoted": QuoteConsent.objects.filter(comment__in=comments.values("pk")),
        "your signing in for comments": commenters,
        "comments you recommended": Recommendation.objects.filter(
            commenter__in=commenters
        ).order_by("pk"),
        "comments you reported": CommentReport.objects.filter(commenter__in=commenters).order_by(
            "pk"
        ),
        "your answers to questions": Answer.objects.filter(commenter__in=commenters)
        .select_related("issue__briefing", "section", "comment")
        .order_by("pk"),
        "emails waiting to be sent": emails_to(person.addresses),
        "suppressions": Suppression.objects.filter(address_hash__in=person.hashes),
    }


def deliveries_to(subscriber_id: int) -> QuerySet[Delivery]:
    """Return a subscriber's deliveries, found by the index that begins with the dispatch.

    The ledger has no index on the subscriber alone: it would double the cost of filling it.
    """
    briefings = Subscription.objects.filter(subscriber_id=subscriber_id).values("briefing")
    dispatches = Dispatch.objects.filter(issue__briefing__in=briefings).values_list("pk", flat=True)
    found = Delivery.objects.filter(dispatch__in=list(dispatches), subscriber_id=subscriber_id)
    return found.order_by("pk")


def requests_to_use(person: Person) -> QuerySet[AddressChange]:
    """Return the unfinished requests of other subscribers to use one of these addresses."""
    requests = AddressChange.objects.filter(new_address_hash__in=person.hashes)
    own = person.subscriber.pk if person.subscriber else 0
    return requests.exclude(state=AddressChangeState.DONE).exclude(subscriber=own)


def comments_by(addresses: Collection[str]) -> QuerySet[Comment]:
    """Return the comments from these addresses, in any spelling."""
    found = Comment.objects.filter(pk__in=_pks_with_address(addresses, Comment, "email"))
    return found.select_related("issue__briefing", "section", "parent", "contributor")


def commenters_at(addresses: Collection[str]) -> CommenterQuerySet:
    """Return what we know of these addresses as those of people who comment."""
    return Commenter.objects.filter(address_key__in={address_key(each) for each in addresses})


def emails_to(addresses: Collection[str]) -> QuerySet[OutgoingEmail]:
    """Return the transactional emails that wait to be sent to these addresses."""
    return OutgoingEmail.objects.filter(pk__in=_pks_with_address(addresses, OutgoingEmail, "to"))


def _pks_with_address(addresses: Collection[str], table: type[Model], column: str) -> list[Any]:
    """Return the keys of rows whose column is one of the addresses, compared as addresses are."""
    keys = {address_key(address) for address in addresses}
    domains = [Q(**{f"{column}__iendswith": f"@{key.rpartition('@')[2]}"}) for key in keys]
    candidates = table._base_manager.filter(reduce(or_, domains)).values_list("pk", column)
    return [pk for pk, found in candidates if address_key(found) in keys]
