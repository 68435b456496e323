"""Fields and widgets of the admin's forms, and keys of rows as they come from a browser."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.safestring import SafeString

from briefings.local_time import INPUT_FORMAT, long_day, parse_local


def parse_key(value: object) -> int:
    """Return a row's key that came from outside; 0, which no row has, if it is not a key."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


class PlainSelectsMixin:
    """For an admin class: selects without the icons that add, change and view related rows."""

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Return the admin's field without what it wraps around a select."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]  # the admin class follows
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field


class DayInput(forms.DateInput):
    """The browser's own picker of a day, with the day in words beside it."""

    input_type = "date"

    class Media:
        js = ("newsroom_admin/date_words.js",)

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Return the field with its value in words; a script changes them with the field."""
        field = super().render(name, value, attrs, renderer)
        words = day_in_words(self.format_value(value))
        field_id = (attrs or {}).get("id", "")
        return format_html(
            '{}<output class="date-words" for="{}">{}</output>', field, field_id, words
        )


class LocalDateTimeInput(DayInput):
    """The browser's own picker of a date and time, with the moment in words beside it."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__()
        self.format = INPUT_FORMAT


def day_in_words(value: str | None) -> str:
    """Return what a field of the browser's picker holds in words; '' without a valid date.

    `static/newsroom_admin/date_words.js` does the same while somebody chooses.
    """
    try:
        moment = datetime.fromisoformat(value or "")
    except ValueError:
        return ""
    return long_day(moment) + (f" at {moment:%H:%M}" if "T" in (value or "") else "")


class LocalDateTimeField(forms.Field):
    """A moment, shown and read in the time zone `zone`, to the minute."""

    widget = LocalDateTimeInput
    zone = ZoneInfo("UTC")

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(self.zone).strftime(INPUT_FORMAT)
        return value

    def to_python(self, value: Any) -> datetime | None:
        if not value:
            return None
        if isinstance(value, datetime):
            return value
        try:
            return parse_local(str(value), self.zone)
        except ValueError as problem:
            raise ValidationError(str(problem), code="invalid") from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the minute changed: the browser's picker shows no seconds."""
        if self.disabled:
            return False
        try:
            now = self.to_python(data)
        except ValidationError:
            return True
        return _to_minute(initial) != _to_minute(now)


def _to_minute(value: object) -> datetime | None:
    return value.replace(second=0, microsecond=0) if isinstance(value, datetime) else None


class EchoField(forms.CharField):
    """A hidden field that the page sends back unchanged; never an edit in itself."""

    widget = forms.HiddenInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "max_length": 100, **kwargs})

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False
