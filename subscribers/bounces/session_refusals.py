"""Turn what mail servers refused while we were sending into events for the same policy.

A refusal may be about us and not about the address. Then every address would get it, and none may
be suppressed for it. The diagnostic decides first (classification.py). Where a large share of a
dispatch is refused, we assume that the fault is ours, whatever the servers say.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Count, Exists, OuterRef, Q

from subscribers.bounces.bounce_pause import SUSPICIOUS_COUNT, SUSPICIOUS_SHARE
from subscribers.bounces.classification import classify, find_reply_code
from subscribers.bounces.report import Reason, classification_of
from subscribers.bounces.suppression_policy import ReceivedEvent, apply_policy
from subscribers.models import (
    BounceClassification,
    BounceEvent,
    BounceSource,
    Delivery,
    DeliveryState,
    Dispatch,
    Subscriber,
)

log = logging.getLogger(__name__)

LOOK_BACK = timedelta(days=3)
BATCH_SIZE = 2000
# A plain refusal of an address (RFC 5321, section 4.2.3).
ADDRESS_REFUSED_CODES = {"550", "551", "553"}


def process_refusals(*, at: datetime) -> int:
    """Record an event for each refusal that has none yet; return how many are new."""
    recorded = BounceEvent.objects.filter(delivery_id=OuterRef("pk"), source=BounceSource.SENDING)
    # A dispatch retries for days before a deferral becomes a refusal.
    recent = Dispatch.objects.filter(deadline__gt=at - LOOK_BACK).values_list("pk", flat=True)
    refused = (
        Delivery.objects.filter(dispatch__in=list(recent), server_reply__isnull=False)
        .filter(state=DeliveryState.REFUSED, settled_at__gt=at - LOOK_BACK)
        .filter(~Exists(recorded))
        .select_related("dispatch")
        .order_by("pk")
    )
    our_fault: dict[int, bool] = {}
    count = 0
    batch = list(refused[:BATCH_SIZE])
    readers = Subscriber.objects.filter(pk__in=[delivery.subscriber_id for delivery in batch])
    addresses = dict(readers.values_list("pk", "address"))
    for delivery in batch:
        refusal = partial(
            classify_refusal,
            delivery.server_reply or "",
            delivery=delivery.pk,
            recipient=addresses.get(delivery.subscriber_id, ""),
        )
        event = refusal()
        if event.classification == BounceClassification.HARD:
            if delivery.dispatch_id not in our_fault:
                our_fault[delivery.dispatch_id] = _is_our_fault(delivery.dispatch_id)
            if our_fault[delivery.dispatch_id]:
                event = refusal(our_fault=True)
        count += apply_policy(event, delivery, at=at) is not None
    return count


def classify_refusal(
    reply: str, *, delivery: int, recipient: str = "", our_fault: bool = False
) -> ReceivedEvent:
    """Return the event for what a server replied to an email, such as `550 5.1.1 user unknown`."""
    found = classify(reply, recipient=recipient)
    reason = found.reason
    if reason == Reason.UNCLEAR and find_reply_code(reply) in ADDRESS_REFUSED_CODES:
        reason = Reason.USER_UNKNOWN
    classification = classification_of(reason, temporary=found.temporary)
    if our_fault:
        classification = BounceClassification.POLICY
    return ReceivedEvent(
        source=BounceSource.SENDING,
        provider="",
        event_id=str(delivery),
        classification=classification,
        reason=reason,
        status=found.status,
        diagnostic=reply,
    )


def _is_our_fault(dispatch: int) -> bool:
    """Whether so much of a dispatch was refused that the addresses cannot be the cause."""
    settled = {DeliveryState.SENT, DeliveryState.REFUSED, DeliveryState.BOUNCED}
    counted = Delivery.objects.filter(dispatch_id=dispatch, state__in=settled).aggregate(
        refused=Count("pk", filter=Q(state=DeliveryState.REFUSED)), settled=Count("pk")
    )
    suspicious = bool(
        counted["refused"] > SUSPICIOUS_COUNT
        and counted["refused"] > SUSPICIOUS_SHARE * counted["settled"]
    )
    if suspicious:
        log.error(
            "dispatch %s: %s of %s emails were refused, so we suppress no address for it; check "
            "the sending domain and server",
            dispatch,
            counted["refused"],
            counted["settled"],
        )
    return suspicious
