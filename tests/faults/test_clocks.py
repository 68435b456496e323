"""Hosts whose clocks are wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.hosts import CONNECTIONS, LEASE_SECONDS
from tests.faults.issues import is_sent, make_due_issue
from tests.faults.received_emails import check_count
from tests.servers.processes import wait_until
from tests.servers.programs import CeleryBeat, CeleryWorker
from tests.servers.smtp import SmtpServer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.takes(seconds=20),
]

READERS = 1_800


def test_hosts_with_wrong_clocks_reclaim_no_lease_of_another(
    smtp_server: SmtpServer,
    celery_worker: Callable[..., CeleryWorker],
    celery_beat: Callable[..., CeleryBeat],
    tell: Callable[[object], None],
) -> None:
    make_due_issue(readers=READERS)
    smtp_server.delay(0.04)
    facts = {
        "EMAIL_URL": smtp_server.url,
        "LEASE_SECONDS": str(LEASE_SECONDS),
        "SEND_CONNECTIONS": str(CONNECTIONS),
    }
    hosts = [
        celery_worker(ready=False, app="tests.servers.skewed", SKEW_SECONDS=skew, **facts)
        for skew in ("-90", "90")
    ]
    celery_beat(**facts)
    wait_until(is_sent, seconds=90, what="the dispatch")
    assert [host.output.count("fenced") for host in hosts] == [0, 0]
    tell(check_count(smtp_server, readers=READERS, unknown_at_most=0))
