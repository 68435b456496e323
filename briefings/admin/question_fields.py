"""The fields of a section that asks readers a question."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from briefings.models.section import MAX_OPTION_CHARS, MAX_OPTIONS
from briefings.questions.question_words import parse_options, write_options


class OptionsInput(forms.Textarea):
    """The options to choose from, a line for each."""

    def __init__(self) -> None:
        super().__init__(attrs={"rows": 4, "dir": "auto", "class": "options-input"})

    def format_value(self, value: Any) -> str:
        """Return the lines: of a list that is saved, or as they were entered."""
        return write_options(value) if isinstance(value, list) else str(value or "")


class OptionsField(forms.Field):
    """The options of a question; without any, readers answer in their own words only."""

    widget: Any = OptionsInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "label": "Options", **kwargs})

    def to_python(self, value: Any) -> list[str]:
        return value if isinstance(value, list) else parse_options(value)

    def validate(self, value: Any) -> None:
        """Refuse more options than a reader takes in, long ones, and the same one twice."""
        super().validate(value)
        if len(value) > MAX_OPTIONS:
            raise ValidationError(
                f"There are {len(value)} options. Leave {MAX_OPTIONS} at most.", code="too_many"
            )
        for option in value:
            if len(option) > MAX_OPTION_CHARS:
                raise ValidationError(
                    f"“{option[:40]}…” has {len(option)} characters. Shorten it to"
                    f" {MAX_OPTION_CHARS} or fewer.",
                    code="too_long",
                )
        known = [option.casefold() for option in value]
        for place, option in enumerate(value):
            if option.casefold() in known[:place]:
                raise ValidationError(f"“{option}” is there twice. Remove one.", code="twice")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)
