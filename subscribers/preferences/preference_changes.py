"""What the owner of an address can change: the profile and the briefings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from briefings.models import Briefing
from subscribers.consent import Evidence, subscribe, unsubscribe_from
from subscribers.consent_wording import sign_up_wording
from subscribers.locks import lock_subscriber
from subscribers.models import Subscriber, Subscription

SOURCE = "preferences"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceChanges:
    """What saving the preferences changed."""

    subscribed: list[Subscription] = field(default_factory=list)
    unsubscribed: list[Subscription] = field(default_factory=list)
    profile_changed: bool = False

    def __bool__(self) -> bool:
        return bool(self.subscribed or self.unsubscribed or self.profile_changed)


def offered_briefings(subscriber: Subscriber) -> list[Briefing]:
    """Return the briefings to choose from: all current ones, and retired ones still subscribed."""
    subscribed = subscriber.subscriptions.active().values("briefing")
    return list(Briefing.objects.filter(Q(retired=False) | Q(pk__in=subscribed)))


def save_preferences(
    subscriber: Subscriber,
    *,
    profile: Mapping[str, str],
    shown: Collection[Briefing],
    wanted: Collection[Briefing],
    ip: str | None,
    at: datetime,
) -> PreferenceChanges:
    """Save the owner's form, all of it or nothing, and return what changed.

    `shown` were ticked when the page was made. Only what its owner changed is changed, so a page
    left open since yesterday undoes nothing that has happened since. Raises Subscriber.DoesNotExist
    if the subscriber has been erased meanwhile.
    """
    evidence = Evidence(
        source=SOURCE, wording=sign_up_wording(None), ip=ip, asked_at=at, asked_ip=ip
    )
    unticked = {briefing.pk for briefing in shown} - {briefing.pk for briefing in wanted}
    shown_ids = {briefing.pk for briefing in shown}
    ticked = [briefing for briefing in wanted if briefing.pk not in shown_ids]
    with transaction.atomic():
        lock_subscriber(subscriber)
        unchanged = Q(pk=subscriber.pk, **profile)
        changed = Subscriber.objects.filter(~unchanged, pk=subscriber.pk).update(**profile)
        active = subscriber.subscriptions.active().filter(briefing__in=unticked)
        unsubscribed = unsubscribe_from(
            active.select_related("briefing").order_by("pk"), source=SOURCE, ip=ip, at=at
        )
        subscribed = [
            subscription
            for briefing in ticked
            if (subscription := subscribe(subscriber, briefing, at=at, evidence=evidence))
        ]
    return PreferenceChanges(
        subscribed=subscribed, unsubscribed=unsubscribed, profile_changed=bool(changed)
    )
