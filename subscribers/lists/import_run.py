"""A whole import: read, validate and stage a file, then write it in one transaction, or nothing."""

from __future__ import annotations

import csv
import io
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation

from briefings.models import Briefing
from newsroom import audit_log
from newsroom.invisible_characters import replace_nul
from newsroom.reader_language import STAFF_LANGUAGE
from subscribers.lists import import_sql
from subscribers.lists.columns import REFUSED_HEADER
from subscribers.lists.csv_files import LineCounts, escape_formula, read_rows
from subscribers.lists.import_errors import ImportRefused
from subscribers.lists.import_plan import ImportPlan
from subscribers.lists.row_validation import ValidatedRow, validate_rows

if TYPE_CHECKING:
    from newsroom.audit_log import Actor

BATCH = 10_000  # rows; up to three batches are in memory: being read, waiting, being staged
_ATTEMPTS = 3
_REFUSED_PIECE = 1 << 18  # characters of the file of refused rows at a time
_READ_AHEAD = 2  # batches
_POLL_SECONDS = 0.2  # between two checks whether the consumer is still there

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCounts:
    """What became of a file's lines and rows.

    `lines` is the sum of the four numbers below it, and `rows` that of the four below it.
    """

    lines: int
    header_lines: int
    empty_lines: int
    continued_lines: int  # inside a cell that began on a line above
    rows: int
    new: int
    already_there: int
    repeated: int
    refused: int
    reasons: dict[str, int] = field(default_factory=dict)
    unused_columns: list[str] = field(default_factory=list)


class Batch(NamedTuple):
    """Validated rows, and the number of bytes read so far."""

    rows: list[ValidatedRow]
    bytes_read: int


# Called with the bytes read so far, or None once writing begins; may raise ImportStopped.
OnProgress = Callable[[int | None], None]
# Called with the counts and the file of refused rows, in the transaction of the import: if it
# raises, everything is rolled back.
OnWritten = Callable[[ImportCounts, Iterator[bytes]], None]


def run_import(
    file: BinaryIO,
    plan: ImportPlan,
    briefing: Briefing,
    *,
    at: datetime,
    by: Actor = None,
    dry_run: bool = False,
    on_progress: OnProgress = lambda _: None,
    on_written: OnWritten = lambda *_: None,
) -> ImportCounts:
    """Import a file into a briefing's list, whole or not at all; a dry run writes nothing.

    Raises ImportRefused, and ImportStopped if a callback does.
    """
    if settings.POOLED_BY_TRANSACTION:
        raise ImportRefused(
            "Lists cannot be imported while DATABASE_POOLER is set: an import needs one connection"
            " to the database from beginning to end. Give the programs that import lists a"
            " DATABASE_URL that leads to PostgreSQL itself, and leave DATABASE_POOLER empty there."
        )
    plan.require_complete()
    if briefing.retired:
        raise ImportRefused(f"{briefing} is retired, so nobody can be subscribed to it.")
    with import_sql.staging_table():
        lines = LineCounts()
        rows, reasons = _stage(file, plan, briefing, lines, at=at, on_progress=on_progress)
        lines.check(rows=rows)
        if not rows:
            raise ImportRefused("The file has a header but no rows. Choose the whole list.")
        on_progress(None)
        for attempts_left in reversed(range(_ATTEMPTS)):
            try:
                with transaction.atomic():
                    import_sql.take_import_lock(exclusive=not attempts_left)
                    counts = _write(
                        plan, briefing, lines, rows, reasons, at=at, by=by, dry_run=dry_run
                    )
                    on_written(counts, _refused_file(file, plan))
            except IntegrityError:  # somebody confirmed, or was erased, at this very moment
                if not attempts_left:
                    raise
            else:
                return counts
    raise AssertionError  # the last attempt returns or raises


def _stage(
    file: BinaryIO,
    plan: ImportPlan,
    briefing: Briefing,
    lines: LineCounts,
    *,
    at: datetime,
    on_progress: OnProgress,
) -> tuple[int, Counter[str]]:
    """Validate and stage a file; return the number of rows, and of those refused by reason."""
    validated = validate_rows(file, plan, briefing=briefing.slug, now=at, counts=lines)
    rows = 0
    reasons: Counter[str] = Counter()
    for batch in read_ahead(_batches(validated, file)):
        rows += len(batch.rows)
        reasons.update(row.reason for row in batch.rows if row.reason is not None)
        import_sql.stage_rows(batch.rows)
        on_progress(batch.bytes_read)
    import_sql.index_staged_rows()
    return rows, reasons


def _batches(validated: Iterator[ValidatedRow], file: BinaryIO) -> Iterator[Batch]:
    while rows := list(islice(validated, BATCH)):
        yield Batch(rows, file.tell())


def read_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Yield the same items, made in a thread while the consumer works on earlier ones.

    So reading keeps one processor busy and the database another. The thread must not use the
    database. What it raises is raised here, and it ends with the consumer.
    """
    made: queue.Queue[tuple[Item | None, BaseException | None]] = queue.Queue(_READ_AHEAD)
    consumer_left = threading.Event()

    def offer(item: Item | None, failure: BaseException | None = None) -> bool:
        while not consumer_left.is_set():
            try:
                made.put((item, failure), timeout=_POLL_SECONDS)
            except queue.Full:
                continue
            return True
        return False

    language = translation.get_language() or STAFF_LANGUAGE  # a thread has none of its own

    def make_items() -> None:
        try:
            with translation.override(language):
                if all(offer(item) for item in items):
                    offer(None)
        except BaseException as failure:  # noqa: BLE001  (raised again in the consumer)
            offer(None, failure)

    thread = threading.Thread(target=make_items, name="read ahead", daemon=True)
    thread.start()
    try:
        while True:
            item, failure = made.get()
            if failure is not None:
                raise failure
            if item is None:
                return
            yield item
    finally:
        consumer_left.set()
        thread.join()


def _write(
    plan: ImportPlan,
    briefing: Briefing,
    lines: LineCounts,
    rows: int,
    reasons: Counter[str],
    *,
    at: datetime,
    by: Actor,
    dry_run: bool,
) -> ImportCounts:
    import_sql.classify_addresses(briefing, dry_run=dry_run)
    if not dry_run:
        import_sql.insert_new(briefing, plan, at=at)
        import_sql.withdraw_suppressed(briefing)
    outcomes = import_sql.count_outcomes()
    refused = reasons + Counter({reason: n for reason, n in outcomes.items() if reason})
    counts = ImportCounts(
        lines=lines.total,
        header_lines=lines.header,
        empty_lines=lines.empty,
        continued_lines=lines.continued,
        rows=rows,
        new=outcomes.get(None, 0),
        already_there=outcomes.get(import_sql.ALREADY_SUBSCRIBED, 0),
        repeated=rows - reasons.total() - sum(outcomes.values()),
        refused=refused.total(),
        reasons=dict(refused.most_common()),
        unused_columns=plan.unused_columns(),
    )
    if not dry_run:
        audit_log.record(
            "imported subscribers",
            briefing,
            by=by,
            rows=counts.rows,
            new=counts.new,
            already_there=counts.already_there,
            repeated=counts.repeated,
            refused=counts.refused,
        )
    return counts


def _refused_file(file: BinaryIO, plan: ImportPlan) -> Iterator[bytes]:
    """Yield the file of refused rows in pieces: CSV with line, reason and the row as it was.

    It is UTF-8 with a byte order mark, for spreadsheet programs. Rows and reasons are both in the
    order of the file, so neither has to be in memory.
    """
    piece = io.StringIO()
    writer = csv.writer(piece)
    piece.write("\ufeff")
    writer.writerow([*REFUSED_HEADER, *map(_refused_cell, plan.csv_format.header)])
    reasons = import_sql.refused_lines()
    next_refused = next(reasons, None)
    for line, cells, _ in read_rows(file, plan.csv_format) if next_refused else ():
        if next_refused is None:
            break
        if line == next_refused[0]:
            writer.writerow([line, next_refused[1], *map(_refused_cell, cells)])
            next_refused = next(reasons, None)
        if piece.tell() > _REFUSED_PIECE:
            yield piece.getvalue().encode()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue().encode()


def _refused_cell(cell: str) -> str:
    return escape_formula(replace_nul(cell, "\ufffd"))
