"""Fields and widgets of the admin's forms, and keys of rows as they come from a browser."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from briefings.local_time import INPUT_FORMAT, RepeatedTime, both_of, long_day, parse_local
from briefings.questions.question_words import WHICH, split_which


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
        return format_html('{}<output class="date-words">{}</output>', field, words)


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


class SendTimeInput(LocalDateTimeInput):
    """A date and time, and which of the two where the autumn change repeats it.

    Its value is the text of the browser's picker, and then " first" or " second" if that was said.
    """

    zone = ZoneInfo("UTC")

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        value = super().value_from_datadict(data, files, name)
        which = data.get(which_name(name))
        return f"{value} {which}" if value and which in WHICH else value

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Return the field, and a choice below it if the time happens twice."""
        time, which = split_which(str(value or ""))
        field = super().render(name, time, attrs, renderer)
        return format_html("{}{}", field, which_hour(name, time, which, self.zone))


def which_name(name: str) -> str:
    """Return the name of the choice between two moments that belongs to a field of this name."""
    return f"{name}_which"


def which_hour(name: str, time: str, which: str, zone: ZoneInfo) -> SafeString:
    """Return the choice between the two moments of a repeated time; '' for any other time."""
    both = both_of(time, zone)
    if both is None:
        return SafeString("")
    context = {
        "name": which_name(name),
        "time": f"{both[0]:%H:%M}",
        "zone": zone.key,
        "moments": [
            (value, f"{moment:%H:%M} {moment.tzname()}", value == which)
            for value, moment in zip(WHICH, both, strict=True)
        ],
    }
    return render_to_string("admin/briefings/issue/_which_hour.html", context)


class LocalDateTimeField(forms.Field):
    """A moment, shown and read in the time zone `zone`, to the minute."""

    widget: Any = LocalDateTimeInput
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


class SendTimeField(LocalDateTimeField):
    """A moment as above; of a time that the autumn change repeats, it asks which one is meant."""

    widget = SendTimeInput

    def prepare_value(self, value: Any) -> Any:
        self.widget.zone = self.zone
        text = super().prepare_value(value)
        if isinstance(value, datetime) and both_of(text, self.zone):
            return f"{text} {WHICH[value.astimezone(self.zone).fold]}"
        return text

    def to_python(self, value: Any) -> datetime | None:
        if not value or isinstance(value, datetime):
            return super().to_python(value)
        time, which = split_which(str(value))
        try:
            return parse_local(time, self.zone, refuse_repeated=True, which=which)
        except RepeatedTime as twice:
            message = f"{twice.happens_twice} Choose the first or the second, then save again."
            raise ValidationError(message, code="repeated") from None
        except ValueError as problem:
            raise ValidationError(str(problem), code="invalid") from None


def _to_minute(value: object) -> datetime | None:
    return value.replace(second=0, microsecond=0) if isinstance(value, datetime) else None


class EchoField(forms.CharField):
    """A hidden field that the page sends back unchanged; never an edit in itself."""

    widget = forms.HiddenInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "max_length": 100, **kwargs})

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False
