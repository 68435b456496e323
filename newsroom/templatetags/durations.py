"""Durations in words, so that pages and emails take them from the constants they describe."""

from __future__ import annotations

from datetime import timedelta

from django import template

register = template.Library()
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@register.filter
def in_words(duration: timedelta) -> str:
    """Return a duration as “3 days”, “24 hours”, “1 hour” or “15 minutes”.

    Two days or more are told in days, one hour or more in hours, all else in minutes.
    """
    if duration >= 2 * DAY:
        return _count(duration / DAY, "day")
    if duration >= HOUR:
        return _count(duration / HOUR, "hour")
    return _count(duration / MINUTE, "minute")


def _count(number: float, unit: str) -> str:
    whole = round(number)
    return f"{whole} {unit}" if whole == 1 else f"{whole} {unit}s"
