"""Pausing: nothing comes until a day; then everything goes on by itself.

Whoever signs up again meanwhile is told so, by letter and never by the page that answers the form,
with a link that can do one thing: end this one pause.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from briefings.models import Briefing
from newsroom.tokens import sign_value, verify_value
from subscribers.models import Subscriber

LONGEST = timedelta(days=365)
_ACT = "go on"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A pause as letters and pages tell of it: its day, and the link that ends it before."""

    until: date
    path: str

    @property
    def url(self) -> str:
        return settings.SITE_URL + self.path


def pause_of(subscriber: Subscriber, *, at: datetime) -> Pause | None:
    """Give the pause of a subscriber to whoever has shown to read that address's mail."""
    until = paused_until(subscriber, at=at)
    if until is None:
        return None
    token = sign_value(_ACT, f"{subscriber.pk} {_begin(subscriber)}")
    return Pause(until=until, path=reverse("subscribers:pause", args=[token]))


def paused_by(token: str) -> Subscriber | None:
    """Find whose pause a link is about; None when it is forged, or that pause is over."""
    longest = int(LONGEST.total_seconds()) + 86_400
    number, _, begin = (verify_value(_ACT, token, max_age=longest) or "").partition(" ")
    subscriber = Subscriber.objects.filter(pk=number).first() if number else None
    return subscriber if subscriber and _begin(subscriber) == begin else None


def _begin(subscriber: Subscriber) -> str:
    """Tell one pause from the next."""
    return f"{subscriber.paused_at:%Y%m%d%H%M%S%f}" if subscriber.paused_at else "none"


def paused_until(subscriber: Subscriber, *, at: datetime) -> date | None:
    """The day on which letters begin again; None when they come."""
    if subscriber.paused_until is None or subscriber.paused_until <= at:
        return None
    return subscriber.paused_until.astimezone(zone_of(subscriber)).date()


def zone_of(subscriber: Subscriber) -> ZoneInfo:
    """Where a reader's day begins: where the first of their briefings is made."""
    name = subscriber.subscriptions.order_by("pk").values_list("briefing__time_zone", flat=True)
    return ZoneInfo(name.first() or Briefing._meta.get_field("time_zone").get_default())
