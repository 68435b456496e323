"""Lists sent to the desk: kept in parts, checked and imported by a worker, then removed."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO

from django.db import transaction
from django.utils import timezone

from newsroom import audit_log
from newsroom.clock import database_now
from newsroom.wake_ups import wake
from subscribers.lists.import_errors import ImportRefused, ImportStopped
from subscribers.lists.import_plan import Choices, Plan, make_plan
from subscribers.lists.import_preview import preview
from subscribers.lists.import_run import Figures, run
from subscribers.models import ImportPart, ImportState, PartKind, SubscriberImport

if TYPE_CHECKING:
    from briefings.models import Briefing
    from newsroom.audit_log import Actor

log = logging.getLogger(__name__)

MAX_BYTES = 256 * 1024 * 1024
PIECE = 1 << 20  # octets in a part


def keep(
    file: BinaryIO, *, name: str, size: int, briefing: Briefing, choices: Choices, by: Actor
) -> SubscriberImport:
    """Keep a file that can be read, and have it checked if nothing has to be said about it.

    Raises ImportRefused for what is no list, and keeps nothing then.
    """
    plan = make_plan(file, choices, now=timezone.now())
    with transaction.atomic():
        made = SubscriberImport.objects.create(
            briefing=briefing,
            file_name=name,
            size=size,
            sent_by=by if by is not None and by.pk else None,
        )
        file.seek(0)
        put(made, PartKind.FILE, iter(lambda: file.read(PIECE), b""))
        audit_log.record("sent in", made, by=by, briefing=briefing.slug)
        settle(made, file, plan, choices)
    return made


def choose(made: SubscriberImport, choices: Choices) -> None:
    """Read a list that was sent in another way. Raises ImportRefused or TransitionRefused."""
    with transaction.atomic():
        # Somebody may be struck from it in this moment; then it is read without them.
        made = SubscriberImport.objects.select_for_update().get(pk=made.pk)
        with opened(made) as file:
            settle(made, file, make_plan(file, choices, now=timezone.now()), choices)


def settle(made: SubscriberImport, file: BinaryIO, plan: Plan, choices: Choices) -> None:
    """Have a list checked as it was chosen, or ask for what is still missing."""
    reading = preview(file, plan, briefing=made.briefing.slug, now=timezone.now())
    with transaction.atomic():
        if plan.unclear:
            trouble = " ".join(one.words for one in plan.unclear)
            made.ask(trouble=trouble, choices=asdict(choices), reading=reading)
        else:
            made.check_again(choices=asdict(choices), reading=reading)
            transaction.on_commit(wake_worker)


def wake_worker() -> None:
    """Ask a worker to look for lists."""
    wake("subscribers.lists.tasks.work_on_imports")


def choices_of(made: SubscriberImport) -> Choices:
    """What was said about a list so far."""
    return Choices(**made.choices) if made.choices else Choices()


@contextmanager
def opened(made: SubscriberImport, kind: PartKind = PartKind.FILE) -> Iterator[BinaryIO]:
    """Give the file that was sent, or that of refused rows, as a temporary file of this machine."""
    with tempfile.TemporaryFile() as file:
        file.writelines(read_parts(made, kind))
        file.seek(0)
        yield file


def read_parts(made: SubscriberImport, kind: PartKind) -> Iterator[bytes]:
    """Give a file piece by piece. Raises ImportStopped when it is removed meanwhile."""
    parts = made.parts.filter(kind=kind).order_by("position")
    for number in parts.values_list("pk", flat=True):
        data = ImportPart.objects.filter(pk=number).values_list("data", flat=True).first()
        if data is None:
            raise ImportStopped
        yield bytes(data)


def work_on(made: SubscriberImport) -> None:
    """Check or import one list as its worker; stopping it loses nothing but the time."""
    if not made.take(at=database_now()):
        return
    is_check = made.state == ImportState.CHECKING
    try:
        with opened(made) as file:
            plan = make_plan(file, choices_of(made), now=database_now())
            run(
                file,
                plan,
                made.briefing,
                at=database_now(),
                by=made.sent_by,
                dry_run=is_check,
                watch=lambda done: _note(made, done),
                conclude=lambda figures, refused: _conclude(made, figures, refused),
            )
    except ImportStopped:
        log.info("%s was stopped", made)
    except ImportRefused as refusal:
        made.end(ImportState.FAILED, at=database_now(), trouble=str(refusal)[:1000])
    except Exception:
        log.exception("%s failed; nothing of it was written", made)
        made.end(
            ImportState.FAILED,
            at=database_now(),
            trouble="A fault of ours: it is in the log of the worker. Nothing was written.",
        )
        raise


def forget(*, at: datetime) -> None:
    """Remove lists that nobody decided about, and refused rows that were kept long enough."""
    for made in SubscriberImport.objects.abandoned(at=at):
        made.stop(by=None, at=at)
    old = SubscriberImport.objects.with_old_refusals(at=at)
    ImportPart.objects.filter(subscriber_import__in=list(old)).delete()


def _note(made: SubscriberImport, done: int | None) -> None:
    """Tell how far it is; one octet less than all until it is being written."""
    so_far = made.size if done is None else min(done, made.size - 1)
    if not made.note(done=so_far, at=database_now()):
        raise ImportStopped


def _conclude(made: SubscriberImport, figures: Figures, refused: Iterable[bytes]) -> None:
    """End it in the transaction that wrote everything, or undo all of that."""
    is_check = made.state == ImportState.CHECKING
    put(made, PartKind.REFUSED, refused if figures.refused else ())
    target = ImportState.CHECKED if is_check else ImportState.DONE
    if not made.end(target, at=database_now(), figures=asdict(figures)):
        raise ImportStopped


def put(made: SubscriberImport, kind: PartKind, pieces: Iterable[bytes]) -> None:
    """Keep a file in parts, in place of the one that was there."""
    made.parts.filter(kind=kind).delete()
    for position, piece in enumerate(pieces):
        ImportPart.objects.create(subscriber_import=made, kind=kind, position=position, data=piece)
