"""What mail servers refused while we were sending counts by the same policy as what came back.

A refusal may speak of us rather than of the address: then every address would meet with it, and
none must be suppressed for it. The words decide first (judging.py); and where a large share of a
dispatch was refused for the address, it is taken to be our own trouble, whatever it says.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q

from subscribers.bounces.classification import find_code, judge
from subscribers.bounces.event_actions import Event, act_on
from subscribers.bounces.report import Reason, Verdict, verdict_of
from subscribers.models import (
    BounceClassification,
    BounceEvent,
    BounceSource,
    Delivery,
    DeliveryState,
    Dispatch,
)

log = logging.getLogger(__name__)

LOOK_BACK = timedelta(days=3)
AT_A_TIME = 2000
# More than this share of a dispatch's copies, and more than so many: it is about us.
TOO_MANY_SHARE = 0.2
TOO_MANY = 10
# A plain no to an address (RFC 5321, section 4.2.3).
NO_SUCH_MAILBOX = {"550", "551", "553"}


def look_at_refusals(*, at: datetime) -> int:
    """Make events of the refusals that were not yet looked at; give back how many."""
    looked_at = BounceEvent.objects.filter(delivery_id=OuterRef("pk"), source=BounceSource.SENDING)
    # A dispatch tries for days before a deferral becomes a refusal.
    recent = Dispatch.objects.filter(deadline__gt=at - LOOK_BACK).values_list("pk", flat=True)
    refused = (
        Delivery.objects.filter(dispatch__in=list(recent), answer__isnull=False)
        .filter(state=DeliveryState.REFUSED, settled_at__gt=at - LOOK_BACK)
        .filter(~Exists(looked_at))
        .select_related("dispatch")
        .order_by("pk")
    )
    doubted: dict[int, bool] = {}
    count = 0
    for delivery in refused[:AT_A_TIME]:
        event = read_refusal(delivery.answer or "", delivery=delivery.pk)
        if event.verdict == BounceClassification.HARD:
            if delivery.dispatch_id not in doubted:
                doubted[delivery.dispatch_id] = _is_about_us(delivery.dispatch_id)
            if doubted[delivery.dispatch_id]:
                event = read_refusal(delivery.answer or "", delivery=delivery.pk, about_us=True)
        count += act_on(event, delivery, at=at) is not None
    return count


def read_refusal(answer: str, *, delivery: int, about_us: bool = False) -> Event:
    """Read what a server said to a letter, such as `550 5.1.1 user unknown`."""
    judged = judge(answer)
    reason = judged.reason
    if reason == Reason.UNCLEAR and find_code(answer) in NO_SUCH_MAILBOX:
        reason = Reason.USER_UNKNOWN
    verdict = Verdict.POLICY if about_us else verdict_of(reason, temporary=judged.temporary)
    return Event(
        source=BounceSource.SENDING,
        provider="",
        event_id=str(delivery),
        verdict=BounceClassification(verdict.value),
        reason=reason,
        status=judged.status,
        diagnostic=answer,
    )


def _is_about_us(dispatch: int) -> bool:
    """Whether so much of a dispatch was refused that the addresses cannot be to blame."""
    settled = {DeliveryState.SENT, DeliveryState.REFUSED, DeliveryState.BOUNCED}
    counted = Delivery.objects.filter(dispatch_id=dispatch, state__in=settled).aggregate(
        refused=Count("pk", filter=Q(state=DeliveryState.REFUSED)), settled=Count("pk")
    )
    doubt = bool(
        counted["refused"] > TOO_MANY and counted["refused"] > TOO_MANY_SHARE * counted["settled"]
    )
    if doubt:
        log.error(
            "dispatch %s: %s of %s copies were refused; no address is suppressed for that",
            dispatch,
            counted["refused"],
            counted["settled"],
        )
    return doubt
