"""Joining and leaving a briefing: each change and its proof, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from briefings.models import Briefing, Issue
from subscribers.models import ConsentAction, ConsentRecord, Subscriber, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How a person agreed; `ip` is of the request that agreed, `asked_ip` of the form before it."""

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
        if not (is_new or subscription.rejoin(at=at, referred_by=evidence.referred_by)):
            return None
        ConsentRecord.objects.create(
            subscriber=subscriber,
            briefing=briefing,
            action=ConsentAction.JOINED,
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
    """Unsubscribe and record it; False when the subscription had ended before."""
    with transaction.atomic():
        if not subscription.leave(at=at):
            return False
        ConsentRecord.objects.create(
            subscriber_id=subscription.subscriber_id,
            briefing_id=subscription.briefing_id,
            action=ConsentAction.LEFT,
            at=at,
            source=source,
            wording=wording,
            ip=ip,
        )
    return True
