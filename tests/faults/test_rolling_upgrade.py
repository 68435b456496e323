"""Two releases run side by side during an upgrade: the database is that of the newer one.

Today's code stands for the release before: its SQL names today's columns. The worker beside it
knows the columns that a next release would add, and writes them (next_release.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from subscribers.models import Lease
from tests.faults import next_release
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

READERS = 600


@pytest.fixture
def migrated(transactional_db: None) -> Iterator[None]:
    """Change the database as the migration of the next release does, and back."""
    with connection.cursor() as cursor:
        for table, column in next_release.COLUMNS.items():
            cursor.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
        cursor.execute(next_release.INDEX)
    yield
    with connection.cursor() as cursor:
        for table in next_release.COLUMNS:
            cursor.execute(f"ALTER TABLE {table} DROP COLUMN later_note")


def test_two_releases_send_one_dispatch_together(  # noqa: PLR0917  (fixtures)
    migrated: None,
    smtp_server: SmtpServer,
    celery_worker: Callable[..., CeleryWorker],
    celery_beat: Callable[..., CeleryBeat],
    tmp_path: Path,
    tell: Callable[[object], None],
) -> None:
    make_due_issue(readers=READERS)
    smtp_server.delay(0.05)
    facts = {
        "EMAIL_URL": smtp_server.url,
        "LEASE_SECONDS": str(LEASE_SECONDS * 4),
        "SEND_CONNECTIONS": str(CONNECTIONS),
    }
    before = celery_worker(VAR_DIR=str(tmp_path / "before"), ready=False, **facts)
    after = celery_worker(
        app="tests.faults.next_release",
        NEXT_RELEASE="yes",
        VAR_DIR=str(tmp_path / "after"),
        ready=False,
        **facts,
    )
    for worker in (before, after):
        worker.wait_until_ready(seconds=120)
    celery_beat(VAR_DIR=str(tmp_path / "beat"), **facts)
    wait_until(is_sent, seconds=120, what="the dispatch")

    children = [str(pid) for worker in (before, after) for pid in worker.child_pids()]
    holders = Lease.objects.values_list("holder", flat=True).distinct()
    assert sorted(holder.rpartition(":")[2] for holder in holders) == sorted(children)
    tell(check_count(smtp_server, readers=READERS, unknown_at_most=0))
