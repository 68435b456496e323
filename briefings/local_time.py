"""Moments as people write them: in a briefing's time zone, whatever the server's."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

# What a browser's `datetime-local` field sends and wants.
INPUT_FORMAT = "%Y-%m-%dT%H:%M"


def format_local(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment as the admin shows it: 'Thu 26 Nov 2026, 07:00'."""
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y}, {_clock(local)}"


def _clock(local: datetime) -> str:
    """Return the time of a moment; of one that the autumn change repeats, which: '01:30 GMT'."""
    first, second = (local.replace(fold=fold).utcoffset() for fold in (0, 1))
    return f"{local:%H:%M}" if first == second else f"{local:%H:%M} {local.tzname()}"


def short_moment(moment: datetime, zone: ZoneInfo, *, now: datetime) -> str:
    """Return the time alone if it is today, '07:00', or else as `format_local` does."""
    local = moment.astimezone(zone)
    if local.date() == now.astimezone(zone).date():
        return _clock(local)
    return format_local(moment, zone)


def long_day(day: date) -> str:
    """Return a day in words: 'Thursday 26 November 2026'."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def long_moment(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment in words, in a time zone: 'Thursday 26 November 2026 at 07:00 (London)'."""
    local = moment.astimezone(zone)
    return f"{long_day(local)} at {_clock(local)} ({place_of(zone)})"


def place_of(zone: ZoneInfo) -> str:
    """Return the place that a time zone is named for: 'London', 'New York', 'UTC'."""
    return zone.key.rpartition("/")[2].replace("_", " ")


def moment_with_offset(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment in a time zone, to the minute, with its offset: '2026-11-25T07:00+00:00'."""
    return moment.astimezone(zone).isoformat(timespec="minutes")


class RepeatedTime(ValueError):
    """A time that the autumn change repeats, where it must be said which of the two is meant."""

    def __init__(self, first: datetime, second: datetime, zone: ZoneInfo) -> None:
        self.first, self.second = first, second
        self.happens_twice = (
            f"{first:%H:%M} happens twice on that day: the clocks go back in {zone.key}."
        )
        super().__init__(
            f"{self.happens_twice} Add the offset: {first.isoformat()} or {second.isoformat()}."
        )


def both_of(text: str, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """Return both moments of a time without offset that the autumn change repeats, or None."""
    try:
        naive = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if naive.tzinfo is not None or not 2000 <= naive.year <= 2199:
        return None
    first, second = (naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    later = second.astimezone(UTC) > first.astimezone(UTC)
    return (first, second) if later else None


def _is_only_a_date(text: str) -> bool:
    """Whether a text names no hour, which would be read as midnight."""
    try:
        date.fromisoformat(text.strip())
    except ValueError:
        return False
    return True


def parse_local(
    text: str, zone: ZoneInfo, *, refuse_repeated: bool = False, which: str = ""
) -> datetime:
    """Return '2026-11-26T07:00' in a time zone as a moment in UTC.

    Of a time that the autumn change repeats, `which` chooses the "first" or the "second"; without
    it, the first is meant, unless `refuse_repeated`. Raises ValueError, with a message for an
    editor, if the text is not a date and time, or if the spring change skips that time, and
    RepeatedTime.
    """
    try:
        naive: datetime | None = datetime.fromisoformat(text.strip())
    except ValueError:
        naive = None
    if naive is None or _is_only_a_date(text) or not 2000 <= naive.year <= 2199:
        raise ValueError(f"“{text[:40]}” is not a date and time. Enter one like 2026-11-26T07:00.")
    if naive.tzinfo is not None:
        return naive.astimezone(UTC)
    moment = naive.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != naive:
        raise ValueError(
            f"{naive:%H:%M} does not exist on that day: the clocks go forward in {zone.key}."
            " Choose a time before or after the change."
        )
    both = both_of(text, zone)
    if both is None or which == "first":
        return moment
    if which == "second":
        return both[1].astimezone(UTC)
    if refuse_repeated:
        raise RepeatedTime(*both, zone)
    return moment
