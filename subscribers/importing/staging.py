"""The staging table: what was read, beside the real tables and out of everybody's way.

A temporary table of this connection: it needs no transaction, so progress can be told meanwhile,
and it goes by itself when the connection ends.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, connection

from newsroom.tokens import make_row_token
from subscribers.importing.judging import Judged

ROWS, CHOSEN = "import_rows", "import_chosen"
_TYPES = {
    "line": "integer",
    "agreed_at": "timestamptz",
    "asked_at": "timestamptz",
    "ip": "inet",
    "asked_ip": "inet",
}
_COLUMNS = ", ".join(Judged._fields)


def is_postgres() -> bool:
    """Say whether this is the database that millions are for."""
    return connection.vendor == "postgresql"


@contextmanager
def staging() -> Iterator[None]:
    """Make the staging table, and drop what is there at the end."""
    _drop()
    types = _TYPES if is_postgres() else {"line": "integer"}
    columns = ", ".join(f"{name} {types.get(name, 'text')}" for name in Judged._fields)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {ROWS} ({columns})")
        if not is_postgres():
            connection.connection.create_function("make_row_token", 0, make_row_token)
    try:
        yield
    finally:
        with suppress(DatabaseError):  # the connection may be what failed
            _drop()


def stage(rows: list[Judged]) -> None:
    """Add rows: COPY on PostgreSQL, one prepared statement elsewhere."""
    if is_postgres():
        # An empty text and NULL are the same here: whatever may be empty is given back as ''.
        lines = io.StringIO()
        csv.writer(lines).writerows(rows)
        lines.seek(0)
        with connection.cursor() as cursor:
            cursor.copy_expert(f"COPY {ROWS} ({_COLUMNS}) FROM STDIN (FORMAT csv)", lines, 1 << 17)
        return
    marks = ", ".join(["%s"] * len(Judged._fields))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {ROWS} ({_COLUMNS}) VALUES ({marks})", rows)  # noqa: S608  (names of our own)


def settle_staging() -> None:
    """Let the planner know what there is; nobody else looks at a temporary table."""
    with connection.cursor() as cursor:
        if is_postgres():
            cursor.execute(f"ANALYZE {ROWS} (hash, reason)")
        else:
            cursor.execute(f"CREATE INDEX temp.{ROWS}_hash ON {ROWS} (hash)")


def refused_lines() -> Iterator[tuple[int, str]]:
    """Give line and reason of each row that was left out, in the order of the file."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT line, reason FROM {ROWS} WHERE reason IS NOT NULL"
            f" UNION ALL SELECT line, verdict FROM {CHOSEN} WHERE verdict <> '' ORDER BY 1"
        )
        while found := cursor.fetchmany(2_000):
            yield from found


def _drop() -> None:
    schema = "pg_temp" if is_postgres() else "temp"
    with connection.cursor() as cursor:
        for table in (ROWS, CHOSEN):
            cursor.execute(f"DROP TABLE IF EXISTS {schema}.{table}")
