"""Record bounces and complaints, and suppress an address when the policy says so.

suppression_policy.toml says how many emails may bounce first. Ledger, suppression and subscriptions
change together with the recorded event, in one transaction.
"""

from __future__ import annotations

import hashlib
import logging
import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from django.db import transaction

from newsroom import audit_log
from newsroom.invisible_characters import storable
from subscribers.bounces.bounce_pause import is_our_fault, pause_if_about_us
from subscribers.bounces.delivery_lookup import ACCEPTED_STATES, LEASED_STATES
from subscribers.consent import unsubscribe_from
from subscribers.models import (
    BounceAction,
    BounceClassification,
    BounceEvent,
    BounceSource,
    Delivery,
    DeliveryState,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionReason,
)

log = logging.getLogger(__name__)

POLICY_FILE = Path(__file__).with_suffix(".toml")
# A complaint replaces these: it is the reader's own decision.
REPLACED_BY_COMPLAINT = {SuppressionReason.BOUNCED, SuppressionReason.STAFF}


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """How many emails must bounce, within what time, before an address is suppressed."""

    emails: int
    within: timedelta


@cache
def read_policy() -> dict[str, PolicyRule]:
    """Return the rule for each classification. Raises ValueError with the name of a wrong one."""
    tables = tomllib.loads(POLICY_FILE.read_text(encoding="utf-8"))
    if set(tables) != set(BounceClassification.values):
        raise ValueError(
            f"{POLICY_FILE.name} needs a table for each of {', '.join(BounceClassification.values)}"
        )
    rules = {}
    for name, table in tables.items():
        emails, days = table.get("emails"), table.get("within_days")
        if not (isinstance(emails, int) and isinstance(days, int) and min(emails, days) >= 1):
            raise ValueError(
                f"{POLICY_FILE.name}: [{name}] needs emails and within_days as whole numbers, "
                "1 or more"
            )
        rules[name] = PolicyRule(emails=emails, within=timedelta(days=days))
    return rules


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedEvent:
    """A bounce or complaint as a source reports it, before it is recorded as a BounceEvent.

    `event_id` is the source's own id: an event with the same id is the same event.
    """

    source: BounceSource
    provider: str
    event_id: str
    classification: BounceClassification
    reason: str
    status: str = ""
    diagnostic: str = ""

    def key(self, delivery: Delivery) -> str:
        """Return the unique key of this event about this delivery, as 64 hex digits."""
        parts = (
            self.source,
            self.provider,
            str(delivery.pk),
            self.classification,
            self.event_id,
        )
        return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def apply_policy(event: ReceivedEvent, delivery: Delivery, *, at: datetime) -> BounceAction | None:
    """Record an event about a delivery and apply the policy; None if it was recorded before."""
    subscriber = Subscriber.objects.filter(pk=delivery.subscriber_id).first()
    if subscriber is None:
        log.info("ignored a report about %s: the subscriber was erased", delivery)
        return BounceAction.NOTHING
    with transaction.atomic():
        # Events about one subscriber queue here, so that the last of several counts them all.
        Subscriber.objects.select_for_update().get(pk=subscriber.pk)
        row, is_new = BounceEvent.objects.get_or_create(
            key=event.key(delivery),
            defaults={
                "source": event.source,
                "provider": event.provider[:40],
                "classification": event.classification,
                "reason": event.reason[:40],
                "status": event.status[:12],
                "diagnostic": storable(event.diagnostic)[:500],
                "delivery_id": delivery.pk,
                "dispatch_id": delivery.dispatch_id,
                "subscriber": subscriber,
                "action": BounceAction.WAITING,
                "at": at,
            },
        )
        if not is_new:
            return None
        if delivery.state in LEASED_STATES:
            action = BounceAction.WAITING
        else:
            action = _decide(row, delivery, subscriber, at=at)
    pause_if_about_us(row)
    return action


def record_unsubscribe(subscriber: int, briefing: int, *, source: str, at: datetime) -> bool:
    """Unsubscribe from one briefing what was subscribed at this time; return whether it was.

    A report from before the subscriber came back changes nothing.
    """
    subscriptions = Subscription.objects.active().filter(
        subscriber_id=subscriber, briefing_id=briefing, joined_at__lte=at
    )
    return bool(unsubscribe_from(subscriptions, source=source, ip=None, at=at))


def apply_policy_to_waiting(*, at: datetime) -> int:
    """Decide events that came before their delivery's lease ended; return how many."""
    decided = 0
    for event in BounceEvent.objects.waiting().select_related("subscriber")[:1000]:
        with transaction.atomic():
            locked = BounceEvent.objects.select_for_update().waiting().filter(pk=event.pk)
            delivery = Delivery.objects.filter(pk=event.delivery_id).first()
            if not locked.exists() or (delivery and delivery.state in LEASED_STATES):
                continue
            if delivery is None or delivery.state not in ACCEPTED_STATES:
                BounceEvent.objects.filter(pk=event.pk).update(action=BounceAction.NOTHING)
            else:
                _decide(event, delivery, event.subscriber, at=at)
            decided += 1
    return decided


def _decide(
    event: BounceEvent, delivery: Delivery, subscriber: Subscriber, *, at: datetime
) -> BounceAction:
    rule = read_policy()[event.classification]
    emails = BounceEvent.objects.deliveries_within(
        rule.within, classification=event.classification, subscriber=subscriber.pk, at=at
    )
    _update_ledger(event)
    action = BounceAction.COUNTED
    if (
        emails >= rule.emails
        and not _is_about_former_address(event, delivery, subscriber)
        and not (
            event.classification == BounceClassification.HARD and is_our_fault(event.dispatch_id)
        )
    ):
        suppress(subscriber, event, emails=emails, at=at)
        action = BounceAction.SUPPRESSED
    BounceEvent.objects.filter(pk=event.pk).update(action=action)
    return action


def _is_about_former_address(
    event: BounceEvent, delivery: Delivery, subscriber: Subscriber
) -> bool:
    """Whether the email that bounced went to an address that the subscriber has since changed."""
    if event.classification == BounceClassification.COMPLAINT or subscriber.moved_at is None:
        return False
    return delivery.settled_at is not None and delivery.settled_at < subscriber.moved_at


def _update_ledger(event: BounceEvent) -> None:
    """Mark the delivery as bounced or complained, if it counted as accepted."""
    row = Delivery.objects.filter(pk=event.delivery_id)
    if event.classification == BounceClassification.COMPLAINT:
        row.filter(state__in=ACCEPTED_STATES).update(state=DeliveryState.COMPLAINED)
    else:
        row.filter(state__in={DeliveryState.SENT, DeliveryState.UNKNOWN}).update(
            state=DeliveryState.BOUNCED, server_reply=f"{event.status} {event.reason}".strip()
        )


def suppress(subscriber: Subscriber, event: BounceEvent, *, emails: int, at: datetime) -> None:
    """Suppress a subscriber's address; after a complaint, also unsubscribe them everywhere."""
    complained = event.classification == BounceClassification.COMPLAINT
    reason = SuppressionReason.COMPLAINED if complained else SuppressionReason.BOUNCED
    count = f", {emails} emails" if emails > 1 else ""
    detail = f"{event.status} {event.reason}".strip() + count
    row, is_new = Suppression.objects.get_or_create(
        address_hash=subscriber.address_hash,
        defaults={"reason": reason, "detail": detail, "at": at},
    )
    if complained:
        unsubscribe_from(subscriber.active_subscriptions(), source="complaint", ip=None, at=at)
        weaker = Suppression.objects.filter(pk=row.pk, reason__in=REPLACED_BY_COMPLAINT)
        is_new = bool(weaker.update(reason=reason, detail=detail, at=at)) or is_new
    if is_new:
        audit_log.record("suppressed", subscriber, by=None, reason=reason.value, emails=emails)
