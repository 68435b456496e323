"""The button on the page shown after unsubscribing: undo.

Its token is shown only on that page. So whoever holds a forwarded email can unsubscribe its owner
and undo that, but can never subscribe an owner who had unsubscribed before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from newsroom.tokens import sign_value, verify_value
from subscribers.consent import Evidence, subscribe
from subscribers.consent_wording import UNDO_WORDING
from subscribers.locks import lock_subscribers
from subscribers.models import ConsentRecord, Subscription

BUTTONS_WORK_FOR = timedelta(hours=1)
_MAX_AGE = int(BUTTONS_WORK_FOR.total_seconds())
# Part of the signing key: other words would end the links that were sent.
_UNDO = "undo leaving"
ONE_CLICK = "one-click"  # the source of these consent records


def make_undo_token(unsubscribed: Sequence[Subscription]) -> str:
    """Return a token that undoes exactly this unsubscribing, once; empty if there was none."""
    moments = unsubscribe_moments(unsubscribed)
    return sign_value(_UNDO, moments) if moments else ""


def undo_unsubscribe(token: str, *, ip: str | None, at: datetime) -> list[Subscription] | None:
    """Subscribe again as the token says; None if it is forged, too old or used already."""
    value = verify_value(_UNDO, token, max_age=_MAX_AGE)
    return subscribe_again(value, ip=ip, at=at) if value else None


def unsubscribe_moments(unsubscribed: Sequence[Subscription]) -> str:
    """Return which subscriptions ended when, as `subscribe_again` reads it."""
    return " ".join(f"{one.pk}@{_moment(one)}" for one in unsubscribed)


def subscribe_again(value: str, *, ip: str | None, at: datetime) -> list[Subscription] | None:
    """Restart the subscriptions that ended at just these moments; None if none of them did."""
    moments = dict(part.split("@") for part in value.split(" "))
    evidence = Evidence(source="undo", wording=str(UNDO_WORDING), ip=ip)
    with transaction.atomic():
        rows = Subscription.objects.filter(pk__in=moments)
        lock_subscribers(rows.values_list("subscriber_id", flat=True))
        restarted = [
            subscription
            for row in rows.select_for_update().order_by("pk")
            if row.unsubscribed_at is not None and _moment(row) == moments[str(row.pk)]
            if (subscription := subscribe(row.subscriber, row.briefing, at=at, evidence=evidence))
        ]
    return restarted or None


def make_undo_token_after_one_click(subscription: Subscription, *, at: datetime) -> str:
    """Return a token for the page that the link opens after a mail program's own button was used.

    Empty unless that was the last that happened to the subscription, within the last hour.
    """
    if (
        subscription.unsubscribed_at is None
        or subscription.unsubscribed_at <= at - BUTTONS_WORK_FOR
    ):
        return ""
    records = ConsentRecord.objects.filter(
        subscriber=subscription.subscriber_id,
        briefing=subscription.briefing_id,
        source=ONE_CLICK,
        at=subscription.unsubscribed_at,
    )
    return make_undo_token([subscription]) if records.exists() else ""


def _moment(subscription: Subscription) -> str:
    """Return when a subscription ended, which tells this unsubscribing from a later one."""
    return f"{subscription.unsubscribed_at:%Y%m%d%H%M%S%f}" if subscription.unsubscribed_at else ""
