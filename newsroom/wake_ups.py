"""Waking a worker: a task's name without content, sent to say that there is something to do."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from celery import current_app

log = logging.getLogger(__name__)

# After a failure the broker is not tried again for this long, so that not every page waits for it.
BROKER_RETRY_SECONDS = 10.0
# A wake-up that nobody took within this time is dropped: the beat asks again.
STALE_SECONDS = 120


@dataclass
class _Broker:
    """What this process knows of the broker, by its own clock."""

    retry_at: float = 0.0


_broker = _Broker()


def wake(task: str, *args: object) -> None:
    """Ask a worker to run a task, given by its full name; the beat will ask if this cannot.

    Nothing may depend on the message arriving, so its loss is a line in the log, never an error.
    Tasks are given by name so that the code they run may wake them; a test checks each name.
    """
    if time.monotonic() < _broker.retry_at:
        return
    try:
        current_app.send_task(task, args=args, retry=False, expires=STALE_SECONDS)
    except Exception as failure:  # noqa: BLE001  (each transport raises its own)
        _broker.retry_at = time.monotonic() + BROKER_RETRY_SECONDS
        log.warning("could not wake %s, the beat will: %s", task, failure)
