"""One event, one decision: the ledger, the suppressions and the subscription follow the policy."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from newsroom import audit_log
from subscribers.bounces.delivery_lookup import HANDED_OVER, UNDER_WAY
from subscribers.bounces.suppression_policy import read_policy
from subscribers.models import (
    BounceAction,
    BounceClassification,
    BounceEvent,
    BounceSource,
    Delivery,
    DeliveryState,
    Subscriber,
    Suppression,
    SuppressionReason,
)
from subscribers.preferences.unsubscription import active_of, leave_these

log = logging.getLogger(__name__)

# A complaint outweighs what a machine or staff entered; it is the reader's own word.
WEAKER_REASONS = {SuppressionReason.BOUNCED, SuppressionReason.STAFF}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A bounce or complaint in our words. Every reader of reports makes these.

    `event_id` is the source's own name for it: told twice, it is one event.
    """

    source: BounceSource
    provider: str
    event_id: str
    verdict: BounceClassification
    reason: str
    status: str = ""
    diagnostic: str = ""

    def key(self, delivery: Delivery) -> str:
        """Make the 64 hex digits under which this event about this letter is kept."""
        parts = (self.source, self.provider, str(delivery.pk), self.verdict, self.event_id)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def act_on(event: Event, delivery: Delivery, *, at: datetime) -> BounceAction | None:
    """Record an event about a letter and follow the policy; None when it was known already.

    Everything or nothing: event, ledger and suppression are one transaction.
    """
    subscriber = Subscriber.objects.filter(pk=delivery.subscriber_id).first()
    if subscriber is None:
        log.info("a report about %s is of nobody: its reader was erased", delivery)
        return BounceAction.NOTHING
    with transaction.atomic():
        # Reports of one reader take turns, so that of several at once one sees them all.
        Subscriber.objects.select_for_update().get(pk=subscriber.pk)
        row, is_new = BounceEvent.objects.get_or_create(
            key=event.key(delivery),
            defaults={
                "source": event.source,
                "provider": event.provider[:40],
                "classification": event.verdict,
                "reason": event.reason[:40],
                "status": event.status[:12],
                "diagnostic": event.diagnostic[:500],
                "delivery_id": delivery.pk,
                "dispatch_id": delivery.dispatch_id,
                "subscriber": subscriber,
                "action": BounceAction.WAITING,
                "at": at,
            },
        )
        if not is_new:
            return None
        if delivery.state in UNDER_WAY:
            return BounceAction.WAITING
        return _decide(row, delivery, subscriber, at=at)


def act_on_waiting(*, at: datetime) -> int:
    """Decide events whose letters were under way when they came; give back how many."""
    decided = 0
    for event in BounceEvent.objects.waiting().select_related("subscriber")[:1000]:
        with transaction.atomic():
            mine = BounceEvent.objects.select_for_update().waiting().filter(pk=event.pk)
            delivery = Delivery.objects.filter(pk=event.delivery_id).first()
            if not mine.exists() or (delivery and delivery.state in UNDER_WAY):
                continue
            if delivery is None or delivery.state not in HANDED_OVER:
                BounceEvent.objects.filter(pk=event.pk).update(action=BounceAction.NOTHING)
            else:
                _decide(event, delivery, event.subscriber, at=at)
            decided += 1
    return decided


def _decide(
    event: BounceEvent, delivery: Delivery, subscriber: Subscriber, *, at: datetime
) -> BounceAction:
    rule = read_policy()[event.classification]
    letters = BounceEvent.objects.letters_within(
        rule.within, classification=event.classification, subscriber=subscriber.pk, at=at
    )
    _mark_delivery(event)
    act = BounceAction.COUNTED
    if letters >= rule.letters and not _is_about_former_address(event, delivery, subscriber):
        suppress(subscriber, event, letters=letters, at=at)
        act = BounceAction.SUPPRESSED
    BounceEvent.objects.filter(pk=event.pk).update(action=act)
    return act


def _is_about_former_address(
    event: BounceEvent, delivery: Delivery, subscriber: Subscriber
) -> bool:
    """Whether a letter bounced that went to an address its reader has given up since."""
    if event.classification == BounceClassification.COMPLAINT or subscriber.moved_at is None:
        return False
    return delivery.settled_at is not None and delivery.settled_at < subscriber.moved_at


def _mark_delivery(event: BounceEvent) -> None:
    """Write the letter's fate into the ledger, if it was thought to have arrived."""
    mine = Delivery.objects.filter(pk=event.delivery_id)
    if event.classification == BounceClassification.COMPLAINT:
        mine.filter(state__in=HANDED_OVER).update(state=DeliveryState.COMPLAINED)
    else:
        arrived = {DeliveryState.SENT, DeliveryState.UNKNOWN}
        words = f"{event.status} {event.reason}".strip()
        mine.filter(state__in=arrived).update(state=DeliveryState.BOUNCED, answer=words)


def suppress(subscriber: Subscriber, event: BounceEvent, *, letters: int, at: datetime) -> None:
    """Write to this address no more; who complained leaves every briefing as well."""
    complained = event.classification == BounceClassification.COMPLAINT
    reason = SuppressionReason.COMPLAINED if complained else SuppressionReason.BOUNCED
    times = f", {letters} letters" if letters > 1 else ""
    detail = f"{event.status} {event.reason}".strip() + times
    row, is_new = Suppression.objects.get_or_create(
        address_hash=subscriber.address_hash,
        defaults={"reason": reason, "detail": detail, "at": at},
    )
    if complained:
        leave_these(active_of(subscriber), source="complaint", ip=None, at=at)
        weaker = Suppression.objects.filter(pk=row.pk, reason__in=WEAKER_REASONS)
        is_new = bool(weaker.update(reason=reason, detail=detail, at=at)) or is_new
    if is_new:
        audit_log.record("suppressed", subscriber, by=None, reason=reason.value, letters=letters)
