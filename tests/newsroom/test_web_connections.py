"""The web server keeps its connections to PostgreSQL, and notices when one has ended."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING

from django.db import connection

from tests.servers.processes import Process, answers, free_port
from tests.servers.programs import PYTHON, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def backends() -> set[int]:
    """Return the ids of PostgreSQL's processes for other connections to this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return {row[0] for row in cursor.fetchall()}


def test_pages_share_connections_and_outlive_their_end(
    program_environment: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    port = free_port()
    site = f"http://127.0.0.1:{port}"
    command = [PYTHON, "-m", "gunicorn", "newsroom.wsgi", "--bind", f"127.0.0.1:{port}"]
    server = Process(
        [*command, "--threads", "1", "--workers", "1"],
        env=program_environment(SITE_URL=site),
        log=tmp_path / "web.log",
        cwd=ROOT,
    )

    def page() -> int:
        with urllib.request.urlopen(f"{site}/", timeout=60) as response:  # noqa: S310  (our own server)
            return int(response.status)

    try:
        server.wait_until(lambda: answers(port), seconds=120)
        before = backends()
        assert page() == 200
        (kept,) = backends() - before
        assert page() == 200
        assert backends() - before == {kept}

        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 30000)", [kept])

        assert page() == 200
        assert kept not in backends()
    finally:
        server.kill()
