"""Recent days as people say them, 'yesterday' or '3 days ago', on pages that are stored.

Only the day counts, in a briefing's time zone, so that the words are right until midnight. A page
that has them must not be stored longer: `next_day`.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

DAYS_IN_WORDS = 7  # what is older has its date


def days_ago(moment: datetime, *, zone: ZoneInfo, at: datetime) -> int | None:
    """Return how many midnights ago something was; None if it is too old for words, or not yet."""
    days = (at.astimezone(zone).date() - moment.astimezone(zone).date()).days
    return days if 0 <= days < DAYS_IN_WORDS else None


def next_day(moments: Iterable[datetime], *, zone: ZoneInfo, at: datetime) -> datetime | None:
    """Return when the words for any of these moments will be others: at midnight, or never."""
    if all(days_ago(moment, zone=zone, at=at) is None for moment in moments):
        return None
    tomorrow = at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), tzinfo=zone)
