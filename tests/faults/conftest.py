"""Fixtures of the fault tests: worker hosts, a database that may be killed, and a report."""

from __future__ import annotations

import os
import random
import secrets
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.faults.hosts import Newsroom
from tests.faults.program_logs import unexplained
from tests.servers.postgres import PostgresCluster, PostgresServer
from tests.servers.programs import CeleryBeat, CeleryWorker


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what was counted, also for tests that passed."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "call":
                for name, text in report.user_properties:
                    terminalreporter.write_line(f"{name}: {text}")


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[object], None]:
    """Show a figure at the end of the run: `tell(check_count(...))`."""
    figures = request.node.user_properties  # `pytest -n` collects these from its processes
    return lambda figure: figures.append((request.node.name, str(figure)))


@pytest.fixture
def dice(tell: Callable[[object], None]) -> random.Random:
    """Return a random generator; NEWSROOM_SEED repeats a run as far as timing allows."""
    seed = int(os.environ.get("NEWSROOM_SEED") or secrets.randbits(32))
    tell(f"NEWSROOM_SEED={seed}")
    return random.Random(seed)  # noqa: S311  (not a secret)


@pytest.fixture(autouse=True)
def _explained_logs(tmp_path: Path) -> Iterator[None]:
    """Fail a test whose programs logged a traceback that its fault does not explain.

    It ends after the fixtures that start the programs, because it was set up before them.
    """
    yield
    for log in sorted(tmp_path.glob("*.log")):
        assert list(unexplained(log.read_text(errors="replace"))) == [], log.name


@pytest.fixture
def start_newsroom(
    celery_worker: Callable[..., CeleryWorker],
    celery_beat: Callable[..., CeleryBeat],
    tmp_path: Path,
) -> Callable[..., Newsroom]:
    """Start two worker hosts and a beat: `start_newsroom(EMAIL_URL=...)`."""
    return partial(Newsroom, celery_worker, celery_beat, tmp_path)


@pytest.fixture
def own_database(transactional_db: None, own_postgres: PostgresServer) -> Iterator[PostgresServer]:
    """Use a PostgreSQL that this test may kill, in the test and in the programs that it starts.

    It begins as a copy of the database of the tests, since to migrate an empty one takes longer.
    """
    from django.db import connection

    before = connection.settings_dict
    connection.close()
    own_postgres.restore(PostgresCluster(before["PORT"]).back_up(before["NAME"]))
    connection.settings_dict = before | {"PORT": own_postgres.port, "NAME": "postgres"}
    try:
        yield own_postgres
    finally:
        connection.close()
        connection.settings_dict = before
