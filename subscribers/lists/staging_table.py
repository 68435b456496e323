"""The staging table: what was read, beside the real tables and out of everybody's way.

A temporary table of this connection: it needs no transaction, so progress can be told meanwhile,
and it goes by itself when the connection ends.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache

from django.db import DatabaseError, connection

from newsroom.tokens import make_row_token
from subscribers.lists.row_validation import Judged

ROWS, CHOSEN = "import_rows", "import_chosen"
_TYPES = {
    "line": "integer",
    "agreed_at": "timestamptz",
    "asked_at": "timestamptz",
    "ip": "inet",
    "asked_ip": "inet",
}
NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_COLUMNS = ", ".join(Judged._fields)


TOKENS = ("subscriber_token", "subscription_token")
# A row token of the 122 random bits of a UUID: the least that a server without extensions has.
_MADE = "rtrim(translate(encode(uuid_send(gen_random_uuid()), 'base64'), '+/', '-_'), '=')"


def is_postgres() -> bool:
    """Say whether this is the database that millions are for."""
    return connection.vendor == "postgresql"


@contextmanager
def staging() -> Iterator[None]:
    """Make the staging table, and drop what is there at the end."""
    _drop()
    types = _TYPES if is_postgres() else {"line": "integer"}
    columns = ", ".join(f"{name} {types.get(name, 'text')}" for name in Judged._fields)
    if is_postgres():  # which has time for it while we read
        columns += "".join(f", {name} text DEFAULT {_MADE}" for name in TOKENS)
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
        lines = io.BytesIO("".join(map(_copied, rows)).encode())
        # In one piece: for each, the thread that reads ahead would keep us waiting for its turn.
        with connection.cursor() as cursor:
            cursor.copy_expert(f"COPY {ROWS} ({_COLUMNS}) FROM STDIN", lines, 1 << 26)
        return
    marks = ", ".join(["%s"] * len(Judged._fields))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {ROWS} ({_COLUMNS}) VALUES ({marks})", rows)


def settle_staging() -> None:
    """Let the planner know what there is; nobody else looks at a temporary table."""
    with connection.cursor() as cursor:
        if is_postgres():
            cursor.execute(f"ANALYZE {ROWS} (hash, reason)")
        else:
            cursor.execute(f"CREATE INDEX temp.{ROWS}_hash ON {ROWS} (hash)")


def token_columns() -> str:
    """The columns that hold the tokens of a row, or make them.

    On PostgreSQL a token begins as the salted hash does, and 98 random bits follow. Rows are
    written in the order of their hashes, so neighbours stand together in the index of tokens, too:
    entries at random places took a fifth of the whole import.
    """
    if is_postgres():
        return ", ".join(f"left(hash, 4) || substr({one}, 5) AS {one}" for one in TOKENS)
    return ", ".join(f"make_row_token() AS {one}" for one in TOKENS)


def refused_lines() -> Iterator[tuple[int, str]]:
    """Give line and reason of each row that was left out, in the order of the file."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT line, reason FROM {ROWS} WHERE reason IS NOT NULL"
            f" UNION ALL SELECT line, verdict FROM {CHOSEN} WHERE verdict <> '' ORDER BY 1"
        )
        while found := cursor.fetchmany(2_000):
            yield from found


def _copied(row: Judged) -> str:
    """Write a row as COPY reads it (PostgreSQL, COPY, text format).

    Only what people wrote can hold what must be escaped. The csv module takes thrice as long.
    """
    line, hashed, address, name, agreed, asked, source, wording, ip, asked_ip, reason = row
    if name and "\\" in name:
        name = _escaped(name)
    return (
        f"{line}\t{NULL if hashed is None else hashed}\t{NULL if address is None else address}"
        f"\t{NULL if name is None else name}\t{agreed or NULL}\t{asked or NULL}"
        f"\t{NULL if source is None else _escaped(source)}"
        f"\t{NULL if wording is None else _escaped(wording)}"
        f"\t{ip or NULL}\t{asked_ip or NULL}\t{NULL if reason is None else _escaped(reason)}\n"
    )


@lru_cache(maxsize=1 << 10)
def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def _drop() -> None:
    schema = "pg_temp" if is_postgres() else "temp"
    with connection.cursor() as cursor:
        for table in (ROWS, CHOSEN):
            cursor.execute(f"DROP TABLE IF EXISTS {schema}.{table}")
