"""Lists uploaded in the admin: stored in parts, checked and imported by a worker, then removed."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from django.db import transaction
from django.utils import timezone

from newsroom import audit_log
from newsroom.clock import database_now
from newsroom.email_addresses import readable_address
from newsroom.invisible_characters import replace_nul
from newsroom.wake_ups import wake
from subscribers.lists.columns import ImportField
from subscribers.lists.csv_files import sample_rows
from subscribers.lists.import_errors import ImportRefused, ImportStopped
from subscribers.lists.import_plan import ImportOptions, ImportPlan, make_plan
from subscribers.lists.import_run import ImportCounts, run_import
from subscribers.lists.row_validation import ValidatedRow, validate_rows
from subscribers.models import ImportPart, ImportState, PartKind, SubscriberImport

if TYPE_CHECKING:
    from briefings.models import Briefing
    from newsroom.audit_log import Actor

log = logging.getLogger(__name__)

MAX_BYTES = 256 * 1024 * 1024
PART_BYTES = 1 << 20
PREVIEW_ROWS = 6
_PREVIEW_CHARS = 60


# --- For the admin


def store_upload(
    file: BinaryIO, *, name: str, size: int, briefing: Briefing, options: ImportOptions, by: Actor
) -> SubscriberImport:
    """Store a file that can be read, and have it checked if nothing about it must be stated.

    Raises ImportRefused for a file that is not a list; nothing is stored then.
    """
    plan = make_plan(file, options, now=timezone.now())
    with transaction.atomic():
        subscriber_import = SubscriberImport.objects.create(
            briefing=briefing,
            file_name=name,
            size=size,
            sent_by=by if by is not None and by.pk else None,
            # Whoever is erased from now on, while the file is being stored, must be found in it.
            erased_until=database_now(),
        )
        file.seek(0)
        store_parts(subscriber_import, PartKind.FILE, iter(lambda: file.read(PART_BYTES), b""))
        audit_log.record("uploaded", subscriber_import, by=by, briefing=briefing.slug)
        check_or_ask(subscriber_import, file, plan, options)
    return subscriber_import


def change_options(subscriber_import: SubscriberImport, options: ImportOptions) -> None:
    """Check a stored list again with other options. Raises ImportRefused or TransitionRefused."""
    with transaction.atomic():
        # An erasure may be rewriting the file at this moment; its result is what we check.
        lists = SubscriberImport.objects.select_for_update(no_key=True)
        subscriber_import = lists.get(pk=subscriber_import.pk)
        with open_stored(subscriber_import) as file:
            plan = make_plan(file, options, now=timezone.now())
            check_or_ask(subscriber_import, file, plan, options)


def check_or_ask(
    subscriber_import: SubscriberImport, file: BinaryIO, plan: ImportPlan, options: ImportOptions
) -> None:
    """Have a list checked by a worker, or ask the editor for what is missing."""
    preview = preview_of(file, plan, briefing=subscriber_import.briefing.slug, now=timezone.now())
    with transaction.atomic():
        if plan.missing:
            subscriber_import.ask(
                trouble=" ".join(one.message for one in plan.missing),
                choices=asdict(options),
                reading=preview,
            )
        else:
            subscriber_import.request_check(choices=asdict(options), reading=preview)
            transaction.on_commit(wake_worker)


def preview_of(file: BinaryIO, plan: ImportPlan, *, briefing: str, now: datetime) -> dict[str, Any]:
    """Return how a file will be read, as JSON values: format, columns, first rows.

    The first rows are personal data, so the preview is removed with the file.
    """
    csv_format = plan.csv_format
    first = sample_rows(file, csv_format, PREVIEW_ROWS)
    example = first[0].cells if first else []
    rows: list[dict[str, Any]] = []
    if ImportField.ADDRESS in plan.columns:
        validated = validate_rows(file, plan, briefing=briefing, now=now)
        rows = [_preview_row(row, plan) for row in islice(validated, PREVIEW_ROWS)]
    padded = [*example, *[""] * len(csv_format.header)]
    return {
        "layout": plan.known_export.name if plan.known_export else "",
        "encoding": csv_format.encoding.label,
        "separator": csv_format.separator_name,
        "header": [
            {"name": name[:_PREVIEW_CHARS], "example": replace_nul(cell[:_PREVIEW_CHARS])}
            for name, cell in zip(csv_format.header, padded, strict=False)
        ],
        "columns": {one.value: position for one, position in plan.columns.items()},
        "questions": {
            position: [replace_nul(word)[:_PREVIEW_CHARS] for word in question.words]
            for position, question in plan.questions.items()
        },
        "status_columns": {position: rule.description for position, rule in plan.status_rules},
        "asks_blank_status": plan.has_blank_status,
        "source": plan.source,
        "wording": plan.wording,
        "rows": rows,
    }


def _preview_row(row: ValidatedRow, plan: ImportPlan) -> dict[str, Any]:
    """Return a row for the preview, with what is stated for the whole file filled in."""
    stated_date = f"{plan.consented_on:%Y-%m-%d %H:%M}" if plan.consented_on else ""
    values = {
        "line": row.line,
        "address": readable_address(row.address) if row.address else "",
        "name": row.name or "",
        "agreed": (row.agreed_at or stated_date)[:16],
        "source": row.source or plan.source,
        "wording": row.wording or plan.wording,
        "reason": row.reason or "",
    }
    return {key: value[:200] if isinstance(value, str) else value for key, value in values.items()}


def options_of(subscriber_import: SubscriberImport) -> ImportOptions:
    """Return what was stated about a list so far."""
    stored = subscriber_import.choices
    return ImportOptions(**stored) if stored else ImportOptions()


# --- Stored files


def store_parts(
    subscriber_import: SubscriberImport, kind: PartKind, pieces: Iterable[bytes]
) -> None:
    """Store a file in parts, replacing the one of this kind that was there."""
    subscriber_import.parts.filter(kind=kind).delete()
    for position, piece in enumerate(pieces):
        ImportPart.objects.create(
            subscriber_import=subscriber_import, kind=kind, position=position, data=piece
        )


def read_parts(subscriber_import: SubscriberImport, kind: PartKind) -> Iterator[bytes]:
    """Yield a stored file in pieces. Raises ImportStopped if it is removed meanwhile."""
    parts = subscriber_import.parts.filter(kind=kind).order_by("position")
    for pk in parts.values_list("pk", flat=True):
        data = ImportPart.objects.filter(pk=pk).values_list("data", flat=True).first()
        if data is None:
            raise ImportStopped
        yield bytes(data)


@contextmanager
def open_stored(
    subscriber_import: SubscriberImport, kind: PartKind = PartKind.FILE
) -> Iterator[BinaryIO]:
    """Open the uploaded file, or that of refused rows, as a temporary file on this machine."""
    with tempfile.TemporaryFile() as file:
        file.writelines(read_parts(subscriber_import, kind))
        file.seek(0)
        yield file


def remove_expired(*, at: datetime) -> None:
    """Remove lists that nobody confirmed in time, and refused rows that were kept long enough."""
    for subscriber_import in SubscriberImport.objects.expired(at=at):
        subscriber_import.stop(by=None, at=at)
    old = SubscriberImport.objects.with_expired_refused_rows(at=at)
    ImportPart.objects.filter(subscriber_import__in=list(old)).delete()


# --- For the worker


def wake_worker() -> None:
    """Ask a worker to look for lists to check or import."""
    wake("subscribers.lists.tasks.process_imports")


def process(subscriber_import: SubscriberImport) -> None:
    """Check or import one list as its worker; stopping it loses nothing but time."""
    if not subscriber_import.claim_for_worker(at=database_now()):
        return
    is_check = subscriber_import.state == ImportState.CHECKING
    try:
        with open_stored(subscriber_import) as file:
            plan = make_plan(file, options_of(subscriber_import), now=database_now())
            run_import(
                file,
                plan,
                subscriber_import.briefing,
                at=database_now(),
                by=subscriber_import.sent_by,
                dry_run=is_check,
                on_progress=lambda done: _record_progress(subscriber_import, done),
                on_written=lambda counts, refused: _finish(subscriber_import, counts, refused),
            )
    except ImportStopped:
        log.info("%s was stopped", subscriber_import)
    except ImportRefused as refusal:
        subscriber_import.finish(ImportState.FAILED, at=database_now(), trouble=str(refusal)[:1000])
    except Exception:
        log.exception("%s failed; nothing was imported", subscriber_import)
        subscriber_import.finish(
            ImportState.FAILED,
            at=database_now(),
            trouble=(
                "Something went wrong on our side, and nothing was imported. Ask whoever runs this"
                " site to look in the worker’s log, then upload the list again."
            ),
        )
        raise


def _record_progress(subscriber_import: SubscriberImport, done: int | None) -> None:
    """Record the bytes read: at most one less than all until writing begins."""
    size = subscriber_import.size
    so_far = size if done is None else min(done, size - 1)
    if not subscriber_import.record_progress(done=so_far, at=database_now()):
        raise ImportStopped


def _finish(
    subscriber_import: SubscriberImport, counts: ImportCounts, refused: Iterable[bytes]
) -> None:
    """End an import in the transaction that wrote it, or have all of it rolled back."""
    is_check = subscriber_import.state == ImportState.CHECKING
    store_parts(subscriber_import, PartKind.REFUSED, refused if counts.refused else ())
    target = ImportState.CHECKED if is_check else ImportState.DONE
    if not subscriber_import.finish(target, at=database_now(), figures=asdict(counts)):
        raise ImportStopped
