"""Newsroom behind a PgBouncer that gives each transaction another connection."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection

from tests.faults.hosts import Newsroom
from tests.faults.issues import is_sent, make_due_issue
from tests.faults.received_emails import check_count
from tests.servers.pgbouncer import PROGRAM, PgBouncer
from tests.servers.processes import Process, answers, free_port, wait_until
from tests.servers.programs import PYTHON, ROOT
from tests.servers.smtp import SmtpServer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.takes(seconds=20),
    pytest.mark.skipif(PROGRAM is None, reason="PgBouncer is not installed"),
]

READERS = 600
PAGES = 60


@pytest.fixture
def pooled(transactional_db: None) -> Iterator[str]:
    """Return a DATABASE_URL of this test's database that leads through PgBouncer."""
    facts = connection.settings_dict
    pooler = PgBouncer(before="postgres://{USER}@{HOST}:{PORT}/{NAME}".format_map(facts))
    yield pooler.url
    pooler.stop()


def test_pages_and_a_dispatch_work_in_transaction_mode(  # noqa: PLR0917  (fixtures)
    pooled: str,
    smtp_server: SmtpServer,
    start_newsroom: Callable[..., Newsroom],
    program_environment: Callable[..., dict[str, str]],
    tmp_path: Path,
    tell: Callable[[object], None],
) -> None:
    make_due_issue(readers=READERS)
    smtp_server.answer("550 5.1.1 nobody here", to="reader*7@example.com")
    facts = {"DATABASE_URL": pooled, "DATABASE_POOLER": "transaction"}
    newsroom = start_newsroom(EMAIL_URL=smtp_server.url, **facts)
    port = free_port()
    site = f"http://127.0.0.1:{port}"
    command = [PYTHON, "-m", "gunicorn", "newsroom.wsgi", "--bind", f"127.0.0.1:{port}"]
    web = Process(
        [*command, "--threads", "8", "--workers", "1"],
        # Without the cache of pages, as each of them is to be made.
        env=program_environment(SITE_URL=site, REDIS_URL="", **facts),
        log=tmp_path / "web.log",
        cwd=ROOT,
    )

    def page(number: int) -> int:
        address = f"{site}/{'search/?q=council' if number % 3 else 'ward-round/1/'}&x={number}"
        address = address.replace("/&", "/?")
        with urllib.request.urlopen(address, timeout=60) as response:  # noqa: S310  (our own server)
            return int(response.status)

    try:
        web.wait_until(lambda: answers(port), seconds=120)
        wait_until(lambda: len(smtp_server) > 20, seconds=120, what="emails")
        with ThreadPoolExecutor(8) as visitors:
            assert set(visitors.map(page, range(PAGES))) == {200}
        wait_until(is_sent, seconds=120, what="the dispatch")
        said = web.output + "".join(host.worker.output for host in newsroom.hosts)
    finally:
        web.kill()
    assert "prepared statement" not in said
    assert "connection for progress lost" not in said
    refused = sum(number % 10 == 7 for number in range(1, READERS + 1))
    tell(check_count(smtp_server, readers=READERS, refused=refused, unknown_at_most=0))
