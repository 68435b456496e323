"""Subscribing and unsubscribing: the change and its consent record, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from briefings.models import Briefing, Issue
from subscribers.locks import lock_subscribers
from subscribers.models import ConsentAction, ConsentRecord, Subscriber, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How a person consented: `ip` made the request that did, `asked_ip` sent the form before."""

    source: str
    wording: str
    ip: str | None
    asked_at: datetime | None = None
    asked_ip: str | None = None
    referred_by: Issue | None = None


def subscribe(
    subscriber: Subscriber, briefing: Briefing, *, at: datetime, evidence: Evidence
) -> Subscription | None:
    """Subscribe and record the consent; None when the subscription is active already."""
    with transaction.atomic():
        subscription, is_new = Subscription.objects.get_or_create(
            subscriber=subscriber,
            briefing=briefing,
            defaults={"joined_at": at, "referred_by": evidence.referred_by},
        )
        if not (is_new or subscription.restart(at=at, referred_by=evidence.referred_by)):
            return None
        ConsentRecord.objects.create(
            subscriber=subscriber,
            briefing=briefing,
            action=ConsentAction.SUBSCRIBED,
            at=at,
            asked_at=evidence.asked_at,
            source=evidence.source,
            wording=evidence.wording,
            ip=evidence.ip,
            asked_ip=evidence.asked_ip,
        )
    return subscription


def unsubscribe(
    subscription: Subscription, *, at: datetime, source: str, ip: str | None, wording: str = ""
) -> bool:
    """Unsubscribe and record it; False when the subscription had ended already."""
    with transaction.atomic():
        if not subscription.end(at=at):
            return False
        ConsentRecord.objects.create(
            subscriber_id=subscription.subscriber_id,
            briefing_id=subscription.briefing_id,
            action=ConsentAction.UNSUBSCRIBED,
            at=at,
            source=source,
            wording=wording,
            ip=ip,
        )
    return True


def unsubscribe_from(
    subscriptions: Iterable[Subscription], *, source: str, ip: str | None, at: datetime
) -> list[Subscription]:
    """Unsubscribe from each, with their subscribers locked, and return those that were active.

    Subscriptions whose subscriber has been erased meanwhile are left out.
    """
    wanted = list(subscriptions)
    with transaction.atomic():
        locked = lock_subscribers(subscription.subscriber_id for subscription in wanted)
        return [
            subscription
            for subscription in wanted
            if subscription.subscriber_id in locked
            and unsubscribe(subscription, at=at, source=source, ip=ip)
        ]
