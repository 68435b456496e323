"""A progress record that arrives late, after later ones, must not make the ledger forget them."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from django.db import connection

from tests.faults.issues import is_sent, make_due_issue
from tests.faults.received_emails import check_count
from tests.servers.processes import wait_until
from tests.servers.programs import CeleryBeat, CeleryWorker
from tests.servers.remote_host import RemoteHost, can_make_hosts
from tests.servers.smtp import SmtpServer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.takes(seconds=36),
    pytest.mark.skipif(not can_make_hosts(), reason="needs root and iproute2 to make a host"),
]

READERS = 400
# A record is given up after a quarter of this and repeated on another connection. The kernel goes
# on repeating the packet of the first: 0.2, 0.6, 1.4, 3.0 and 6.2 s after it was sent.
LEASE_SECONDS = 10
CUT_SECONDS = 3.5
KILL_AFTER_SECONDS = 5.6  # the second record has arrived, the first has not


def test_a_record_that_arrives_after_later_ones_rewinds_nothing(
    smtp_server: SmtpServer,
    redis_url: str,
    celery_worker: Callable[..., CeleryWorker],
    celery_beat: Callable[..., CeleryBeat],
    tell: Callable[[object], None],
) -> None:
    make_due_issue(readers=READERS)
    smtp_server.delay(0.04)
    database = connection.settings_dict
    facts = {"LEASE_SECONDS": str(LEASE_SECONDS), "SEND_CONNECTIONS": "1"}
    with RemoteHost() as host:
        postgres = host.reach(int(database["PORT"]), over_weak_link=True)
        redis = urlsplit(redis_url)
        worker = celery_worker(
            prefix=host.prefix,
            EMAIL_URL=f"smtp://{host.reach(smtp_server.port)}",
            DATABASE_URL=f"postgres://{database['USER']}@{postgres}/{database['NAME']}",
            REDIS_URL=f"redis://{host.reach(redis.port or 6379)}{redis.path}",
            **facts,
        )
        celery_beat(EMAIL_URL=smtp_server.url, **facts)
        smtp_server.wait_for_count(100, seconds=60)  # in its second lease, which is a large one
        host.cut()
        cut_at = time.monotonic()
        before = len(smtp_server)
        time.sleep(CUT_SECONDS)
        host.restore()
        time.sleep(cut_at + KILL_AFTER_SECONDS - time.monotonic())
        after = len(smtp_server)
        worker.kill()
        assert after > before + 3  # it had gone on when it died
        time.sleep(cut_at + 8 - time.monotonic())  # the first record arrives
        celery_worker(EMAIL_URL=smtp_server.url, **facts)
        wait_until(is_sent, seconds=90, what="the dispatch")
    tell(f"{after - before} emails between the cut and the kill")
    tell(check_count(smtp_server, readers=READERS, unknown_at_most=1))
