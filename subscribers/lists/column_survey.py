"""Read the cells of columns that hold no field, until it is clear what each column means."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from subscribers.lists.columns import KnownExport, find_column_cells
from subscribers.lists.csv_files import CsvFormat, Row, read_rows
from subscribers.lists.status_columns import (
    ColumnCells,
    Question,
    StatusRule,
    StatusRuleKind,
    with_blank_answer,
)

_BATCH = 2_000  # rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSurvey:
    """What the columns without a field mean, by position.

    `questions` have to be answered before anything is imported. `has_blank_status` says that some
    people have a status and others have none.
    """

    rules: Mapping[int, StatusRule]
    questions: Mapping[int, Question]
    has_blank_status: bool
    unused: tuple[int, ...]


def survey_columns(
    file: BinaryIO,
    csv_format: CsvFormat,
    export: KnownExport | None,
    *,
    assigned: Collection[int],
    answers: Mapping[int, StatusRule | None],
    refuses_blank: bool,
    consent_date: int | None = None,
) -> ColumnSurvey:
    """Return what columns mean: as a person answered, else by their names and cells.

    `consent_date` is the column of a date that a person stated for everyone who has none there.
    """
    header = csv_format.header
    columns = find_column_cells(header, export, assigned=assigned, consent_date=consent_date)
    for position, answer in answers.items():
        columns.pop(position, None)
        if answer is not None and answer.kind is StatusRuleKind.STATUS_WORD:
            columns[position] = ColumnCells.answered(header[position], answer)
    _read_cells(read_rows(file, csv_format), columns)
    decisions = {position: column.decide() for position, column in columns.items()}
    rules = {
        position: decision
        for position, decision in {**decisions, **answers}.items()
        if isinstance(decision, StatusRule)
    }
    is_blank = any(
        rules[position].kind is StatusRuleKind.STATUS_WORD and column.has_blanks_beside_words
        for position, column in columns.items()
        if position in rules
    )
    questions = {
        position: decision
        for position, decision in decisions.items()
        if isinstance(decision, Question)
    }
    used = {*assigned, *rules, *questions}
    return ColumnSurvey(
        rules={
            position: with_blank_answer(rule, refuses_blank=refuses_blank)
            for position, rule in sorted(rules.items())
        },
        questions=dict(sorted(questions.items())),
        has_blank_status=is_blank,
        unused=tuple(position for position in range(len(header)) if position not in used),
    )


def _read_cells(rows: Iterator[Row], columns: Mapping[int, ColumnCells]) -> None:
    """Read rows until each column is settled."""
    open_columns = {position: one for position, one in columns.items() if not one.is_settled}
    seen: dict[int, set[str]] = {position: set() for position in open_columns}
    while open_columns and (batch := list(islice(rows, _BATCH))):
        cells = [row.cells for row in batch if row.problem is None]
        for position, column in list(open_columns.items()):
            found = dict.fromkeys(row[position] for row in cells if len(row) > position)
            column.add(cell for cell in found if cell not in seen[position])
            if not column.is_free_text:  # of which most cells differ
                seen[position].update(found)
            if column.is_settled:
                del open_columns[position]
