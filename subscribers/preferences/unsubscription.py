"""Leaving: one step from any letter, and a way back for whoever pressed by mistake."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from newsroom.tokens import sign_value, verify_value
from subscribers.consent import Evidence, subscribe, unsubscribe
from subscribers.consent_wording import UNDONE
from subscribers.locks import lock_subscribers
from subscribers.models import Subscriber, Subscription

# How long the page that followed leaving can undo it, or leave the rest, in seconds.
PAGE_LASTS = 3600
_UNDO, _ALL = "undo leaving", "leave all"


def leave_these(
    subscriptions: Iterable[Subscription], *, source: str, ip: str | None, at: datetime
) -> list[Subscription]:
    """End subscriptions; give back those that had not ended before, nor been erased."""
    wanted = list(subscriptions)
    with transaction.atomic():
        there = lock_subscribers(one.subscriber_id for one in wanted)
        return [
            one
            for one in wanted
            if one.subscriber_id in there and unsubscribe(one, at=at, source=source, ip=ip)
        ]


def active_of(subscriber: Subscriber) -> list[Subscription]:
    """What a subscriber takes, in the order that pages list it."""
    found = subscriber.subscriptions.active().select_related("briefing", "subscriber")
    return list(found.order_by("briefing__title"))


def undo_token(left: Sequence[Subscription], *, before: str = "") -> str:
    """Make what undoes exactly this leaving, once; empty when nothing was left.

    With the token of the page `before` it undoes that leaving as well.

    It is shown only on the page that answers the request which left. So whoever holds a forwarded
    letter can take its reader off and back on, but never on again after the reader left.
    """
    earlier = (verify_value(_UNDO, before, max_age=PAGE_LASTS) or "") if before else ""
    parts = [*earlier.split(), *(f"{one.pk}@{one.left_at:%Y%m%d%H%M%S%f}" for one in left)]
    return sign_value(_UNDO, " ".join(parts)) if parts else ""


def undo(token: str, *, source: str, ip: str | None, at: datetime) -> list[Subscription] | None:
    """Take a leaving back; None when the token is forged, too old or used already."""
    left = verify_value(_UNDO, token, max_age=PAGE_LASTS)
    if not left:
        return None
    moments = dict(part.split("@") for part in left.split(" "))
    evidence = Evidence(source=source, wording=UNDONE, ip=ip)
    with transaction.atomic():
        rows = Subscription.objects.filter(pk__in=moments)
        lock_subscribers(rows.values_list("subscriber_id", flat=True))
        rows = rows.select_for_update()
        back = [
            joined
            for row in rows.order_by("pk")
            if row.left_at is not None and f"{row.left_at:%Y%m%d%H%M%S%f}" == moments[str(row.pk)]
            if (joined := subscribe(row.subscriber, row.briefing, at=at, evidence=evidence))
        ]
    return back or None


def all_token(subscriber: Subscriber) -> str:
    """Make what leaves every briefing, for the page that answers leaving one."""
    return sign_value(_ALL, str(subscriber.pk))


def subscriber_to_leave_all(token: str) -> Subscriber | None:
    """Whom the page's 'all briefings' is about; None when it is forged or too old."""
    number = verify_value(_ALL, token, max_age=PAGE_LASTS)
    return Subscriber.objects.filter(pk=number).first() if number else None
