"""A worker that seemed dead and wakes up: a suspended virtual machine, a swapped-out process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone

from subscribers.models import Lease
from subscribers.sending import dispatches
from tests.faults.hosts import CONNECTIONS, LEASE_SECONDS, Newsroom
from tests.faults.issues import is_sent, make_due_issue
from tests.faults.received_emails import check_count
from tests.servers.processes import Process, wait_until
from tests.servers.programs import PYTHON, ROOT
from tests.servers.smtp import SmtpServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

READERS = 3_000
# A worker in the middle of taking a lease: the dispatch's row is locked.
TAKE_A_LEASE = """
import django, sys, time
django.setup()
from django.db import transaction
from subscribers.sending import leases
with transaction.atomic():
    leases.take(int(sys.argv[1]), holder="sleeper", sizes=[500])
    print("leased", flush=True)
    time.sleep(300)
"""


@pytest.mark.takes(seconds=32)
def test_a_worker_that_wakes_after_its_leases_ended_sends_no_more_emails_of_them(
    smtp_server: SmtpServer,
    start_newsroom: Callable[..., Newsroom],
    tell: Callable[[object], None],
) -> None:
    make_due_issue(readers=READERS)
    smtp_server.delay(0.02)
    newsroom = start_newsroom(EMAIL_URL=smtp_server.url)
    smtp_server.wait_for_count(300, seconds=60)
    [child] = (sleeper := newsroom.hosts[0].worker).child_pids()
    held = Lease.objects.filter(holder__endswith=f":{child}", closed_at=None)
    wait_until(held.exists, seconds=30, what="leases of its own")
    sleeper.freeze()
    wait_until(lambda: not held.exists(), seconds=45, what="the end of its leases")
    assert not is_sent()
    sleeper.thaw()
    wait_until(lambda: "fenced" in sleeper.output, seconds=20, what="the fence")
    wait_until(is_sent, seconds=90, what="the dispatch")
    # On each connection it had one email whose reply it had not received.
    tell(check_count(smtp_server, readers=READERS, unknown_at_most=CONNECTIONS))


def test_a_worker_that_sleeps_while_it_holds_locks_delays_nobody(
    smtp_server: SmtpServer,
    start_newsroom: Callable[..., Newsroom],
    program_environment: Callable[..., dict[str, str]],
    tmp_path: Path,
    tell: Callable[[object], None],
) -> None:
    make_due_issue(readers=200)
    [dispatch] = dispatches.publish_due(at=timezone.now())
    dispatches.start(dispatch, at=timezone.now())
    facts = {"LEASE_SECONDS": str(LEASE_SECONDS), "DJANGO_SETTINGS_MODULE": "newsroom.settings"}
    sleeper = Process(
        [PYTHON, "-c", TAKE_A_LEASE, str(dispatch.pk)],
        env=program_environment(**facts),
        log=tmp_path / "sleeper.log",
        cwd=ROOT,
    )
    try:
        sleeper.wait_until(lambda: "leased" in sleeper.output)
        sleeper.freeze()
        start_newsroom(EMAIL_URL=smtp_server.url)
        wait_until(is_sent, seconds=40, what="the dispatch")
    finally:
        sleeper.kill()
    tell(check_count(smtp_server, readers=200, unknown_at_most=0))
