"""What an editor says about a list: which column is what, and the evidence stated for all rows."""

from __future__ import annotations

from typing import Any

from django import forms

from subscribers.lists.columns import LABELS, Role
from subscribers.lists.dates import DayOrder
from subscribers.lists.import_plan import MAX_SOURCE, Choices
from subscribers.lists.uploaded_lists import choices_of
from subscribers.models import SubscriberImport

MAIN = (Role.ADDRESS, Role.NAME, Role.FIRST_NAME, Role.LAST_NAME)
EVIDENCE = (Role.CONSENTED_AT, Role.SOURCE, Role.WORDING)
MORE = (Role.IP, Role.ASKED_AT, Role.ASKED_IP)


class ReadingForm(forms.Form):
    """The columns of one list as choices, and what is stated once where no column says it."""

    consented_on = forms.CharField(
        label="When everybody else agreed",
        max_length=40,
        required=False,
        help_text="For rows without a date, such as 2024-05-01.",
    )
    source = forms.CharField(
        label="Where they agreed",
        max_length=MAX_SOURCE,
        required=False,
        help_text="For rows that do not say it: “Form on our site”, “Summer fair, on paper”.",
    )
    wording = forms.CharField(
        label="What they were told",
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The words beside the box they ticked, as exactly as you have them.",
    )
    dates = forms.ChoiceField(
        label="Dates like 01/05/2024",
        required=False,
        choices=[
            ("", "As the file tells"),
            (DayOrder.DAY_FIRST, "The day comes first"),
            (DayOrder.MONTH_FIRST, "The month comes first"),
        ],
    )

    def __init__(self, made: SubscriberImport, data: Any = None) -> None:
        super().__init__(data, initial=_initial(made))
        header = made.reading.get("header", [])
        columns = [("", "—")] + [
            (f"#{place}", _told(column)) for place, column in enumerate(header, start=1)
        ]
        chosen = made.reading.get("columns", {})
        for role, label in LABELS.items():
            place = chosen.get(role.value)
            self.fields[f"column_{role}"] = forms.ChoiceField(
                label=label,
                required=False,
                choices=columns,
                initial="" if place is None else f"#{place + 1}",
            )

    def choices(self) -> Choices:
        """What was said, as the importer understands it."""
        said = self.cleaned_data
        return Choices(
            columns={role.value: said[f"column_{role}"] for role in LABELS},
            consented_on=said["consented_on"],
            source=said["source"],
            wording=said["wording"],
            dates=said["dates"],
        )

    def main_columns(self) -> list[forms.BoundField]:
        return [self[f"column_{role}"] for role in MAIN]

    def evidence_columns(self) -> list[forms.BoundField]:
        return [self[f"column_{role}"] for role in EVIDENCE]

    def more_columns(self) -> list[forms.BoundField]:
        return [self[f"column_{role}"] for role in MORE]

    def stated(self) -> list[forms.BoundField]:
        return [self[name] for name in ("consented_on", "source", "wording", "dates")]


def _initial(made: SubscriberImport) -> dict[str, str]:
    choices = choices_of(made)
    return {
        "consented_on": choices.consented_on,
        "source": choices.source or made.reading.get("source", ""),
        "wording": choices.wording or made.reading.get("wording", ""),
        "dates": choices.dates,
    }


def _told(column: dict[str, str]) -> str:
    name = column["name"] or "(no name)"
    return f"{name} · {column['example'][:30]}" if column["example"] else name
