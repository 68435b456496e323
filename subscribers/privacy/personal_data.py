"""Where a person has left traces: the one list from which a download and an erasure are made.

A table that holds something about readers belongs here. A test looks through every column of the
database for what an erasure left behind, and names the table.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Model, Q, QuerySet

from briefings.models import Comment
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with an address: a subscriber, or only one who wrote or was typed into a form."""

    subscriber: Subscriber | None
    addresses: tuple[str, ...]

    @property
    def hashes(self) -> tuple[str, ...]:
        """What the addresses are recognised by."""
        return tuple(hash_address(address) for address in self.addresses)


def person_of(subscriber: Subscriber) -> Person:
    """A subscriber with the addresses they had before, unless those are somebody else's now."""
    moved = subscriber.address_changes.filter(state=AddressChangeState.DONE).exclude(old_address="")
    former = dict(moved.values_list("old_address_hash", "old_address"))
    taken = Subscriber.objects.filter(address_hash__in=former).values_list("address_hash")
    for (address_hash,) in taken:
        del former[address_hash]
    return Person(subscriber=subscriber, addresses=(subscriber.address, *former.values()))


def person_at(address: str) -> Person:
    """Whoever has this address; an address may have traces without being a subscriber's."""
    subscriber = Subscriber.objects.at_address(address).first()
    return person_of(subscriber) if subscriber else Person(subscriber=None, addresses=(address,))


def traces_of(person: Person) -> dict[str, QuerySet[Any]]:
    """Every row about a person, by what they would call it."""
    reader = person.subscriber.pk if person.subscriber else 0
    own = {"subscriber_id": reader}
    return {
        "subscriber": Subscriber.objects.filter(pk=reader),
        "subscriptions": Subscription.objects.filter(**own).select_related("briefing"),
        "consents": ConsentRecord.objects.filter(**own).select_related("briefing"),
        "changes of address": AddressChange.objects.filter(**own),
        "asked to become your address": changes_to(person),
        "sign-ups": SignUp.objects.filter(address_hash__in=person.hashes).order_by("pk"),
        "asked for in sign-ups": SignUpChoice.objects.filter(
            sign_up__address_hash__in=person.hashes
        ).select_related("sign_up", "briefing"),
        "deliveries": deliveries_to(reader).select_related("dispatch__issue__briefing"),
        "bounces and complaints": BounceEvent.objects.filter(**own).order_by("pk"),
        "comments": comments_by(person.addresses),
        "letters on their way": letters_to(person.addresses),
        "suppressions": Suppression.objects.filter(address_hash__in=person.hashes),
    }


def deliveries_to(subscriber_id: int) -> QuerySet[Delivery]:
    """A reader's copies, found by the index that begins with the dispatch.

    The ledger has no index on the reader alone: it would double the cost of filling it.
    """
    taken = Subscription.objects.filter(subscriber_id=subscriber_id).values("briefing")
    dispatches = Dispatch.objects.filter(issue__briefing__in=taken).values_list("pk", flat=True)
    found = Delivery.objects.filter(dispatch__in=list(dispatches), subscriber_id=subscriber_id)
    return found.order_by("pk")


def changes_to(person: Person) -> QuerySet[AddressChange]:
    """What others asked for and did not get: that their letters go to one of these addresses."""
    asked = AddressChange.objects.filter(new_address_hash__in=person.hashes)
    own = person.subscriber.pk if person.subscriber else 0
    return asked.exclude(state=AddressChangeState.DONE).exclude(subscriber=own)


def comments_by(addresses: Collection[str]) -> QuerySet[Comment]:
    """What was said from these addresses, in any spelling."""
    found = Comment.objects.filter(pk__in=_at(addresses, Comment, "email"))
    return found.select_related("issue__briefing", "section", "parent", "contributor")


def letters_to(addresses: Collection[str]) -> QuerySet[OutgoingEmail]:
    """Single letters that still wait to leave for these addresses."""
    return OutgoingEmail.objects.filter(pk__in=_at(addresses, OutgoingEmail, "to"))


def _at(addresses: Collection[str], table: type[Model], column: str) -> list[Any]:
    """Keys of the rows whose column is one of the addresses, compared as addresses are."""
    keys = {address_key(address) for address in addresses}
    hosts = [Q(**{f"{column}__iendswith": f"@{key.rpartition('@')[2]}"}) for key in keys]
    near = table._base_manager.filter(reduce(or_, hosts)).values_list("pk", column)
    return [pk for pk, found in near if address_key(found) in keys]
