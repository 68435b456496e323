"""A whole import: read, judge, stage, then write everything in one transaction, or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from django.db import IntegrityError, transaction

from briefings.models import Briefing
from newsroom import audit_log
from subscribers.lists import table_writer
from subscribers.lists.import_errors import ImportRefused
from subscribers.lists.import_plan import Plan
from subscribers.lists.prefetch import prefetched
from subscribers.lists.refused_rows import refused_file
from subscribers.lists.row_validation import Judged, judge_rows
from subscribers.lists.staging_table import settle_staging, stage, staging

if TYPE_CHECKING:
    from newsroom.audit_log import Actor

BATCH = 10_000  # rows in memory at a time, thrice: read, waiting, being stored
_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What became of a file's rows: `rows` is the sum of the four numbers under it."""

    rows: int
    new: int
    already_there: int
    repeated: int
    refused: int
    reasons: dict[str, int] = field(default_factory=dict)


# Is told the octets read so far, or None once writing begins; may raise ImportStopped.
Watch = Callable[[int | None], None]
# Gets the figures and the file of refused rows, in the transaction: what it raises undoes it all.
Conclude = Callable[[Figures, Iterator[bytes]], None]


def run(
    file: BinaryIO,
    plan: Plan,
    briefing: Briefing,
    *,
    at: datetime,
    by: Actor = None,
    dry_run: bool = False,
    watch: Watch = lambda _: None,
    conclude: Conclude = lambda *_: None,
) -> Figures:
    """Import a file into a briefing's list, whole or not at all; a dry run writes nothing.

    Raises ImportRefused with a sentence, or ImportStopped as `watch` does.
    """
    plan.require()
    if briefing.retired:
        raise ImportRefused(f"{briefing} is retired: nobody joins it any more.")
    with staging():
        rows, reasons = _stage(file, plan, briefing, at=at, watch=watch)
        if not rows:
            raise ImportRefused("The file has a header and no rows under it.")
        watch(None)
        for tries_left in reversed(range(_TRIES)):
            try:
                with transaction.atomic():
                    table_writer.take_turns(alone=not tries_left)
                    figures = _write(plan, briefing, rows, reasons, at=at, by=by, dry_run=dry_run)
                    conclude(figures, refused_file(file, plan))
            except IntegrityError:  # somebody confirmed, or was erased, in this very moment
                if not tries_left:
                    raise
            else:
                return figures
    raise AssertionError  # the last try returns or raises


def _stage(
    file: BinaryIO, plan: Plan, briefing: Briefing, *, at: datetime, watch: Watch
) -> tuple[int, Counter[str]]:
    """Read and judge the file into the staging table; give rows and reasons of those left out."""
    judged = judge_rows(file, plan, briefing=briefing.slug, now=at)
    rows = 0
    reasons: Counter[str] = Counter()
    for batch, done in prefetched(_batches(judged, file)):
        rows += len(batch)
        reasons.update(row.reason for row in batch if row.reason is not None)
        stage(batch)
        watch(done)
    settle_staging()
    return rows, reasons


def _batches(judged: Iterator[Judged], file: BinaryIO) -> Iterator[tuple[list[Judged], int]]:
    while batch := list(islice(judged, BATCH)):
        yield batch, file.tell()


def _write(
    plan: Plan,
    briefing: Briefing,
    rows: int,
    reasons: Counter[str],
    *,
    at: datetime,
    by: Actor,
    dry_run: bool,
) -> Figures:
    table_writer.choose(briefing, dry_run=dry_run)
    if not dry_run:
        table_writer.write(briefing, plan, at=at)
    counted = table_writer.verdicts()
    refused = reasons + Counter({reason: n for reason, n in counted.items() if reason})
    figures = Figures(
        rows=rows,
        new=counted.get(None, 0),
        already_there=counted.get(table_writer.THERE_ALREADY, 0),
        repeated=rows - reasons.total() - sum(counted.values()),
        refused=refused.total(),
        reasons=dict(refused.most_common()),
    )
    if not dry_run:
        audit_log.record(
            "imported subscribers",
            briefing,
            by=by,
            rows=figures.rows,
            new=figures.new,
            already_there=figures.already_there,
            repeated=figures.repeated,
            refused=figures.refused,
        )
    return figures
