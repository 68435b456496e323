"""The forms of import and export: upload a list, state what it does not say, filter an export."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, cast

from django import forms

from briefings.admin.form_fields import DayInput
from briefings.models import Briefing
from subscribers.lists.columns import FIELD_LABELS, ImportField
from subscribers.lists.dates import DayOrder
from subscribers.lists.export import ExportFilters, ExportStatus
from subscribers.lists.import_plan import MAX_SOURCE, BlankStatus, ImportOptions
from subscribers.lists.row_validation import MAX_WORDING
from subscribers.lists.status_columns import IGNORE, StatusRuleKind
from subscribers.lists.uploaded_lists import MAX_BYTES, options_of
from subscribers.models import SubscriberImport
from subscribers.models.profile import PROFILE_FIELDS

if TYPE_CHECKING:
    from datetime import date

    from django.core.files.uploadedfile import UploadedFile

MAX_MEGABYTES = MAX_BYTES // 1024**2
MAX_CHOSEN = 10_000  # subscribers

MAIN_FIELDS = (
    ImportField.ADDRESS,
    *map(ImportField, PROFILE_FIELDS),
    ImportField.FIRST_NAME,
    ImportField.LAST_NAME,
)
EVIDENCE_FIELDS = (ImportField.CONSENTED_AT, ImportField.SOURCE, ImportField.WORDING)
MORE_EVIDENCE_FIELDS = (ImportField.IP, ImportField.ASKED_AT, ImportField.ASKED_IP)

MEANING_LABELS = {
    IGNORE: "It does not say who may be emailed",
    StatusRuleKind.REFUSE_IF_YES.value: "Refuse if yes, a date or any words",
    StatusRuleKind.REFUSE_IF_NO.value: "Refuse if no or empty",
    StatusRuleKind.STATUS_WORD.value: "Refuse unless it is a word for subscribed",
}

EXPORT_STATUS_LABELS = {
    ExportStatus.ACTIVE: "Active: will get the next issue",
    ExportStatus.UNSUBSCRIBED: "Unsubscribed",
    ExportStatus.SUPPRESSED: "Suppressed: must not be emailed",
    ExportStatus.ALL: "All",
}


class UploadForm(forms.Form):
    """A list, and the briefing to subscribe its people to."""

    briefing = forms.ModelChoiceField(Briefing.objects.current(), empty_label=None)
    file = forms.FileField(
        label="List",
        help_text=(
            f"A CSV or TSV file with a line of column names, up to {MAX_MEGABYTES} MB. You can"
            " upload exports from Mailchimp, Ghost, Substack and listmonk as they are."
        ),
        widget=forms.ClearableFileInput(
            attrs={"accept": ".csv,.tsv,.txt,text/csv,text/tab-separated-values"}
        ),
        error_messages={
            "required": "Choose a list.",
            "empty": "The file is empty. Choose the file that contains the list.",
        },
    )

    def clean_file(self) -> UploadedFile[bytes]:
        file = cast("UploadedFile[bytes]", self.cleaned_data["file"])
        if (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(
                f"The list is larger than {MAX_MEGABYTES} MB. Split it into smaller files, or ask"
                " whoever runs this site to import it with manage.py import_subscribers."
            )
        return file


class ImportOptionsForm(forms.Form):
    """Which column holds which field, and what is stated for rows that do not say it."""

    consented_on = forms.CharField(
        label="When everyone else agreed",
        max_length=40,
        required=False,
        help_text="Used for rows without a consent date. For example, 2024-05-01.",
    )
    source = forms.CharField(
        label="Where everyone else agreed",
        max_length=MAX_SOURCE,
        required=False,
        help_text=(
            "Used for rows that do not say where. For example, “Form on our site” or “Summer fair,"
            " on paper”."
        ),
    )
    wording = forms.CharField(
        label="What everyone else was told",
        max_length=MAX_WORDING,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The words beside the box they ticked, as exactly as you have them.",
    )
    dates = forms.ChoiceField(
        label="Dates like 01/05/2024",
        required=False,
        choices=[
            ("", "Find out from the file"),
            (DayOrder.DAY_FIRST, "The day comes first"),
            (DayOrder.MONTH_FIRST, "The month comes first"),
        ],
    )

    blank_status = forms.ChoiceField(
        label="People without a status",
        required=False,
        choices=[
            ("", "—"),
            (BlankStatus.IMPORT, "Import them"),
            (BlankStatus.REFUSE, "Refuse them"),
        ],
    )

    def __init__(self, subscriber_import: SubscriberImport, data: Any = None) -> None:
        super().__init__(data, initial=_initial(subscriber_import))
        preview = subscriber_import.reading
        columns = [("", "—")] + [
            (f"#{number}", _column_label(column))
            for number, column in enumerate(preview.get("header", []), start=1)
        ]
        chosen = options_of(subscriber_import).blank_status
        self.asks_blank_status = bool(preview.get("asks_blank_status") or chosen)
        positions = preview.get("columns", {})
        for import_field, label in FIELD_LABELS.items():
            position = positions.get(import_field.value)
            self.fields[f"column_{import_field}"] = forms.ChoiceField(
                label=label,
                required=False,
                choices=columns,
                initial="" if position is None else f"#{position + 1}",
            )

        self.status_positions = _status_positions(subscriber_import)
        for position in self.status_positions:
            self.fields[f"meaning_{position}"] = _meaning_field(subscriber_import, position)

    def options(self) -> ImportOptions:
        """Return what was stated, for the import."""
        stated = self.cleaned_data
        return ImportOptions(
            columns={one.value: stated[f"column_{one}"] for one in FIELD_LABELS},
            consented_on=stated["consented_on"],
            source=stated["source"],
            wording=stated["wording"],
            dates=stated["dates"],
            meanings={
                f"#{position + 1}": stated[f"meaning_{position}"]
                for position in self.status_positions
                if stated[f"meaning_{position}"]
            },
            blank_status=stated["blank_status"],
        )

    def status_columns(self) -> list[forms.BoundField]:
        return [self[f"meaning_{position}"] for position in self.status_positions]

    def blank_status_fields(self) -> list[forms.BoundField]:
        return [self["blank_status"]] if self.asks_blank_status else []

    def main_columns(self) -> list[forms.BoundField]:
        return [self[f"column_{one}"] for one in MAIN_FIELDS]

    def evidence_columns(self) -> list[forms.BoundField]:
        return [self[f"column_{one}"] for one in EVIDENCE_FIELDS]

    def more_evidence_columns(self) -> list[forms.BoundField]:
        return [self[f"column_{one}"] for one in MORE_EVIDENCE_FIELDS]

    def stated_for_all(self) -> list[forms.BoundField]:
        return [self[name] for name in ("consented_on", "source", "wording", "dates")]


class ExportForm(forms.Form):
    """Which part of the list to export."""

    briefing = forms.ModelChoiceField(
        Briefing.objects.order_by("title"), required=False, empty_label="All briefings"
    )
    status = forms.ChoiceField(
        label="Status",
        choices=[(status.value, label) for status, label in EXPORT_STATUS_LABELS.items()],
    )
    joined_since = forms.DateField(
        label="Subscribed on or after",
        required=False,
        widget=DayInput(),
    )
    joined_until = forms.DateField(
        label="Subscribed on or before",
        required=False,
        widget=DayInput(),
    )
    chosen = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_chosen(self) -> tuple[int, ...] | None:
        """Return the ids of subscribers selected in the admin's list; None when there are none."""
        words = str(self.cleaned_data["chosen"]).split(",") if self.cleaned_data["chosen"] else []
        if not all(word.isascii() and word.isdecimal() and len(word) < 19 for word in words):
            raise forms.ValidationError(
                "We could not read your selection. Go back to the list and select them again."
            )
        return tuple(map(int, words[:MAX_CHOSEN])) or None

    def filters(self) -> ExportFilters:
        """Return the filters; days are days in UTC, the last one included."""
        cleaned = self.cleaned_data
        until: date | None = cleaned["joined_until"]
        since: date | None = cleaned["joined_since"]
        return ExportFilters(
            briefing=cleaned["briefing"],
            status=ExportStatus(cleaned["status"]),
            joined_since=_midnight(since) if since else None,
            joined_before=_midnight(until) + timedelta(days=1) if until else None,
            subscribers=cleaned["chosen"],
        )


def _initial(subscriber_import: SubscriberImport) -> dict[str, str]:
    options = options_of(subscriber_import)
    preview = subscriber_import.reading
    return {
        "consented_on": options.consented_on,
        "source": options.source or preview.get("source", ""),
        "wording": options.wording or preview.get("wording", ""),
        "dates": options.dates,
        "blank_status": options.blank_status,
    }


def _status_positions(subscriber_import: SubscriberImport) -> list[int]:
    """Return the columns that say who may be emailed, are asked about, or were answered."""
    preview = subscriber_import.reading
    shown = {*preview.get("questions", {}), *preview.get("status_columns", {})}
    answered = {int(column[1:]) - 1 for column in options_of(subscriber_import).meanings}
    columns = range(len(preview.get("header", [])))
    return sorted({*map(int, shown), *answered}.intersection(columns))


def _meaning_field(subscriber_import: SubscriberImport, position: int) -> forms.ChoiceField:
    preview = subscriber_import.reading
    words = preview.get("questions", {}).get(str(position), [])
    read_as = preview.get("status_columns", {}).get(str(position))
    answer = options_of(subscriber_import).meanings.get(f"#{position + 1}", "")
    only = {f"only:{word}": f"Import only “{word}”" for word in words}
    if answer.startswith("only:"):
        only.setdefault(answer, f"Import only “{answer.removeprefix('only:')}”")
    return forms.ChoiceField(
        label=preview["header"][position]["name"] or f"Column {position + 1}, without a name",
        required=False,
        initial=answer,
        choices=[("", read_as or "Choose…"), *MEANING_LABELS.items(), *only.items()],
        help_text=f"In the file: {', '.join(words)}" if words else "",
    )


def _column_label(column: dict[str, str]) -> str:
    name = column["name"] or "(no name)"
    return f"{name} · {column['example'][:30]}" if column["example"] else name


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
