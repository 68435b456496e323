"""The choice of sister titles in a section: briefings whose latest issues it lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from briefings.admin.section_rows import parse_sisters
from briefings.models import Briefing

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    Choices = Sequence[tuple[int, str]]


def sister_choices(*, own: int | None, chosen: Collection[int] = ()) -> Choices:
    """Return the briefings to choose from: all but its own and retired ones, and what is chosen."""
    others = Briefing.objects.exclude(pk=own or 0).values_list("pk", "title", "retired")
    return [
        (pk, f"{title} (retired)" if retired else title)
        for pk, title, retired in others
        if pk in chosen or not retired
    ]


class SistersInput(forms.CheckboxSelectMultiple):
    """A box for each briefing; its value is a list of keys, also where they came in one field."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[int]:
        """Return the keys of the ticked boxes."""
        values = data.getlist(name) if hasattr(data, "getlist") else [data.get(name)]
        return parse_sisters(",".join(map(str, values)))

    def format_value(self, value: Any) -> list[str]:
        """Return the keys to tick."""
        keys = value if isinstance(value, list) else parse_sisters(value)
        return list(map(str, keys))


class SistersField(forms.Field):
    """Keys of briefings. Unknown ones are dropped: a briefing may be gone, the save must not be."""

    widget: Any = SistersInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "label": "Titles", **kwargs})

    def offer(self, choices: Choices) -> None:
        """Set what there is to choose from."""
        self.known = {pk for pk, _ in choices}
        self.widget.choices = choices

    def clean(self, value: Any) -> list[int]:
        return [key for key in value or [] if key in self.known]

    def has_changed(self, initial: Any, data: Any) -> bool:
        before = initial if isinstance(initial, list) else parse_sisters(initial)
        return before != self.clean(data)
