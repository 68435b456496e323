"""The SQL of an import: validated rows into a staging table, and from there into the real ones.

A handful of statements, whatever the number of rows. The staging table is a temporary table of this
connection: it needs no transaction, so other connections can see progress meanwhile, and it is
dropped when the connection ends.

Whose rows are inserted depends on the real tables at the time of writing: nobody who unsubscribed
or is suppressed is subscribed again, and existing subscriptions are not changed. So importing the
same file twice changes nothing, and the second of two imports at once finds what the first wrote.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import DatabaseError, connection, models

from briefings.models import Briefing
from newsroom.tokens import make_row_token
from subscribers.lists.import_errors import RefusalReason
from subscribers.lists.import_plan import ImportPlan
from subscribers.lists.row_validation import ValidatedRow
from subscribers.models import (
    AddressChange,
    AddressChangeState,
    ConsentAction,
    ConsentRecord,
    Subscriber,
    Subscription,
    SubscriptionState,
    Suppression,
)
from subscribers.models.profile import PROFILE_FIELDS

ALREADY_SUBSCRIBED = ""  # an outcome, beside None for new subscribers and the refusal reasons

# The staging table, and one row for each address of it with its outcome.
_STAGED, _CLASSIFIED = "import_rows", "import_classified"
_COLUMNS = ", ".join(ValidatedRow._fields)
_VALUES = ", ".join(name for name in ValidatedRow._fields if name != "reason")
_TYPES = {
    "line": "integer",
    "agreed_at": "timestamptz",
    "asked_at": "timestamptz",
    "ip": "inet",
    "asked_ip": "inet",
}
_TOKENS = ("subscriber_token", "subscription_token")
# A row token of the 122 random bits of a UUID, made by a server without extensions.
_RANDOM_BASE64 = "rtrim(translate(encode(uuid_send(gen_random_uuid()), 'base64'), '+/', '-_'), '=')"
_NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
# The number of the advisory lock by which imports take turns; nothing else uses it.
_LOCK = 0x1157


# --- Staging


@contextmanager
def staging_table() -> Iterator[None]:
    """Create the staging table, and drop the temporary tables at the end."""
    _drop_tables()
    types = _TYPES if _is_postgres() else {"line": "integer"}
    columns = ", ".join(f"{name} {types.get(name, 'text')}" for name in ValidatedRow._fields)
    if _is_postgres():  # which has time to make tokens while we read
        columns += "".join(f", {name} text DEFAULT {_RANDOM_BASE64}" for name in _TOKENS)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {_STAGED} ({columns})")
        if not _is_postgres():
            connection.connection.create_function("make_row_token", 0, make_row_token)
    try:
        yield
    finally:
        with suppress(DatabaseError):  # the connection may be what failed
            _drop_tables()


def stage_rows(rows: list[ValidatedRow]) -> None:
    """Add rows to the staging table: COPY on PostgreSQL, one prepared statement on SQLite."""
    if _is_postgres():
        lines = io.BytesIO("".join(map(_copy_line, rows)).encode())
        # All at once: after each piece, we would have to wait for the thread that reads ahead.
        with connection.cursor() as cursor:
            cursor.copy_expert(f"COPY {_STAGED} ({_COLUMNS}) FROM STDIN", lines, 1 << 26)
        return
    placeholders = ", ".join(["%s"] * len(ValidatedRow._fields))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {_STAGED} ({_COLUMNS}) VALUES ({placeholders})", rows)


def index_staged_rows() -> None:
    """Prepare the staging table for queries; the server never analyses a temporary table itself."""
    with connection.cursor() as cursor:
        if _is_postgres():
            cursor.execute(f"ANALYZE {_STAGED} (address_hash, reason)")
        else:
            cursor.execute(f"CREATE INDEX temp.{_STAGED}_hash ON {_STAGED} (address_hash)")


def refused_lines() -> Iterator[tuple[int, str]]:
    """Yield the line and reason of each refused row, in the order of the file."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT line, reason FROM {_STAGED} WHERE reason IS NOT NULL"
            f" UNION ALL SELECT line, outcome FROM {_CLASSIFIED} WHERE outcome <> '' ORDER BY 1"
        )
        while found := cursor.fetchmany(2_000):
            yield from found


def _copy_line(row: ValidatedRow) -> str:
    """Return a row as COPY reads it (PostgreSQL, COPY, text format).

    Only text that people wrote needs escaping. The csv module takes three times as long.
    """
    name = row.name
    if name and "\\" in name:
        name = _escaped(name)
    return (
        f"{row.line}"
        f"\t{_NULL if row.address_hash is None else row.address_hash}"
        f"\t{_NULL if row.address is None else row.address}"
        f"\t{_NULL if name is None else name}"
        f"\t{row.agreed_at or _NULL}"
        f"\t{row.asked_at or _NULL}"
        f"\t{_NULL if row.source is None else _escaped(row.source)}"
        f"\t{_NULL if row.wording is None else _escaped(row.wording)}"
        f"\t{row.ip or _NULL}"
        f"\t{row.asked_ip or _NULL}"
        f"\t{_NULL if row.reason is None else _escaped(row.reason)}\n"
    )


@lru_cache(maxsize=1 << 10)
def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


# --- Writing


def take_import_lock(*, exclusive: bool = False) -> None:
    """Let imports write one after the other, until the transaction ends; readers see the old rows.

    Otherwise two imports could deadlock on each other's rows. `exclusive` keeps everybody else from
    writing subscribers meanwhile. SQLite has one writer anyway.
    """
    if not _is_postgres():
        return
    _execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    if exclusive:
        tables = ", ".join(map(_table, (Subscriber, Subscription)))
        _execute(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")
    _execute("SET LOCAL work_mem = '64MB'")
    _execute("SET LOCAL jit = off")  # compiling takes longer than it saves


def classify_addresses(briefing: Briefing, *, dry_run: bool) -> None:
    """Take the first row of each address, and give it an outcome.

    `outcome` is NULL for a new subscriber, ALREADY_SUBSCRIBED, or the reason why it is refused.
    Rows to be inserted get their ids here, so that no later statement has to look for them.
    """
    by_hash = 'address_hash COLLATE "C"' if _is_postgres() else "address_hash"
    subscriber_id = f"COALESCE(known_id, {_next_id(Subscriber)})" if not dry_run else "known_id"
    subscription_id = _next_id(Subscription) if not dry_run else "NULL"
    _execute(f"DROP TABLE IF EXISTS {_CLASSIFIED}")
    _execute(
        f"""
        CREATE TEMPORARY TABLE {_CLASSIFIED} AS
        SELECT classified.*,
               CASE WHEN outcome IS NULL THEN {subscriber_id} END AS subscriber_id,
               CASE WHEN outcome IS NULL THEN {subscription_id} END AS subscription_id
        FROM (
            SELECT listed.*, known.id AS known_id, CASE
                WHEN EXISTS (SELECT 1 FROM {_table(Suppression)} AS suppressed
                             WHERE suppressed.address_hash = listed.address_hash) THEN %s
                WHEN subscription.state = %s THEN %s
                WHEN subscription.id IS NOT NULL THEN %s
                WHEN EXISTS (SELECT 1 FROM {_STAGED} AS other
                             WHERE other.address_hash = listed.address_hash
                             AND other.reason IS NOT NULL) THEN %s
                WHEN EXISTS (SELECT 1 FROM {_table(Subscription)} AS ended
                             WHERE ended.subscriber_id = known.id AND ended.state = %s)
                     AND NOT EXISTS (SELECT 1 FROM {_table(Subscription)} AS remaining
                             WHERE remaining.subscriber_id = known.id AND remaining.state <> %s)
                     THEN %s
                WHEN known.id IS NULL AND EXISTS (
                        SELECT 1 FROM {_table(AddressChange)} AS changed
                        WHERE changed.old_address_hash = listed.address_hash
                        AND changed.state = %s) THEN %s
                END AS outcome
            FROM (
                SELECT {_VALUES}, {_token_columns()},
                       ROW_NUMBER() OVER (PARTITION BY {by_hash} ORDER BY line) AS position
                FROM {_STAGED} WHERE reason IS NULL
            ) AS listed
            LEFT JOIN {_table(Subscriber)} AS known ON known.address_hash = listed.address_hash
            LEFT JOIN {_table(Subscription)} AS subscription
                   ON subscription.subscriber_id = known.id AND subscription.briefing_id = %s
            WHERE listed.position = 1
        ) AS classified
        """,
        [
            RefusalReason.SUPPRESSED.value,
            *(SubscriptionState.UNSUBSCRIBED.value, RefusalReason.UNSUBSCRIBED_HERE.value),
            ALREADY_SUBSCRIBED,
            RefusalReason.ELSEWHERE_IN_FILE.value,
            *(SubscriptionState.UNSUBSCRIBED.value, SubscriptionState.UNSUBSCRIBED.value),
            RefusalReason.UNSUBSCRIBED_FROM_ALL.value,
            *(AddressChangeState.DONE.value, RefusalReason.ADDRESS_CHANGED.value),
            briefing.pk,
        ],
    )


def insert_new(briefing: Briefing, plan: ImportPlan, *, at: datetime) -> None:
    """Insert the new subscribers, their subscriptions, and the record of each consent.

    Raises IntegrityError when somebody else inserted one of them since they were classified.
    """
    agreed_at = ("COALESCE(agreed_at, %s)", plan.consented_on)
    _insert(
        Subscriber,
        {
            "id": "subscriber_id",
            "address": "address",
            "address_hash": "address_hash",
            **{name: f"COALESCE({name}, '')" for name in PROFILE_FIELDS},
            "token": "subscriber_token",
            "created_at": ("%s", at),
        },
        "outcome IS NULL AND known_id IS NULL",
    )
    _insert(
        Subscription,
        {
            "id": "subscription_id",
            "subscriber_id": "subscriber_id",
            "briefing_id": ("%s", briefing.pk),
            "state": ("%s", SubscriptionState.ACTIVE.value),
            "token": "subscription_token",
            "joined_at": agreed_at,
        },
        "outcome IS NULL",
    )
    _insert(
        ConsentRecord,
        {
            "subscriber_id": "subscriber_id",
            "briefing_id": ("%s", briefing.pk),
            "action": ("%s", ConsentAction.IMPORTED.value),
            "at": agreed_at,
            "asked_at": "asked_at",
            "source": ("COALESCE(source, %s)", plan.source),
            "wording": ("COALESCE(wording, %s)", plan.wording),
            "ip": "ip",
            "asked_ip": "asked_ip",
        },
        "outcome IS NULL",
    )


def withdraw_suppressed(briefing: Briefing) -> None:
    """Take back what was inserted for addresses that were suppressed since they were classified.

    An erasure does not wait for an import, so it may have found nobody to erase. The foreign keys
    are checked first. At the commit, the check would take seconds for a long list, and nobody would
    notice a suppression made in those seconds. The check cannot fail: existing subscribers are
    locked for it, and whoever was deleted before was erased and suppressed.
    """
    if not _is_postgres():  # it has one writer
        return
    # The server knows nothing about rows that are not committed, and would compare each with each.
    _execute("SET LOCAL enable_nestloop = off")
    _withdraw(briefing)
    _execute(
        f"WITH locked AS MATERIALIZED (SELECT id FROM {_table(Subscriber)} WHERE id IN"
        f" (SELECT known_id FROM {_CLASSIFIED} WHERE outcome IS NULL AND known_id IS NOT NULL)"
        " FOR KEY SHARE) SELECT COUNT(*) FROM locked"
    )
    _withdraw(briefing)
    _execute("SET CONSTRAINTS ALL IMMEDIATE")
    _withdraw(briefing)
    _execute("SET LOCAL enable_nestloop = on")


def _withdraw(briefing: Briefing) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_CLASSIFIED} SET outcome = %s WHERE outcome IS NULL AND address_hash IN"
            f" (SELECT address_hash FROM {_table(Suppression)})"
            " RETURNING subscriber_id, subscription_id, known_id",
            [RefusalReason.SUPPRESSED.value],
        )
        found = cursor.fetchall()
    if not found:
        return
    _execute(
        f"DELETE FROM {_table(ConsentRecord)}"
        " WHERE subscriber_id = ANY(%s) AND briefing_id = %s AND action = %s",
        [[row[0] for row in found], briefing.pk, ConsentAction.IMPORTED.value],
    )
    _execute(f"DELETE FROM {_table(Subscription)} WHERE id = ANY(%s)", [[row[1] for row in found]])
    new = [subscriber for subscriber, _, known in found if known is None]
    _execute(f"DELETE FROM {_table(Subscriber)} WHERE id = ANY(%s)", [new])


def count_outcomes() -> dict[str | None, int]:
    """Return the number of addresses with each outcome."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT outcome, COUNT(*) FROM {_CLASSIFIED} GROUP BY outcome")
        return dict(cursor.fetchall())


def _token_columns() -> str:
    """Return the SQL for the tokens of a row.

    On PostgreSQL a token begins as the salted hash does, and 98 random bits follow. Rows are
    inserted in the order of their hashes, so neighbours stand together in the index of tokens, too:
    entries at random places took a fifth of the whole import.
    """
    if _is_postgres():
        return ", ".join(f"left(address_hash, 4) || substr({one}, 5) AS {one}" for one in _TOKENS)
    return ", ".join(f"make_row_token() AS {one}" for one in _TOKENS)


def _insert(
    model: type[models.Model], values: Mapping[str, str | tuple[str, Any]], where: str
) -> int:
    """INSERT … SELECT from the classified rows; columns not named get their field's default."""
    columns, expressions, parameters = [], [], []
    for field in model._meta.concrete_fields:
        column = str(field.column)
        if column in values:
            value = values[column]
            expression, given = (value, []) if isinstance(value, str) else (value[0], [value[1]])
        elif field.primary_key:
            continue
        else:
            expression, given = "%s", [field.get_default()]
        if given and _is_postgres():  # it does not guess the type of a parameter in a SELECT
            expression = f"CAST({expression} AS {field.db_type(connection)})"
        columns.append(connection.ops.quote_name(column))
        expressions.append(expression)
        parameters += [field.get_db_prep_save(one, connection) for one in given]
    return _execute(
        f"INSERT INTO {_table(model)} ({', '.join(columns)})"
        f" SELECT {', '.join(expressions)} FROM {_CLASSIFIED} WHERE {where}",
        parameters,
    )


def _next_id(model: type[models.Model]) -> str:
    table = model._meta.db_table
    if _is_postgres():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
            return f"nextval('{cursor.fetchone()[0]}')"
    # SQLite has one writer, and this is it; ids of deleted rows are not used again.
    return (
        f"(SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = '{table}')"
        " + ROW_NUMBER() OVER (ORDER BY line)"
    )


# --- Both


def _is_postgres() -> bool:
    return connection.vendor == "postgresql"


def _execute(statement: str, parameters: list[Any] | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _drop_tables() -> None:
    schema = "pg_temp" if _is_postgres() else "temp"
    for table in (_STAGED, _CLASSIFIED):
        _execute(f"DROP TABLE IF EXISTS {schema}.{table}")
