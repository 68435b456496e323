"""Days and hours as lists write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from subscribers.lists.import_errors import Reason

_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
# 2024-05-01, 2024-05-01 10:00[:00[.123456789]], with Z, +02:00 or, as Go prints it, +0200 CEST.
_ISO = re.compile(
    r"(\d{4})[-/](\d\d?)[-/](\d\d?)"
    r"(?:[T ]+(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?"
    r"\s*(Z|UTC|GMT|([+-])(\d\d):?(\d\d))?(?: [A-Z]{3,5}| [+-]\d\d)?",
    re.IGNORECASE | re.ASCII,
)
# 01/05/2024 or 1.5.2024, with an hour, and AM or PM.
_NUMBERS = re.compile(
    r"(\d\d?)([/.-])(\d\d?)\2(\d{4})"
    r"(?:,?[T ]+(\d\d?):(\d\d)(?::(\d\d))?\s*([ap]\.?m\.?)?)?"
    r"\s*(?:Z|UTC|GMT)?",
    re.IGNORECASE | re.ASCII,
)
_PLAIN = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d)?", re.ASCII)


class DayOrder(StrEnum):
    """Which comes first where a date is written in numbers, the year last."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"
    UNCLEAR = "unclear"


class UnclearDate(ValueError):
    """A date that cannot stand; `reason` is what to tell."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def find_order(dates: Iterable[str]) -> DayOrder | None:
    """Tell from a whole column whether the day or the month comes first.

    None when nothing is written so that it matters; UNCLEAR when no date tells, or they disagree.
    """
    seen: set[DayOrder] = set()
    matters = False
    for text in dates:
        found = _NUMBERS.fullmatch(text.strip())
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
    return seen.pop() if len(seen) == 1 else DayOrder.UNCLEAR


def read_date(text: str, *, order: DayOrder | None, now: datetime) -> datetime:
    """Read a date in UTC unless it names another offset. Raises UnclearDate."""
    text = text.strip()
    if not text:
        raise UnclearDate(Reason.NO_DATE)
    try:
        if _PLAIN.fullmatch(text):  # what most files hold; four times as quick
            moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
        else:
            moment = _read_iso(text) or _read_numbers(text, order)
    except (ValueError, OverflowError):
        raise UnclearDate(Reason.UNREADABLE_DATE) from None
    if moment > now:
        raise UnclearDate(Reason.FUTURE_DATE)
    if moment < _OLDEST:
        raise UnclearDate(Reason.OLD_DATE)
    return moment


def _read_iso(text: str) -> datetime | None:
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    micros = int((found[7] or "0").ljust(6, "0")[:6])
    moment = datetime(year, month, day, hour, minute, second, micros, tzinfo=UTC)
    if found[9]:
        if int(found[10]) > 14 or int(found[11]) > 59:
            raise ValueError("no such offset")
        offset = timedelta(hours=int(found[10]), minutes=int(found[11]))
        moment = moment - offset if found[9] == "+" else moment + offset
    return moment


def _read_numbers(text: str, order: DayOrder | None) -> datetime:
    found = _NUMBERS.fullmatch(text)
    if found is None:
        raise ValueError("no date")
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    if found[2] == "." or first > 12:
        order = DayOrder.DAY_FIRST
    elif second > 12:
        order = DayOrder.MONTH_FIRST
    if order not in {DayOrder.DAY_FIRST, DayOrder.MONTH_FIRST}:
        raise ValueError("it can be read in two ways")
    day, month = (first, second) if order is DayOrder.DAY_FIRST else (second, first)
    hour, minute, seconds = (int(part or 0) for part in (found[5], found[6], found[7]))
    if half := found[8]:
        if not 1 <= hour <= 12:
            raise ValueError("no such hour")
        hour = hour % 12 + (12 if half.lower().startswith("p") else 0)
    return datetime(year, month, day, hour, minute, seconds, tzinfo=UTC)
