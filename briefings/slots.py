"""The weekly slot: a weekday and an hour on the briefing's clock, right across clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


class Weekday(models.IntegerChoices):
    """Days as `date.weekday()` counts them."""

    MONDAY = 0, "Monday"
    TUESDAY = 1, "Tuesday"
    WEDNESDAY = 2, "Wednesday"
    THURSDAY = 3, "Thursday"
    FRIDAY = 4, "Friday"
    SATURDAY = 5, "Saturday"
    SUNDAY = 6, "Sunday"


def next_slot(weekday: int, hour: time, zone: ZoneInfo, *, after: datetime) -> datetime:
    """Find the first slot later than `after` (aware), in UTC.

    An hour that the spring change skips is taken as the clock stands after the change; of an hour
    that the autumn change repeats, the first counts.
    """
    day = after.astimezone(zone).date()
    day += timedelta(days=(weekday - day.weekday()) % 7)
    slot = datetime.combine(day, hour, tzinfo=zone).astimezone(UTC)
    if slot <= after:
        slot = datetime.combine(day + timedelta(days=7), hour, tzinfo=zone).astimezone(UTC)
    return slot
