"""How a file is to be understood: which column is what, and what is stated once for all rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from subscribers.lists.columns import Role, bare, choose_columns, match_columns
from subscribers.lists.csv_reader import Table, open_table, read_rows, sample_rows
from subscribers.lists.dates import DayOrder, UnclearDate, find_order, read_date
from subscribers.lists.import_errors import ImportRefused
from subscribers.lists.known_exports import REFUSED_HEADER, Layout, marks_of, recognise_layout
from subscribers.lists.status_words import VERDICTS, Mark, MarkKind

if TYPE_CHECKING:
    from subscribers.lists.import_errors import Reason

_SAMPLE = 100
MAX_SOURCE = 300  # characters, as ConsentRecord.source


class Unclear(NamedTuple):
    """What has still to be said, and the command's option for it."""

    words: str
    option: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a person said about a file, as it was typed."""

    columns: Mapping[str, str] = field(default_factory=dict)
    consented_on: str = ""
    source: str = ""
    wording: str = ""
    dates: str = ""  # a DayOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How each row will be read. `unclear` holds what must be said before anything is imported."""

    table: Table
    layout: Layout | None
    columns: Mapping[Role, int]
    marks: tuple[tuple[int, Mark], ...]
    everybody: Reason | None
    consented_on: datetime | None
    source: str
    wording: str
    order: DayOrder | None
    is_defused: bool
    unclear: tuple[Unclear, ...]

    def column_name(self, role: Role) -> str:
        """What the header calls the column of a role; empty when there is none."""
        return self.table.header[self.columns[role]] if role in self.columns else ""

    def require(self) -> None:
        """Raise ImportRefused with everything that is still to be said."""
        if self.unclear:
            raise ImportRefused(" ".join(f"{one.words} ({one.option})" for one in self.unclear))


def make_plan(file: BinaryIO, choices: Choices, *, now: datetime) -> Plan:
    """Look at a file and at what was said about it. Raises ImportRefused."""
    table = open_table(file)
    header = table.header
    layout = recognise_layout(header)
    columns = match_columns(header)
    if layout:
        theirs = {role: _first(header, names) for role, names in layout.columns.items()}
        columns |= {role: place for role, place in theirs.items() if place is not None}
    chosen = choose_columns(header, choices.columns)
    columns = {role: place for role, place in {**columns, **chosen}.items() if place >= 0}
    if Role.NAME in columns and {Role.FIRST_NAME, Role.LAST_NAME} <= columns.keys():
        columns = {r: p for r, p in columns.items() if r not in {Role.FIRST_NAME, Role.LAST_NAME}}
    taken = set(columns.values())
    marks = [
        (place, mark) for place, mark in marks_of(header, layout) if layout or place not in taken
    ]
    marks += _states(file, table, known={place for place, _ in marks} | taken)
    return _with_unclear(
        Plan(
            table=table,
            layout=layout,
            columns=columns,
            marks=tuple(marks),
            everybody=_everybody(header, layout),
            consented_on=_stated_date(choices, now=now),
            source=choices.source.strip() or (layout.source if layout else ""),
            wording=choices.wording.strip() or (layout.wording if layout else ""),
            order=_order(file, table, columns, choices),
            is_defused=bool(layout and layout.is_defused) or header[:2] == REFUSED_HEADER,
            unclear=(),
        )
    )


def _with_unclear(plan: Plan) -> Plan:
    return replace(plan, unclear=tuple(_unclear(plan)))


def _unclear(plan: Plan) -> Iterator[Unclear]:
    """Say what is missing, each with what to do."""
    if Role.ADDRESS not in plan.columns:
        names = ", ".join(name for name in plan.table.header if name)[:300]
        yield Unclear(
            f"No column is known to hold the e-mail address; the file has: {names}. Choose it.",
            "--columns address=…",
        )
    if Role.CONSENTED_AT not in plan.columns and plan.consented_on is None:
        yield Unclear(
            "The file does not say when people agreed. Choose a column that does, or state the day"
            " once for the file.",
            "--columns consent_date=…, --consented-on",
        )
    if Role.SOURCE not in plan.columns and not plan.source:
        yield Unclear(
            "The file does not say where people agreed. Choose a column that does, or state it"
            " once for the file.",
            "--columns source=…, --source",
        )
    if Role.WORDING not in plan.columns and not plan.wording:
        yield Unclear(
            "The file does not say what people were told. Choose a column that does, or state it"
            " once for the file.",
            "--columns wording=…, --wording",
        )
    if len(plan.source) > MAX_SOURCE:
        yield Unclear(f"Keep where people agreed to {MAX_SOURCE} characters.", "--source")
    if plan.order is DayOrder.UNCLEAR:
        yield Unclear(
            f"The dates in “{plan.column_name(Role.CONSENTED_AT)}” can be read with the day or the"
            " month first, and no row tells which. Say it.",
            "--dates day-first or month-first",
        )


def _first(header: tuple[str, ...], names: tuple[str, ...]) -> int | None:
    bares = [bare(name) for name in header]
    return next((bares.index(bare(name)) for name in names if bare(name) in bares), None)


def _everybody(header: tuple[str, ...], layout: Layout | None) -> Reason | None:
    found = (
        reason for name, reason in (layout.everybody if layout else {}).items() if name in header
    )
    return next(found, None)


def _states(file: BinaryIO, table: Table, *, known: set[int]) -> list[tuple[int, Mark]]:
    """A column 'state' is a status when it speaks like one, and else where somebody lives."""
    places = [
        place
        for place, name in enumerate(table.header)
        if name.casefold() == "state" and place not in known
    ]
    rows = sample_rows(file, table, _SAMPLE) if places else []
    return [
        (place, Mark(kind=MarkKind.STATUS))
        for place in places
        if all(len(row) <= place or row[place].strip().casefold() in VERDICTS for _, row in rows)
    ]


def _stated_date(choices: Choices, *, now: datetime) -> datetime | None:
    if not choices.consented_on.strip():
        return None
    order = DayOrder(choices.dates) if choices.dates else None
    try:
        text = choices.consented_on.strip()
        return read_date(text, order=order or find_order([text]), now=now)
    except UnclearDate as problem:
        raise ImportRefused(f"“{choices.consented_on[:40]}”: {problem.reason}") from None


def _order(
    file: BinaryIO, table: Table, columns: Mapping[Role, int], choices: Choices
) -> DayOrder | None:
    """Ask the whole column, but only when its first dates leave it open."""
    if choices.dates:
        if choices.dates not in {DayOrder.DAY_FIRST, DayOrder.MONTH_FIRST}:
            raise ImportRefused("Dates are read day-first or month-first.")
        return DayOrder(choices.dates)
    places = [columns[role] for role in (Role.CONSENTED_AT, Role.ASKED_AT) if role in columns]
    if not places:
        return None

    first = [
        cells[place]
        for _, cells in sample_rows(file, table, _SAMPLE)
        for place in places
        if len(cells) > place
    ]
    if find_order(first) is None:
        return None
    return find_order(
        cells[place]
        for _, cells in read_rows(file, table)
        for place in places
        if len(cells) > place
    )
