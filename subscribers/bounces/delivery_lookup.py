"""From a token to the letter that it was made for: nothing is done about any other."""

from __future__ import annotations

from newsroom.tokens import verify_id
from subscribers.bounces.report import Kind, Report
from subscribers.models import Delivery, DeliveryState, Dispatch, Subscription

# A mail server has had the letter, or may have had it.
HANDED_OVER = {
    DeliveryState.SENT,
    DeliveryState.UNKNOWN,
    DeliveryState.BOUNCED,
    DeliveryState.COMPLAINED,
}
# How far back a letter is looked for when only its reader is known.
LATEST_DISPATCHES = 60
# It may be under way this moment: the row is written when the lease closes.
UNDER_WAY = {DeliveryState.LEASED}


def trace(report: Report) -> Delivery | None:
    """Find the letter that a report is about; None when no valid token names one really sent.

    A complaint may have lost the return path: then the returned letter's own unsubscribe token
    leads to its reader, and to the latest letter that reader was sent.
    """
    found = trace_seal(report.token)
    if found is None and report.kind == Kind.COMPLAINT and report.unsubscribe:
        return _trace_unsubscribe(report.unsubscribe)
    return found


def trace_seal(token: str) -> Delivery | None:
    """Find the letter whose return address carried this seal."""
    number = verify_id("bounce", token) if token else None
    if number is None:
        return None
    found = Delivery.objects.filter(pk=number, state__in=HANDED_OVER | UNDER_WAY)
    return found.select_related("dispatch__issue").first()


def _trace_unsubscribe(token: str) -> Delivery | None:
    subscription = Subscription.objects.with_token(token).first()
    if subscription is None:
        return None
    return latest_letter(subscription.subscriber_id, briefing=subscription.briefing_id)


def latest_letter(subscriber: int, *, briefing: int | None = None) -> Delivery | None:
    """Give the newest letter that a subscriber was sent, of one briefing if it is named."""
    dispatches = Dispatch.objects.order_by("-pk")
    if briefing is not None:
        dispatches = dispatches.filter(issue__briefing_id=briefing)
    # By the key of dispatch and subscriber: the ledger has no index on the subscriber alone.
    lately = list(dispatches.values_list("pk", flat=True)[:LATEST_DISPATCHES])
    sent = Delivery.objects.filter(
        dispatch_id__in=lately, subscriber_id=subscriber, state__in=HANDED_OVER
    )
    return sent.select_related("dispatch__issue").order_by("-dispatch_id").first()
