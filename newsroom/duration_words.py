"""Durations in words, for pages, emails and errors: they come from the constants they describe."""

from __future__ import annotations

from datetime import timedelta

# A unit, the shortest duration that is told in it, and its length. One day is “24 hours”.
UNITS = (
    ("year", timedelta(days=365), timedelta(days=365)),
    ("day", timedelta(days=2), timedelta(days=1)),
    ("hour", timedelta(hours=1), timedelta(hours=1)),
    ("minute", timedelta(minutes=1), timedelta(minutes=1)),
)


def in_words(duration: timedelta) -> str:
    """Return a duration as “1 year”, “30 days”, “24 hours”, “90 minutes” or “45 seconds”.

    The unit is the largest one that makes a whole number, so that the words are exact.
    """
    for name, least, unit in UNITS:
        if duration >= least and not duration % unit:
            return _count(duration // unit, name)
    return _count(round(duration.total_seconds()), "second")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
