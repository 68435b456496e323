"""The links that open the preferences pages, and what each of them allows.

Emails get forwarded, so the link in every email can only unsubscribe, and pause for a month; the
owner is told by email. For anything more we send a fresh link to the address on file, which works
for a day.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from newsroom.emails import AlreadyQueued, Once, queue_email_in_constant_time
from newsroom.tokens import is_row_token, sign_value, verify_value
from subscribers.models import Subscriber
from subscribers.models.address_hash import hash_address

OWNER_LINK_VALID_FOR = timedelta(hours=24)
OWNER_LINK_INTERVAL = timedelta(hours=1)
_PURPOSE = "preferences"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Whose preferences a link opens, and whether it was sent to the owner of the address."""

    subscriber: Subscriber
    is_owner: bool


def verify_access(token: str) -> Access | None:
    """Return what a token gives access to; None if it is forged or has expired."""
    if is_row_token(token):
        subscriber = Subscriber.objects.with_token(token).first()
        return Access(subscriber=subscriber, is_owner=False) if subscriber else None
    max_age = int(OWNER_LINK_VALID_FOR.total_seconds())
    number, _, hash_start = (verify_value(_PURPOSE, token, max_age=max_age) or "").partition(" ")
    subscriber = Subscriber.objects.filter(pk=number).first() if number else None
    # A link that was sent to the former address stops working when the address changes.
    if subscriber is None or not subscriber.address_hash.startswith(hash_start or "-"):
        return None
    return Access(subscriber=subscriber, is_owner=True)


def owner_link(subscriber: Subscriber) -> str:
    """Return a link to the page on which the owner of the address can change everything."""
    token = sign_value(_PURPOSE, f"{subscriber.pk} {hash_address(subscriber.address)[:16]}")
    return settings.SITE_URL + reverse("subscribers:preferences", args=[token])


def send_owner_link(subscriber: Subscriber) -> None:
    """Email an owner link to the address on file, at most once within OWNER_LINK_INTERVAL."""
    with transaction.atomic():
        _queue_email(subscriber, is_known=True)


def send_owner_link_to(address: str) -> None:
    """Email an owner link to an address if it is a subscriber's; the same work if it is not."""
    with transaction.atomic():
        subscriber = Subscriber.objects.at_address(address).first()
        _queue_email(
            subscriber or Subscriber(pk=0, address=address), is_known=subscriber is not None
        )


def _queue_email(subscriber: Subscriber, *, is_known: bool) -> None:
    address_hash = hash_address(subscriber.address)
    with suppress(AlreadyQueued):
        queue_email_in_constant_time(
            "preferences_link",
            to=subscriber.address,
            context={"link": owner_link(subscriber), "valid_for": OWNER_LINK_VALID_FOR},
            language=subscriber.language,
            allowed=is_known,
            once=Once(key=address_hash, within=OWNER_LINK_INTERVAL, at=timezone.now()),
        )
