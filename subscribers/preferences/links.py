"""Preferences: what a letter's holder may do, and what the address's owner may do.

Letters get forwarded, so the link in every letter only leaves briefings. Whatever goes further
needs a fresh link, which is written to the address on file and ends after a day.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from briefings.models import Briefing
from newsroom.emails import queue_email_in_constant_time
from newsroom.rate_limits import is_first_this_hour
from newsroom.tokens import is_row_token, sign_value, verify_value
from subscribers.consent import Evidence, subscribe
from subscribers.consent_wording import SEVERAL
from subscribers.locks import lock_subscriber
from subscribers.models import Subscriber, Subscription, Suppression
from subscribers.models.address_hash import hash_address
from subscribers.preferences.unsubscription import leave_these

LINK_LASTS = 24 * 3600  # seconds
SOURCE = "preferences"
_ACT = "preferences"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Who is shown on a preferences page, and whether as the owner of the address."""

    subscriber: Subscriber
    is_owner: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a preferences form changed."""

    joined: list[Subscription] = field(default_factory=list)
    left: list[Subscription] = field(default_factory=list)
    name_changed: bool = False

    def __bool__(self) -> bool:
        return bool(self.joined or self.left or self.name_changed)


def visit(token: str) -> Visit | None:
    """Open the door that a token fits: a letter's, or a fresh link's."""
    if is_row_token(token):
        subscriber = Subscriber.objects.with_token(token).first()
        return Visit(subscriber=subscriber, is_owner=False) if subscriber else None
    number, _, address = (verify_value(_ACT, token, max_age=LINK_LASTS) or "").partition(" ")
    subscriber = Subscriber.objects.filter(pk=number).first() if number else None
    # A link that was sent to a former address opens nothing once letters go elsewhere.
    if subscriber is None or not subscriber.address_hash.startswith(address or "-"):
        return None
    return Visit(subscriber=subscriber, is_owner=True)


def send_link_to_address(address: str) -> None:
    """Write a fresh link to an address if it is a subscriber's; the same work if it is not."""
    with transaction.atomic():
        subscriber = Subscriber.objects.at_address(address).first()
        _post_link(subscriber or Subscriber(pk=0, address=address), is_known=subscriber is not None)


def send_link(subscriber: Subscriber) -> None:
    """Write a fresh link to the address on file."""
    with transaction.atomic():
        _post_link(subscriber, is_known=True)


def fresh_link(subscriber: Subscriber) -> str:
    """Where the owner of the address on file may change everything, for a day."""
    token = sign_value(_ACT, f"{subscriber.pk} {hash_address(subscriber.address)[:16]}")
    return settings.SITE_URL + reverse("subscribers:preferences", args=[token])


def _post_link(subscriber: Subscriber, *, is_known: bool) -> None:
    """At most one an hour leaves for an address, whoever asks."""
    is_suppressed = Suppression.objects.at_address(subscriber.address).exists()
    if not is_first_this_hour("link", hash_address(subscriber.address)):
        return
    queue_email_in_constant_time(
        "preferences_link",
        to=subscriber.address,
        context={"link": fresh_link(subscriber)},
        allowed=is_known and not is_suppressed,
    )


def offered_to(subscriber: Subscriber) -> list[Briefing]:
    """What the owner may tick: every current briefing, and a retired one while it is taken."""
    taken = subscriber.subscriptions.active().values("briefing")
    return list(Briefing.objects.filter(Q(retired=False) | Q(pk__in=taken)))


def change(
    subscriber: Subscriber,
    *,
    name: str,
    shown: Collection[Briefing],
    wanted: Collection[Briefing],
    ip: str | None,
    at: datetime,
) -> Changes:
    """Do what the owner's form says, all or nothing.

    `shown` were ticked when the page was made: only what its owner changed is changed, so a page
    left open since yesterday takes nothing back that happened since. Raises Subscriber.DoesNotExist
    when the reader was erased meanwhile.
    """
    evidence = Evidence(source=SOURCE, wording=SEVERAL, ip=ip, asked_at=at, asked_ip=ip)
    to_leave = {one.pk for one in shown} - {one.pk for one in wanted}
    to_join = [one for one in wanted if one.pk not in {was.pk for was in shown}]
    with transaction.atomic():
        lock_subscriber(subscriber)
        renamed = Subscriber.objects.filter(pk=subscriber.pk).exclude(name=name).update(name=name)
        active = subscriber.subscriptions.active().filter(briefing__in=to_leave)
        left = leave_these(
            active.select_related("briefing").order_by("pk"), source=SOURCE, ip=ip, at=at
        )
        joined = [
            subscription
            for briefing in to_join
            if (subscription := subscribe(subscriber, briefing, at=at, evidence=evidence))
        ]
    return Changes(joined=joined, left=left, name_changed=bool(renamed))
