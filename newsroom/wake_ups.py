"""Wake-ups: task messages without content, which tell a worker that there is something to do."""

from __future__ import annotations

import logging

from celery import current_app

from newsroom.circuit_breaker import CircuitBreaker

log = logging.getLogger(__name__)

# A wake-up that no worker has taken within this time is dropped: by then beat has sent another.
EXPIRES_SECONDS = 120
_breaker = CircuitBreaker(seconds=10.0)


def wake(task: str, *args: object) -> None:
    """Ask a worker to run a task, given by its full name.

    Nothing may depend on the message arriving: a failure is a line in the log, never an error, and
    beat wakes the task later. Tasks are given by name so that the code they call can wake them
    without importing them; a test checks that each name exists.
    """
    if _breaker.is_open:
        return
    try:
        current_app.send_task(task, args=args, retry=False, expires=EXPIRES_SECONDS)
    except Exception as failure:  # noqa: BLE001  (each transport raises its own)
        _breaker.open()
        log.warning("could not wake %s; beat will do so later: %s", task, failure)
