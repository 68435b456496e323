"""How a file will be imported: which column holds which field, and what is stated for all rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from subscribers.lists.column_survey import survey_columns
from subscribers.lists.columns import (
    REFUSED_HEADER,
    ImportField,
    KnownExport,
    header_key,
    match_columns,
    read_column_choices,
    read_meanings,
    recognise_export,
)
from subscribers.lists.csv_files import CsvFormat, detect_format, read_rows, sample_rows
from subscribers.lists.dates import DayOrder, InvalidDate, detect_day_order, parse_date
from subscribers.lists.import_errors import ImportRefused
from subscribers.lists.status_columns import Question, StatusRule

if TYPE_CHECKING:
    from subscribers.lists.import_errors import RefusalReason

_SAMPLE = 100  # rows
MAX_SOURCE = 300  # characters, as in ConsentRecord.source


class MissingOption(NamedTuple):
    """Something that a person must state before the import, and the command's option for it."""

    message: str
    option: str


class BlankStatus(StrEnum):
    """What becomes of people whose status is empty where others have one."""

    IMPORT = "import"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What a person stated about a file, as they typed it."""

    columns: Mapping[str, str] = field(default_factory=dict)
    consented_on: str = ""
    source: str = ""
    wording: str = ""
    dates: str = ""  # a DayOrder
    meanings: Mapping[str, str] = field(default_factory=dict)  # of columns, as `--meaning`
    blank_status: str = ""  # a BlankStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """How to read each row. `missing` lists what must be stated before anything is imported."""

    csv_format: CsvFormat
    known_export: KnownExport | None
    columns: Mapping[ImportField, int]
    status_rules: tuple[tuple[int, StatusRule], ...]
    questions: Mapping[int, Question]
    has_blank_status: bool
    unused: tuple[int, ...]
    refuse_all: RefusalReason | None
    consented_on: datetime | None
    source: str
    wording: str
    day_order: DayOrder | None
    escapes_formulas: bool
    missing: tuple[MissingOption, ...]

    def column_name(self, import_field: ImportField) -> str:
        """Return the header of a field's column; empty when it has none."""
        position = self.columns.get(import_field)
        return "" if position is None else self.csv_format.header[position]

    def unused_columns(self) -> list[str]:
        """Return the names of the columns that hold no field and decide nothing.

        They are kept with the result of an import, so they must not contain an address.
        """
        names = ((position, self.csv_format.header[position]) for position in self.unused)
        return [f"#{position + 1}" if not name or "@" in name else name for position, name in names]

    def require_complete(self) -> None:
        """Raise ImportRefused with everything that must still be stated."""
        if self.missing:
            raise ImportRefused(" ".join(f"{one.message} ({one.option})" for one in self.missing))


def make_plan(file: BinaryIO, options: ImportOptions, *, now: datetime) -> ImportPlan:
    """Return the plan for a file and what was stated about it. Raises ImportRefused."""
    csv_format = detect_format(file)
    header = csv_format.header
    known = recognise_export(header)
    columns = _assign_columns(header, known, options)
    is_date_stated = bool(options.consented_on.strip())
    survey = survey_columns(
        file,
        csv_format,
        known,
        assigned=set(columns.values()),
        answers=read_meanings(header, options.meanings),
        refuses_blank=options.blank_status == BlankStatus.REFUSE,
        consent_date=columns.get(ImportField.CONSENTED_AT) if is_date_stated else None,
    )
    plan = ImportPlan(
        csv_format=csv_format,
        known_export=known,
        columns=columns,
        status_rules=tuple(survey.rules.items()),
        questions=survey.questions,
        has_blank_status=survey.has_blank_status and not options.blank_status,
        unused=survey.unused,
        refuse_all=_refuse_all(header, known),
        consented_on=_stated_date(options, now=now),
        source=options.source.strip() or (known.source if known else ""),
        wording=options.wording.strip() or (known.wording if known else ""),
        day_order=_day_order(file, csv_format, columns, options),
        escapes_formulas=bool(known and known.escapes_formulas) or header[:2] == REFUSED_HEADER,
        missing=(),
    )
    return replace(plan, missing=tuple(_missing(plan)))


def _assign_columns(
    header: tuple[str, ...], known: KnownExport | None, options: ImportOptions
) -> dict[ImportField, int]:
    """Return the column of each field: as chosen, else as the known export has it, else by name."""
    columns = match_columns(header)
    if known:
        theirs = {one: _first_position(header, names) for one, names in known.columns.items()}
        columns |= {one: position for one, position in theirs.items() if position is not None}
    columns |= read_column_choices(header, options.columns)
    columns = {one: position for one, position in columns.items() if position >= 0}
    if {ImportField.NAME, ImportField.FIRST_NAME, ImportField.LAST_NAME} <= columns.keys():
        del columns[ImportField.FIRST_NAME], columns[ImportField.LAST_NAME]
    return columns


def _missing(plan: ImportPlan) -> Iterator[MissingOption]:
    if ImportField.ADDRESS not in plan.columns:
        names = ", ".join(name for name in plan.csv_format.header if name)[:300]
        yield MissingOption(
            f"We cannot tell which column contains the email address. Choose one of: {names}.",
            "--columns address=…",
        )
    if ImportField.CONSENTED_AT not in plan.columns and plan.consented_on is None:
        yield MissingOption(
            "The file does not say when people agreed. Choose the column that does, or enter one"
            " date for everyone.",
            "--columns consent_date=…, --consented-on",
        )
    if ImportField.SOURCE not in plan.columns and not plan.source:
        yield MissingOption(
            "The file does not say where people agreed. Choose the column that does, or enter one"
            " place for everyone.",
            "--columns source=…, --source",
        )
    if ImportField.WORDING not in plan.columns and not plan.wording:
        yield MissingOption(
            "The file does not say what people were told. Choose the column that does, or enter"
            " the words for everyone.",
            "--columns wording=…, --wording",
        )
    if len(plan.source) > MAX_SOURCE:
        yield MissingOption(
            f"Shorten where people agreed to {MAX_SOURCE} characters or fewer.", "--source"
        )
    if plan.day_order is DayOrder.AMBIGUOUS:
        yield MissingOption(
            f"The dates in “{plan.column_name(ImportField.CONSENTED_AT)}” could have the day or the"
            " month first, and no row shows which. Choose one.",
            "--dates day-first or month-first",
        )

    if plan.questions:
        names = "; ".join(str(question) for question in plan.questions.values())
        yield MissingOption(
            "We cannot tell whether these columns say who must not be emailed. Choose what each of"
            f" them means, or ignore it: {names}.",
            "--meaning COLUMN=do-not-email, may-email, status or only:WORD, or --ignore COLUMN",
        )
    if plan.has_blank_status:
        yield MissingOption(
            "Some people in the file have a status and others have none. Choose whether to import"
            " those without.",
            "--blank-status import or refuse",
        )


def _first_position(header: tuple[str, ...], names: tuple[str, ...]) -> int | None:
    keys = [header_key(name) for name in header]
    return next((keys.index(header_key(name)) for name in names if header_key(name) in keys), None)


def _refuse_all(header: tuple[str, ...], known: KnownExport | None) -> RefusalReason | None:
    reasons = known.refuse_all if known else {}
    return next((reason for name, reason in reasons.items() if name in header), None)


def _stated_date(options: ImportOptions, *, now: datetime) -> datetime | None:
    text = options.consented_on.strip()
    if not text:
        return None
    order = DayOrder(options.dates) if options.dates else detect_day_order([text])
    try:
        return parse_date(text, order=order, now=now)
    except InvalidDate as problem:
        raise ImportRefused(f"“{options.consented_on[:40]}”: {problem.reason}") from None


def _day_order(
    file: BinaryIO,
    csv_format: CsvFormat,
    columns: Mapping[ImportField, int],
    options: ImportOptions,
) -> DayOrder | None:
    """Return how dates are written; the whole column is read only if its first dates need it."""
    if options.dates:
        if options.dates not in {DayOrder.DAY_FIRST, DayOrder.MONTH_FIRST}:
            raise ImportRefused("Choose day-first or month-first for the dates.")
        return DayOrder(options.dates)
    date_fields = (ImportField.CONSENTED_AT, ImportField.ASKED_AT)
    positions = [columns[one] for one in date_fields if one in columns]
    if not positions:
        return None

    first = [
        cells[position]
        for _, cells, _ in sample_rows(file, csv_format, _SAMPLE)
        for position in positions
        if len(cells) > position
    ]
    if detect_day_order(first) is None:
        return None
    return detect_day_order(
        cells[position]
        for _, cells, _ in read_rows(file, csv_format)
        for position in positions
        if len(cells) > position
    )
