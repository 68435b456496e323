"""Hours as the desk writes them: on the briefing's own clock, whatever the server's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

SHAPE = "%Y-%m-%dT%H:%M"


def on_clock(moment: datetime, zone: ZoneInfo) -> str:
    """Write a moment as a desk says it: 'Thu 26 Nov 2026, 07:00'."""
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def read_hour(text: str, zone: ZoneInfo) -> datetime:
    """Read '2026-11-26T07:00' on a clock; of an hour that comes twice, the first counts.

    Raises ValueError with a sentence for what is no hour, or one that the spring change skips.
    """
    try:
        naive: datetime | None = datetime.fromisoformat(text.strip())
    except ValueError:
        naive = None
    if naive is None or not 2000 <= naive.year <= 2199:
        raise ValueError(f"“{text[:40]}” is no day and hour: write them like 2026-11-26T07:00.")
    if naive.tzinfo is not None:
        return naive.astimezone(UTC)
    moment = naive.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != naive:
        raise ValueError(
            f"{naive:%H:%M} does not exist on that day: the clocks go forward in {zone.key}."
            " Choose an hour before or after the change."
        )
    return moment


class HourInput(forms.DateTimeInput):
    """The browser's own picker of a day and an hour."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format=SHAPE)


class HourField(forms.Field):
    """A moment, shown and read on the clock of `zone`."""

    widget = HourInput
    zone = ZoneInfo("UTC")

    def prepare_value(self, value: Any) -> Any:
        return value.astimezone(self.zone).strftime(SHAPE) if isinstance(value, datetime) else value

    def to_python(self, value: Any) -> datetime | None:
        if not value:
            return None
        if isinstance(value, datetime):
            return value
        try:
            return read_hour(str(value), self.zone)
        except ValueError as problem:
            raise ValidationError(str(problem), code="invalid") from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare by the minute: the picker shows no more."""
        if self.disabled:
            return False
        try:
            now = self.to_python(data)
        except ValidationError:
            return True
        return _minute(initial) != _minute(now)


def _minute(value: object) -> datetime | None:
    return value.replace(second=0, microsecond=0) if isinstance(value, datetime) else None
