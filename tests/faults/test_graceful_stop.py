"""A worker that is asked to stop ends within seconds, and nothing of its work is in doubt."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from newsroom import worker_stop
from subscribers.models import Delivery, DeliveryState, Lease
from tests.faults.hosts import Newsroom
from tests.faults.issues import is_sent, make_due_issue
from tests.faults.received_emails import check_count
from tests.servers.processes import wait_until
from tests.servers.programs import CeleryWorker
from tests.servers.smtp import SmtpServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

READERS = 300


def seconds_until_it_ends(worker: CeleryWorker) -> float:
    """Ask a worker to stop, as a service manager does: only its first process is asked."""
    started = time.monotonic()
    worker.send(signal.SIGTERM)
    worker.wait(seconds=60)
    return time.monotonic() - started


@pytest.mark.takes(seconds=25)
def test_a_worker_finishes_its_emails_and_returns_its_leases(
    smtp_server: SmtpServer,
    start_newsroom: Callable[..., Newsroom],
    tell: Callable[[object], None],
) -> None:
    make_due_issue(readers=READERS)
    smtp_server.delay(0.3)
    newsroom = start_newsroom(EMAIL_URL=smtp_server.url)
    stopped = newsroom.hosts[0].worker
    wait_until(lambda: bool(stopped.child_pids()), seconds=60, what="its process")
    [child] = stopped.child_pids()
    own = Lease.objects.filter(holder__endswith=f":{child}")
    wait_until(own.filter(begun__gt=0).exists, seconds=60, what="a lease of its own")

    seconds = seconds_until_it_ends(stopped)

    assert seconds < 20, "a send run lasts for half a minute"
    assert stopped.popen.returncode == 0, stopped.output_tail()
    assert not own.filter(closed_at=None).exists()
    assert not is_sent()
    assert not Delivery.objects.filter(state=DeliveryState.UNKNOWN).exists()
    smtp_server.clear_rules()
    wait_until(is_sent, seconds=60, what="the dispatch")
    tell(check_count(smtp_server, readers=READERS, unknown_at_most=0))
    tell(f"ended {seconds:.1f} s after SIGTERM")


def test_a_worker_ends_although_a_process_of_it_hangs(
    smtp_server: SmtpServer, celery_worker: Callable[..., CeleryWorker]
) -> None:
    worker = celery_worker(EMAIL_URL=smtp_server.url)
    [child] = worker.child_pids()
    os.kill(child, signal.SIGSTOP)
    try:
        seconds = seconds_until_it_ends(worker)
    finally:
        os.kill(child, signal.SIGKILL)
    assert seconds < 20
    assert worker_stop.STOP_SECONDS < 10
