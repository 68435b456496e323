"""A worker that is asked to stop does so within ten seconds.

Its processes finish the email that they are sending, return their leases and end. The request is
one byte of memory that they share with the worker which started them: it needs no lock, which a
killed process could leave closed. Should anything not end by itself, because it hangs or because it
is work that others start again anyway, the worker ends without it.
"""

from __future__ import annotations

import logging
import mmap
import os
import time
from threading import Thread
from typing import Any

from celery.signals import worker_init, worker_shutting_down

log = logging.getLogger(__name__)

# After this a worker ends without what is still running.
STOP_SECONDS = 8.0
_POLL_SECONDS = 0.1
EXIT_CODE = 1
_request = mmap.mmap(-1, 1)


def is_requested() -> bool:
    """Whether this worker was asked to stop."""
    return _request[0] != 0


@worker_shutting_down.connect
def request(**_: Any) -> None:
    """Ask the processes of this worker to stop; it is called in a signal handler."""
    _request[0] = 1


@worker_init.connect
def watch(**_: Any) -> None:
    """Start the thread that ends this worker if it does not end by itself."""
    _request[0] = 0
    Thread(target=_end_in_time, name="worker-stop", daemon=True).start()


def _end_in_time() -> None:
    while not is_requested():
        time.sleep(_POLL_SECONDS)
    time.sleep(STOP_SECONDS)
    log.error(
        "newsroom: the worker ends without what has not ended in %g s. Other workers continue it.",
        STOP_SECONDS,
    )
    logging.shutdown()
    os._exit(EXIT_CODE)  # its processes are killed with it
