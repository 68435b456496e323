"""Whatever is asked for twice happens once; a lost task message changes nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from django.db import connections
from django.utils import timezone

from briefings.models import Issue
from subscribers.models import Dispatch
from subscribers.sending import dispatches
from subscribers.sending.tasks import advance_dispatches, send
from tests.faults.hosts import Newsroom
from tests.faults.issues import is_sent, make_due_issue
from tests.faults.received_emails import check_count
from tests.servers.processes import free_port, wait_until
from tests.servers.programs import manage
from tests.servers.smtp import SmtpServer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.takes(seconds=16),
]

READERS = 1_000


def start(dispatch: Dispatch) -> int:
    """Fill the ledger and start sending as a task of beat does, on a connection of its own."""
    try:
        return dispatches.start(dispatch, at=timezone.now())
    finally:
        connections.close_all()


def test_lost_and_doubled_messages_change_nothing(
    smtp_server: SmtpServer,
    start_newsroom: Callable[..., Newsroom],
    tell: Callable[[object], None],
    program_environment: Callable[..., dict[str, str]],
    redis_url: str,
) -> None:
    make_due_issue(readers=READERS)
    issue = Issue.objects.get()
    # The broker is down when the issue is published.
    no_broker = f"redis://127.0.0.1:{free_port()}/0"
    started = time.monotonic()
    result = manage(
        "send_issue", str(issue.pk), "--json", env=program_environment(REDIS_URL=no_broker)
    )
    assert result.returncode == 0, result.stderr
    assert time.monotonic() - started < 15
    assert json.loads(result.stdout)["subscribers"] == READERS
    dispatch = Dispatch.objects.get()
    # Four beats fill the same ledger at once, after it was filled.
    with ThreadPoolExecutor(4) as beats:
        assert list(beats.map(start, [dispatch] * 4)) == [0] * 4
    # Every message so far is lost; then each comes ten times over.
    with redis.Redis.from_url(redis_url) as broker:
        broker.flushall()
    smtp_server.delay(0.02)
    newsroom = start_newsroom(EMAIL_URL=smtp_server.url)
    newsroom.start_beat()  # a second one beside the first, on the same folder
    smtp_server.wait_for_count(1, seconds=60)
    for _ in range(10):
        send.delay(dispatch.pk)
        advance_dispatches.delay()
    wait_until(is_sent, seconds=60, what="the dispatch")
    time.sleep(1)
    tell(check_count(smtp_server, readers=READERS, unknown_at_most=0))
