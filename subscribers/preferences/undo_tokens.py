"""The buttons on the page shown after unsubscribing: undo, and unsubscribe from the rest as well.

Their tokens are shown only on that page. So whoever holds a forwarded email can unsubscribe its
owner and undo that, but can never subscribe an owner who had unsubscribed before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from newsroom.tokens import sign_value, verify_value
from subscribers.consent import Evidence, subscribe
from subscribers.consent_wording import UNDO_WORDING
from subscribers.locks import lock_subscribers
from subscribers.models import Subscriber, Subscription

BUTTONS_WORK_FOR = timedelta(hours=1)
_MAX_AGE = int(BUTTONS_WORK_FOR.total_seconds())
_UNDO, _ALL = "undo leaving", "leave all"


def make_undo_token(unsubscribed: Sequence[Subscription], *, earlier_token: str = "") -> str:
    """Return a token that undoes exactly this unsubscribing, once; empty if there was none.

    With the `earlier_token` of the page before, it undoes what that one undoes as well.
    """
    earlier = (verify_value(_UNDO, earlier_token, max_age=_MAX_AGE) or "") if earlier_token else ""
    parts = [*earlier.split(), *(f"{one.pk}@{_moment(one)}" for one in unsubscribed)]
    return sign_value(_UNDO, " ".join(parts)) if parts else ""


def undo_unsubscribe(token: str, *, ip: str | None, at: datetime) -> list[Subscription] | None:
    """Subscribe again as the token says; None if it is forged, too old or used already."""
    value = verify_value(_UNDO, token, max_age=_MAX_AGE)
    if not value:
        return None
    moments = dict(part.split("@") for part in value.split(" "))
    evidence = Evidence(source="undo", wording=UNDO_WORDING, ip=ip)
    with transaction.atomic():
        rows = Subscription.objects.filter(pk__in=moments)
        lock_subscribers(rows.values_list("subscriber_id", flat=True))
        restarted = [
            subscription
            for row in rows.select_for_update().order_by("pk")
            if row.left_at is not None and _moment(row) == moments[str(row.pk)]
            if (subscription := subscribe(row.subscriber, row.briefing, at=at, evidence=evidence))
        ]
    return restarted or None


def make_all_token(subscriber: Subscriber) -> str:
    """Return a token that unsubscribes from every briefing."""
    return sign_value(_ALL, str(subscriber.pk))


def verify_all_token(token: str) -> Subscriber | None:
    """Return whom a token unsubscribes from every briefing; None if it is forged or too old."""
    number = verify_value(_ALL, token, max_age=_MAX_AGE)
    return Subscriber.objects.filter(pk=number).first() if number else None


def _moment(subscription: Subscription) -> str:
    """Return when a subscription ended, which tells this unsubscribing from a later one."""
    return f"{subscription.left_at:%Y%m%d%H%M%S%f}"
