"""Pausing: nothing comes until a day; then everything goes on by itself."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from briefings.models import Briefing
from subscribers.models import Subscriber

LONGEST = timedelta(days=365)


class PauseRefused(Exception):
    """A day to which nobody can pause; the message says why, to the reader."""


def last_day(subscriber: Subscriber, *, at: datetime) -> date:
    """The latest day until which a reader can pause."""
    return (at + LONGEST).astimezone(zone_of(subscriber)).date()


def first_day(subscriber: Subscriber, *, at: datetime) -> date:
    """The earliest day until which a reader can pause: tomorrow, where the briefings are."""
    return at.astimezone(zone_of(subscriber)).date() + timedelta(days=1)


def pause(subscriber: Subscriber, *, until: date, at: datetime) -> None:
    """Send no issue before a day begins. Raises PauseRefused."""
    if until < first_day(subscriber, at=at):
        raise PauseRefused("Choose a day after today.")
    if until > last_day(subscriber, at=at):
        raise PauseRefused(
            "A pause lasts for a year at most. For longer, leave the briefings: you can come back"
            " whenever you like."
        )
    begins = datetime.combine(until, time.min, zone_of(subscriber))
    Subscriber.objects.filter(pk=subscriber.pk).update(paused_at=at, paused_until=begins)
    subscriber.refresh_from_db(fields=["paused_at", "paused_until"])


def go_on(subscriber: Subscriber) -> bool:
    """End a pause before its day; False when there is none."""
    paused = Subscriber.objects.filter(pk=subscriber.pk, paused_until__isnull=False)
    ended = bool(paused.update(paused_at=None, paused_until=None))
    subscriber.refresh_from_db(fields=["paused_at", "paused_until"])
    return ended


def paused_until(subscriber: Subscriber, *, at: datetime) -> date | None:
    """The day on which letters begin again; None when they come."""
    if subscriber.paused_until is None or subscriber.paused_until <= at:
        return None
    return subscriber.paused_until.astimezone(zone_of(subscriber)).date()


def zone_of(subscriber: Subscriber) -> ZoneInfo:
    """Where a reader's day begins: where the first of their briefings is made."""
    name = subscriber.subscriptions.order_by("pk").values_list("briefing__time_zone", flat=True)
    return ZoneInfo(name.first() or Briefing._meta.get_field("time_zone").get_default())
