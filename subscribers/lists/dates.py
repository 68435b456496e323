"""Dates and times as lists write them: in figures, in words of seven languages, or as numbers.

What stands in figures is read here, because only the column can tell whether the day or the month
comes first. Months in words are read by dateutil, with the day first where a year has two digits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from typing import Any

from dateutil import parser as dateutil_parser
from dateutil.parser import parserinfo

from subscribers.lists.import_errors import RefusalReason

MAX_DATE = 80  # characters
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
_PLAIN = re.compile(r"\d{4}-\d\d-\d\d(?: [01]\d:\d\d:\d\d)?", re.ASCII)
_TIME = (
    r"(?:(?:T|,?\s+(?:at |um )?)(?P<before>[ap]m )?(?P<hour>\d\d?)(?P<colon>[:.])(?P<minute>\d\d)"
    r"(?:(?P=colon)(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[ap])\.?\s?m\b\.?|\s?Uhr\b|\s?h\b)?)?"
)
# Z, UTC, GMT+2, +02:00, -0500, CEST, or as Go and JavaScript print it: +0200 CEST, GMT+0200 (Name).
_ZONE = (
    r"(?:\s*(?P<zone>Z|[A-Z]{2,5}))?(?:\s*(?P<sign>[+-])(?P<hours>\d\d?)(?::?(?P<minutes>\d\d))?)?"
    r"(?: [A-Z]{3,5}| [+-]\d\d| ?\([^()]*\))?"
)
_YEAR_FIRST = re.compile(
    rf"(?P<year>\d{{4}})(?P<mark>[-/.])\s?(?P<month>\d\d?)(?P=mark)\s?(?P<day>\d\d?)\.?{_TIME}{_ZONE}",
    re.IGNORECASE | re.ASCII,
)
# Of 24-05-01, nobody can tell which is the year; with slashes and dots it comes last.
_FIGURES = (
    r"(?P<first>\d\d?)(?P<mark>[/.-])\s?(?P<other>\d\d?)(?P=mark)\s?"
    r"(?P<year>\d{4}|(?<!-)\d\d)(?!\d)"
)
_YEAR_LAST = re.compile(rf"{_FIGURES}{_TIME}{_ZONE}", re.IGNORECASE | re.ASCII)
_STARTS_YEAR_LAST = re.compile(rf"\s*{_FIGURES}", re.ASCII)
_EAST_ASIAN = re.compile(r"(\d{4}) ?[年년] ?(\d\d?) ?[月월] ?(\d\d?) ?[日일]", re.ASCII)
# How Chinese, Japanese and Korean write the half of the day, in front of the hour.
_HALVES = {
    **dict.fromkeys(("上午", "早上", "凌晨", "午前", "오전"), "am"),
    **dict.fromkeys(("下午", "晚上", "中午", "午後", "오후"), "pm"),
}
_HALF = re.compile(rf"\s?({'|'.join(_HALVES)})\s?(?=\d)")
# Google Forms writes it behind the time, as Greek exports do: “10:15:30 午後 GMT+9”.
_HALVES_BEHIND = {**_HALVES, "π.μ.": "am", "μ.μ.": "pm", "πμ": "am", "μμ": "pm"}
_HALF_BEHIND = re.compile(rf"(?<=\d)\s?({'|'.join(map(re.escape, _HALVES_BEHIND))})(?=\s|$)")
_EAST_ASIAN_TIME = re.compile(
    r"(\d\d?) ?[时時点點시] ?(\d\d?) ?[分분](?: ?(\d\d?) ?[秒초])?", re.ASCII
)
# The day of the year (ISO 8601).
_DAY_OF_YEAR = re.compile(
    rf"(?P<year>(?:19|20)\d\d)-(?P<day>[0-3]\d\d)(?=[TZ ]|$){_TIME}{_ZONE}",
    re.IGNORECASE | re.ASCII,
)
# Google Forms writes “[GMT+8]”; Java adds the name of the zone to its offset.
_ZONE_IN_BRACKETS = re.compile(
    r" ?\[((?:GMT|UTC|Z)(?:[+-]\d\d?(?::?\d\d)?)?)\]$", re.IGNORECASE | re.ASCII
)
_NAME_OF_ZONE = re.compile(r"(?<=[\dZ])\[[A-Z_]+(?:/[A-Z0-9_+-]+)+\]$", re.IGNORECASE | re.ASCII)
_OFFSET = re.compile(r"(?:Z|[+-]\d\d:?\d\d)\[", re.ASCII)
# Weeks, and dates without separators (ISO 8601).
_OTHER_ISO = re.compile(
    r"\d{4}-?W\d\d-?\d|\d{8}T\d{4}(?:\d\d)?(?:Z|[+-]\d{4})?"
    r"|\d{8}T\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,6})?(?:Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_NUMBER = re.compile(r"(\d+)(?:[.,](\d+))?", re.ASCII)
_EXCEL_DAY_0 = datetime(1899, 12, 30, tzinfo=UTC)
# Hours from UTC (RFC 5322, section 4.3, and the zones of Europe).
_ZONES = {
    zone: hours
    for hours, zones in (
        *((-8, "PST"), (-7, "PDT MST"), (-6, "MDT CST"), (-5, "CDT EST"), (-4, "EDT")),
        *((0, "Z UTC GMT UT WET"), (1, "BST WEST CET MEZ"), (2, "CEST MESZ EET"), (3, "EEST")),
    )
    for zone in zones.split()
}
# In English, German, French, Spanish, Italian, Dutch and Portuguese, without accents.
_MONTHS: Any = [
    tuple(names.split())
    for names in (
        "jan january januar janvier janv enero ene gennaio gen januari janeiro janner",
        "feb february februar fevrier fevr febrero febbraio februari fevereiro fev",
        "mar march marz maerz mrz mars marzo maart mrt marco",
        "apr april avril avr abril abr aprile",
        "may mai mayo maggio mag mei maio",
        "jun june juni juin junio giugno giu junho",
        "jul july juli juillet juil julio luglio lug julho",
        "aug august aout agosto ago augustus",
        "sep sept september septembre septiembre settembre set setembro",
        "oct october oktober okt octobre octubre ottobre ott outubro out",
        "nov november novembre noviembre novembro",
        "dec december dezember dez decembre diciembre dic dicembre dezembro",
    )
]
_MONTH_NAMES = {name for names in _MONTHS for name in names}
_FILLERS = {
    *("de", "del", "le", "el", "il", "den", "der", "um", "uhr", "a", "las", "alle", "ore", "om"),
    *("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag", "het"),
    *("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    *("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo"),
    *("lunedi", "martedi", "mercoledi", "giovedi", "venerdi", "domenica"),
    *("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"),
}
# Weekdays in short, in front of a date: French, German, Dutch, Spanish, Italian and Portuguese.
# Some are a month's name as well: “mar. 5 mai” is a Tuesday, “mar 5 2024” is in March.
_SHORT_WEEKDAYS = """
    lun mar mer jeu ven sam dim mo di mi do fr sa so mon die mit don fre son ma wo vr za zo maa din
    woe vri zat zon mie jue vie sab dom gio seg ter qua qui sex
    segunda terca quarta quinta sexta sabado domingo
"""
_WEEKDAY_IN_FRONT = re.compile(
    rf"^(?:{'|'.join(_SHORT_WEEKDAYS.split())})(?:-feira)?[.,]*\s+(?=\S)", re.IGNORECASE
)
_WEEKDAYS = {
    *_SHORT_WEEKDAYS.split(),
    *(word for word in _FILLERS if len(word) > 4),
    *(name.lower() for names in parserinfo.WEEKDAYS for name in names),
}
_FIGURES_BEHIND_WORD = re.compile(
    r"(?P<word>[^\W\d_]{2,10})[.,]{0,2}\s+(?=\d{1,4}[/.-]\s?\d\d?[/.-]\s?\d)"
)
# “at” in front of the time; dateutil takes an “a” for “am”.
_AT = re.compile(
    r",?\s(?:a|as|a las?|a la|alle|ore|om|um|kl|klo)\.?\s+(?=\d\d?(?:[:.h]|$))", re.IGNORECASE
)
_HOUR_WITH_H = re.compile(r"\b(\d\d?) ?h ?(\d\d)?\b", re.IGNORECASE)


class _Words(parserinfo):
    """The words of dates, for dateutil."""

    MONTHS = _MONTHS
    JUMP = [*parserinfo.JUMP, *_FILLERS]

    def convertyear(
        self,
        year: int,
        century_specified: bool = False,  # noqa: FBT001, FBT002  (dateutil's own signature)
    ) -> int:
        return year if century_specified else _full_year(year)


_DATEUTIL = dateutil_parser.parser(_Words())


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

    None when each date shows its own order; AMBIGUOUS when no date shows it, or they disagree.
    """
    seen: set[DayOrder] = set()
    matters = False
    for text in dates:
        found = _STARTS_YEAR_LAST.match(_figures_behind_weekday(text))
        if found is None or found["mark"] == ".":  # with dots, the day comes first everywhere
            continue
        first, second = int(found["first"]), int(found["other"])
        if first > 12 >= second:
            seen.add(DayOrder.DAY_FIRST)
        elif second > 12 >= first:
            seen.add(DayOrder.MONTH_FIRST)
        elif first != second:
            matters = True
    if not matters:
        return None
    return seen.pop() if len(seen) == 1 else DayOrder.AMBIGUOUS


def parse_date(text: str, *, order: DayOrder | None, now: datetime) -> datetime:
    """Return a date as UTC; it is read as UTC unless it names an offset. Raises InvalidDate."""
    text = text.strip()
    if not text:
        raise InvalidDate(RefusalReason.NO_DATE)
    try:
        moment = _parse(text, order)
    except (ValueError, OverflowError):
        raise InvalidDate(RefusalReason.UNREADABLE_DATE) from None
    if moment > now:
        raise InvalidDate(RefusalReason.FUTURE_DATE)
    if moment < _OLDEST:
        raise InvalidDate(RefusalReason.OLD_DATE)
    return moment


def looks_like_a_date(text: str) -> bool:
    """Whether a cell is a date, in whichever order and however long ago."""
    if len(text) > MAX_DATE or not any(map(str.isdecimal, text)):
        return False
    for order in (DayOrder.DAY_FIRST, DayOrder.MONTH_FIRST):
        try:
            _parse(text.strip(), order)
        except (ValueError, OverflowError):
            continue
        return True
    return False


def _parse(text: str, order: DayOrder | None) -> datetime:
    if _PLAIN.fullmatch(text):  # what most files contain; four times as fast
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    if len(text) > MAX_DATE:
        raise ValueError("too long for a date")
    text = _EAST_ASIAN.sub(r"\1-\2-\3", _figures_behind_weekday(" ".join(text.split())))
    if text.endswith("]"):
        text = _ZONE_IN_BRACKETS.sub(r" \1", text)
        text = _NAME_OF_ZONE.sub("", text) if _OFFSET.search(text) else text
    if not text.isascii():
        text = _HALF.sub(
            lambda half: f" {_HALVES[half[1]]} ", _EAST_ASIAN_TIME.sub(_with_colons, text)
        )
        text = _HALF_BEHIND.sub(lambda half: f" {_HALVES_BEHIND[half[1].lower()]}", text)
    if found := _YEAR_FIRST.fullmatch(text):
        return _moment(found, int(found["month"]), int(found["day"]))
    if found := _YEAR_LAST.fullmatch(text):
        return _moment(found, *_month_and_day(found, order))
    if found := _DAY_OF_YEAR.fullmatch(text):
        return _moment(found, *_month_of(int(found["year"]), int(found["day"])))
    if found := _NUMBER.fullmatch(text):
        return _parse_number(found[1], found[2] or "")
    if _OTHER_ISO.fullmatch(text):
        return _as_utc(datetime.fromisoformat(text))
    return _parse_words(text)


def _with_colons(time: re.Match[str]) -> str:
    return ":".join(part.zfill(2) for part in time.groups() if part)


def _month_of(year: int, day_of_year: int) -> tuple[int, int]:
    day = datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day_of_year - 1)
    if day.year != year:
        raise ValueError("the year has no such day")
    return day.month, day.day


def _month_and_day(found: re.Match[str], order: DayOrder | None) -> tuple[int, int]:
    first, second = int(found["first"]), int(found["other"])
    if found["mark"] == "." or first > 12:
        order = DayOrder.DAY_FIRST
    elif second > 12 or first == second:
        order = DayOrder.MONTH_FIRST
    if order not in {DayOrder.DAY_FIRST, DayOrder.MONTH_FIRST}:
        raise ValueError("day and month could be either way round")
    return (second, first) if order is DayOrder.DAY_FIRST else (first, second)


def _moment(found: re.Match[str], month: int, day: int) -> datetime:
    """Return the moment of a date in figures with its time and zone."""
    year = int(found["year"])
    hour, minute, second = (int(found[one] or 0) for one in ("hour", "minute", "second"))
    if half := found["half"] or found["before"]:
        if not 1 <= hour <= 12:
            raise ValueError("the hour is out of range")
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    is_midnight = (hour, minute, second) == (24, 0, 0)  # the end of a day (ISO 8601)
    moment = datetime(
        *(year if len(found["year"]) > 2 else _full_year(year), month, day),
        *(0 if is_midnight else hour, minute, second),
        int((found["fraction"] or "0").ljust(6, "0")[:6]),
        tzinfo=_zone(found),
    )
    return _as_utc(moment + timedelta(days=is_midnight))


def _zone(found: re.Match[str]) -> tzinfo:
    if found["sign"]:
        hours, minutes = int(found["hours"]), int(found["minutes"] or 0)
        if hours > 14 or minutes > 59:
            raise ValueError("the offset is out of range")
        offset = timedelta(hours=hours, minutes=minutes)
        return timezone(offset if found["sign"] == "+" else -offset)
    return _named_zone(found["zone"] or "UTC")


def _named_zone(name: str) -> tzinfo:
    if name.upper() not in _ZONES:
        raise ValueError(f"unknown time zone {name}")
    return timezone(timedelta(hours=_ZONES[name.upper()]))


def _full_year(year: int) -> int:
    """Return a year of two digits in full; no consent is older than 1990."""
    return year + (1900 if year >= _OLDEST.year % 100 else 2000)


def _parse_number(digits: str, fraction: str) -> datetime:
    """Return a date written as a number: which kind it is shows by its length."""
    if len(digits) == 5:  # days, as spreadsheet programs count them
        return _EXCEL_DAY_0 + timedelta(
            days=int(digits), seconds=round(86_400 * float(f"0.{fraction or 0}"))
        )
    is_calendar = digits.startswith(("19", "20")) and not fraction
    for length, form in ((8, "%Y%m%d"), (12, "%Y%m%d%H%M"), (14, "%Y%m%d%H%M%S")):
        if is_calendar and len(digits) == length:
            return datetime.strptime(digits, form).replace(tzinfo=UTC)
    for lengths, unit in (((9, 10), 1), ((12, 13), 1_000), ((15, 16), 1_000_000)):
        if len(digits) in lengths:
            whole, rest = divmod(int(digits), unit)
            return datetime.fromtimestamp(whole, UTC) + timedelta(seconds=rest / unit)
    raise ValueError("not a date")


def _parse_words(text: str) -> datetime:
    """Return a date with the month in words. Raises ValueError for anything else."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    if not _MONTH_NAMES.intersection(re.findall("[a-z]+", plain.lower())):
        raise ValueError("not a date")
    plain = re.sub(r"\([^()]*\)\s*$", "", plain)  # a comment
    plain = re.sub(
        r"\b(?:GMT|UTC) ?(?=[+-]\d)", "", plain
    )  # which dateutil reads the other way round
    plain = re.sub(r"\b1(?:er|o)\b", "1", plain, flags=re.IGNORECASE)
    plain = _AT.sub(" ", _without_weekday(plain))
    plain = _HOUR_WITH_H.sub(lambda time: f"{time[1]}:{time[2] or '00'}", plain)
    plain = re.sub(r"([+-]\d{4}) [A-Z]{3,5}$", r"\1", plain)
    plain = re.sub(r"\b([ap])\. ?m\.", r"\1m", plain, flags=re.IGNORECASE)
    plain = re.sub(r"(?<=[^\W\d_])\.|(?<=\d)\.(?=[\s-]*[^\W\d_])", " ", plain)  # “1. Mai”, “Sept.”
    try:
        first, second = (
            _DATEUTIL.parse(plain, default=default, dayfirst=True, tzinfos=_dateutil_zone)
            for default in (datetime(2000, 1, 1), datetime(2001, 2, 2))  # noqa: DTZ001
        )
    except (TypeError, AttributeError, IndexError, ArithmeticError) as failure:
        raise ValueError("not a date") from failure
    if first != second:  # a part is missing, and dateutil took it from the default
        raise ValueError("not a whole date")
    return _as_utc(first)


def _figures_behind_weekday(text: str) -> str:
    """Return a date in figures without the weekday in front, such as “Mi, 1.5.2024”."""
    if text[:1].isalpha() and (found := _FIGURES_BEHIND_WORD.match(text)):
        plain = unicodedata.normalize("NFKD", found["word"].lower())
        word = "".join(char for char in plain if char.isascii())
        return text[found.end() :] if word in _WEEKDAYS else text
    return text


def _without_weekday(text: str) -> str:
    """Return a date without a short weekday in front, if it has a month without it."""
    rest = _WEEKDAY_IN_FRONT.sub("", text)
    return rest if _MONTH_NAMES.intersection(re.findall("[a-z]+", rest.lower())) else text


def _dateutil_zone(name: str | None, offset: int | None) -> tzinfo | None:
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    return _named_zone(name) if name else None


def _as_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
