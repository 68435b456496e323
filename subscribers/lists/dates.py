"""Dates and times as lists write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from subscribers.lists.import_errors import RefusalReason

_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
# 2024-05-01, 2024-05-01 10:00[:00[.123456789]], with Z, +02:00 or, as Go prints it, +0200 CEST.
_YEAR_FIRST = re.compile(
    r"(\d{4})[-/](\d\d?)[-/](\d\d?)"
    r"(?:[T ]+(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?"
    r"\s*(Z|UTC|GMT|([+-])(\d\d):?(\d\d))?(?: [A-Z]{3,5}| [+-]\d\d)?",
    re.IGNORECASE | re.ASCII,
)
# 01/05/2024 or 1.5.2024, with an optional time, and AM or PM.
_YEAR_LAST = re.compile(
    r"(\d\d?)([/.-])(\d\d?)\2(\d{4})"
    r"(?:,?[T ]+(\d\d?):(\d\d)(?::(\d\d))?\s*([ap]\.?m\.?)?)?"
    r"\s*(?:Z|UTC|GMT)?",
    re.IGNORECASE | re.ASCII,
)
_PLAIN = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d)?", re.ASCII)


class DayOrder(StrEnum):
    """Which comes first in a date whose year comes last: the day or the month."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"
    AMBIGUOUS = "ambiguous"


class InvalidDate(ValueError):
    """A date that cannot be read or cannot be right; `reason` says which."""

    def __init__(self, reason: RefusalReason) -> None:
        super().__init__(reason)
        self.reason = reason


def detect_day_order(dates: Iterable[str]) -> DayOrder | None:
    """Return whether the dates of a whole column write the day or the month first.

    None when the order makes no difference; AMBIGUOUS when no date shows it, or they disagree.
    """
    seen: set[DayOrder] = set()
    matters = False
    for text in dates:
        found = _YEAR_LAST.fullmatch(text.strip())
        if found is None or found[2] == ".":  # with dots, the day comes first everywhere
            continue
        matters = True
        first, second = int(found[1]), int(found[3])
        if first > 12 >= second:
            seen.add(DayOrder.DAY_FIRST)
        elif second > 12 >= first:
            seen.add(DayOrder.MONTH_FIRST)
    if not matters:
        return None
    return seen.pop() if len(seen) == 1 else DayOrder.AMBIGUOUS


def parse_date(text: str, *, order: DayOrder | None, now: datetime) -> datetime:
    """Return a date as UTC; it is read as UTC unless it names an offset. Raises InvalidDate."""
    text = text.strip()
    if not text:
        raise InvalidDate(RefusalReason.NO_DATE)
    try:
        if _PLAIN.fullmatch(text):  # what most files contain; four times as fast
            moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
        else:
            moment = _parse_year_first(text) or _parse_year_last(text, order)
    except (ValueError, OverflowError):
        raise InvalidDate(RefusalReason.UNREADABLE_DATE) from None
    if moment > now:
        raise InvalidDate(RefusalReason.FUTURE_DATE)
    if moment < _OLDEST:
        raise InvalidDate(RefusalReason.OLD_DATE)
    return moment


def _parse_year_first(text: str) -> datetime | None:
    found = _YEAR_FIRST.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    microseconds = int((found[7] or "0").ljust(6, "0")[:6])
    moment = datetime(year, month, day, hour, minute, second, microseconds, tzinfo=UTC)
    if found[9]:
        if int(found[10]) > 14 or int(found[11]) > 59:
            raise ValueError("the offset is out of range")
        offset = timedelta(hours=int(found[10]), minutes=int(found[11]))
        moment = moment - offset if found[9] == "+" else moment + offset
    return moment


def _parse_year_last(text: str, order: DayOrder | None) -> datetime:
    found = _YEAR_LAST.fullmatch(text)
    if found is None:
        raise ValueError("not a date")
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    if found[2] == "." or first > 12:
        order = DayOrder.DAY_FIRST
    elif second > 12:
        order = DayOrder.MONTH_FIRST
    if order not in {DayOrder.DAY_FIRST, DayOrder.MONTH_FIRST}:
        raise ValueError("day and month could be either way round")
    day, month = (first, second) if order is DayOrder.DAY_FIRST else (second, first)
    hour, minute, seconds = (int(part or 0) for part in (found[5], found[6], found[7]))
    if half := found[8]:
        if not 1 <= hour <= 12:
            raise ValueError("the hour is out of range")
        hour = hour % 12 + (12 if half.lower().startswith("p") else 0)
    return datetime(year, month, day, hour, minute, seconds, tzinfo=UTC)
