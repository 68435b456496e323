"""How the settings use a database: SQLite keeps its word through a power cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.programs import environment, run

ASK = """
import django
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("PRAGMA synchronous")
    print(cursor.fetchone()[0])
"""
NORMAL, FULL = "1", "2"


@pytest.mark.parametrize(("debug", "expected"), [("false", FULL), ("true", NORMAL)])
def test_sqlite_writes_each_commit_to_the_disk_except_in_development(
    tmp_path: Path, debug: str, expected: str
) -> None:
    variables = environment(
        SECRET_KEY="0123456789" * 5,
        SITE_URL="https://news.example.com",
        EMAIL_URL="smtp://127.0.0.1:2525",
        VAR_DIR=str(tmp_path),
        DEBUG=debug,
        DJANGO_SETTINGS_MODULE="newsroom.settings",
    )
    result = run("-c", ASK, env=variables)
    assert result.stdout.strip() == expected, result.stderr
