"""A worker that was thought dead and wakes up: a paused virtual machine, a swapped-out process."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from subscribers.models import Lease
from tests.faults.counting import check_count
from tests.faults.hosts import CONNECTIONS, Newsroom
from tests.faults.issues import is_sent, make_due_issue
from tests.servers.processes import wait_until
from tests.servers.smtp import SmtpServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

READERS = 4_000


def test_a_worker_that_wakes_after_its_leases_ended_sends_not_one_letter_more_under_them(
    smtp_server: SmtpServer,
    start_newsroom: Callable[..., Newsroom],
    tell: Callable[[object], None],
) -> None:
    make_due_issue(readers=READERS)
    smtp_server.delay(0.02)
    newsroom = start_newsroom(EMAIL_URL=smtp_server.url)
    smtp_server.wait_for_number(300, seconds=60)
    [child] = (sleeper := newsroom.hosts[0].worker).child_pids()
    held = Lease.objects.filter(holder__endswith=f":{child}", closed_at=None)
    wait_until(held.exists, seconds=30, what="leases in its hands")
    sleeper.freeze()
    wait_until(lambda: not held.exists(), seconds=20, what="the end of its leases")
    assert not is_sent()
    sleeper.thaw()
    wait_until(lambda: "fenced" in sleeper.output, seconds=20, what="the fence")
    wait_until(is_sent, seconds=90, what="the dispatch")
    # It held one letter on each connection, whose answer it had not heard.
    tell(check_count(smtp_server, readers=READERS, unknown_at_most=CONNECTIONS))
