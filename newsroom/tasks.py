"""The foundation's tasks, and the one way to wake any task."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

from celery import shared_task
from celery.app.task import Task
from django.utils import timezone

from newsroom import letters
from newsroom.health import mark_worker_seen
from newsroom.retention import keeping

log = logging.getLogger(__name__)


BROKER_RESTS_SECONDS = 10.0


@dataclass
class _Broker:
    """What this process knows of the broker, by its own clock."""

    rests_until: float = 0.0


_broker = _Broker()


def wake(task: Task[Any, Any], *args: object) -> None:
    """Ask a worker to look; when the broker is out of reach the beat will ask later.

    Nothing may depend on the message arriving, so its loss is a line in the log, never an error.
    A broker that hangs takes its time to fail: after that it is left alone for a while, so that
    not every page waits for it.
    """
    if time.monotonic() < _broker.rests_until:
        return
    try:
        task.apply_async(args=args, retry=False)
    except Exception as failure:  # noqa: BLE001  (any transport's error means the same: later)
        _broker.rests_until = time.monotonic() + BROKER_RESTS_SECONDS
        log.warning("could not wake %s, the beat will: %s", task.name, failure)


@shared_task
def send_letters() -> None:
    """Send the single letters that wait."""
    letters.send_now()


@shared_task
def note_worker() -> None:
    """Leave word that a worker is at work, for /readyz."""
    mark_worker_seen()


@shared_task
def keep_retention() -> None:
    """Delete and blank what docs/retention.toml says has been kept long enough.

    Fails, having touched nothing, while the policy lacks a column.
    """
    stretch = keeping.keep(at=timezone.now(), seconds=keeping.STRETCH_SECONDS)
    for table, number in stretch.rows.items():
        log.info("retention: %s rows of %s deleted or blanked", number, table)
    if not stretch.is_finished:
        wake(keep_retention)
