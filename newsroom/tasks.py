"""The foundation's tasks, and the one way to wake any task."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from celery.app.task import Task

from newsroom import letters
from newsroom.health import mark_worker_seen

log = logging.getLogger(__name__)


def wake(task: Task[Any, Any], *args: object) -> None:
    """Ask a worker to look; when the broker is out of reach the beat will ask later.

    Nothing may depend on the message arriving, so its loss is a line in the log, never an error.
    """
    try:
        task.apply_async(args=args, retry=False)
    except Exception as failure:  # noqa: BLE001  (any transport's error means the same: later)
        log.warning("could not wake %s, the beat will: %s", task.name, failure)


@shared_task
def send_letters() -> None:
    """Send the single letters that wait."""
    letters.send_now()


@shared_task
def note_worker() -> None:
    """Leave word that a worker is at work, for /readyz."""
    mark_worker_seen()
