"""From the staging table into the real ones: a handful of statements, whatever the number of rows.

Who is written is decided by what stands in the tables at this moment: nobody who left or is
suppressed comes back, and who is there already is left as they are. So the same file twice changes
nothing, and of two imports at once the second finds what the first wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, models

from briefings.models import Briefing
from subscribers.lists.import_errors import Reason
from subscribers.lists.import_plan import Plan
from subscribers.lists.staging_table import CHOSEN, ROWS, is_postgres, token_columns
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

# Any number of our own: two imports wait for each other by it, and nobody else does.
_LOCK = 0x1157
THERE_ALREADY = ""


def take_turns(*, alone: bool = False) -> None:
    """Let imports write one after the other, until the transaction ends; readers see the old rows.

    They would otherwise wait for each other's rows crosswise. `alone` keeps all others from
    writing subscribers meanwhile. SQLite has one writer anyway.
    """
    if not is_postgres():
        return
    _execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    if alone:
        tables = ", ".join(map(_table, (Subscriber, Subscription)))
        _execute(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")
    _execute("SET LOCAL work_mem = '64MB'")
    _execute("SET LOCAL jit = off")  # compiling takes longer than it saves


def wait_for_imports() -> None:
    """Let no import write until this transaction ends, and those that write come to their end."""
    if is_postgres():
        _execute("SELECT pg_advisory_xact_lock_shared(%s)", [_LOCK])


def choose(briefing: Briefing, *, dry_run: bool) -> None:
    """Take the first row of each address, and decide about it.

    `verdict` is NULL for who will be written, empty for who is there already, else the reason.
    Rows to be written get their numbers here, so that no later statement has to look for them.
    """
    by_hash = 'hash COLLATE "C"' if is_postgres() else "hash"
    subscriber_id = f"COALESCE(known_id, {_next_id(Subscriber)})" if not dry_run else "known_id"
    subscription_id = _next_id(Subscription) if not dry_run else "NULL"
    _execute(f"DROP TABLE IF EXISTS {CHOSEN}")
    _execute(
        f"""
        CREATE TEMPORARY TABLE {CHOSEN} AS
        SELECT judged.*,
               CASE WHEN verdict IS NULL THEN {subscriber_id} END AS subscriber_id,
               CASE WHEN verdict IS NULL THEN {subscription_id} END AS subscription_id
        FROM (
            SELECT listed.*, known.id AS known_id, CASE
                WHEN EXISTS (SELECT 1 FROM {_table(Suppression)} AS barred
                             WHERE barred.address_hash = listed.hash) THEN %s
                WHEN mine.state = %s THEN %s
                WHEN mine.id IS NOT NULL THEN %s
                WHEN EXISTS (SELECT 1 FROM {ROWS} AS other WHERE other.hash = listed.hash
                             AND other.reason IS NOT NULL) THEN %s
                WHEN EXISTS (SELECT 1 FROM {_table(Subscription)} AS past
                             WHERE past.subscriber_id = known.id AND past.state = %s)
                     AND NOT EXISTS (SELECT 1 FROM {_table(Subscription)} AS present
                             WHERE present.subscriber_id = known.id AND present.state <> %s)
                     THEN %s
                WHEN known.id IS NULL AND EXISTS (
                        SELECT 1 FROM {_table(AddressChange)} AS moved
                        WHERE moved.old_address_hash = listed.hash AND moved.state = %s) THEN %s
                END AS verdict
            FROM (
                SELECT line, hash, address, name, agreed_at, asked_at, source, wording, ip,
                       asked_ip, {token_columns()},
                       ROW_NUMBER() OVER (PARTITION BY {by_hash} ORDER BY line) AS place
                FROM {ROWS} WHERE reason IS NULL
            ) AS listed
            LEFT JOIN {_table(Subscriber)} AS known ON known.address_hash = listed.hash
            LEFT JOIN {_table(Subscription)} AS mine
                   ON mine.subscriber_id = known.id AND mine.briefing_id = %s
            WHERE listed.place = 1
        ) AS judged
        """,
        [
            Reason.SUPPRESSED.value,
            *(SubscriptionState.LEFT.value, Reason.LEFT.value),
            THERE_ALREADY,
            Reason.ELSEWHERE_IN_FILE.value,
            *(SubscriptionState.LEFT.value, SubscriptionState.LEFT.value, Reason.LEFT_ALL.value),
            *(AddressChangeState.DONE.value, Reason.MOVED.value),
            briefing.pk,
        ],
    )


def write(briefing: Briefing, plan: Plan, *, at: datetime) -> None:
    """Write who was chosen: subscribers, subscriptions, and the record of each consent.

    Raises IntegrityError when somebody else wrote one of them since they were chosen.
    """
    agreed = ("COALESCE(agreed_at, %s)", plan.consented_on)
    _insert(
        Subscriber,
        {
            "id": "subscriber_id",
            "address": "address",
            "address_hash": "hash",
            "name": "COALESCE(name, '')",
            "token": "subscriber_token",
            "created_at": ("%s", at),
        },
        "verdict IS NULL AND known_id IS NULL",
    )
    _insert(
        Subscription,
        {
            "id": "subscription_id",
            "subscriber_id": "subscriber_id",
            "briefing_id": ("%s", briefing.pk),
            "state": ("%s", SubscriptionState.ACTIVE.value),
            "token": "subscription_token",
            "joined_at": agreed,
        },
        "verdict IS NULL",
    )
    _insert(
        ConsentRecord,
        {
            "subscriber_id": "subscriber_id",
            "briefing_id": ("%s", briefing.pk),
            "action": ("%s", ConsentAction.IMPORTED.value),
            "at": agreed,
            "asked_at": "asked_at",
            "source": ("COALESCE(source, %s)", plan.source),
            "wording": ("COALESCE(wording, %s)", plan.wording),
            "ip": "ip",
            "asked_ip": "asked_ip",
        },
        "verdict IS NULL",
    )


def verdicts() -> dict[str | None, int]:
    """Count addresses by what was decided about them."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT verdict, COUNT(*) FROM {CHOSEN} GROUP BY verdict")
        return dict(cursor.fetchall())


def _insert(
    model: type[models.Model], values: Mapping[str, str | tuple[str, Any]], where: str
) -> int:
    """INSERT … SELECT from the chosen rows; columns not named get their field's default."""
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
        if given and is_postgres():  # it does not guess the type of a parameter in a SELECT
            expression = f"CAST({expression} AS {field.db_type(connection)})"
        columns.append(connection.ops.quote_name(column))
        expressions.append(expression)
        parameters += [field.get_db_prep_save(one, connection) for one in given]
    return _execute(
        f"INSERT INTO {_table(model)} ({', '.join(columns)})"
        f" SELECT {', '.join(expressions)} FROM {CHOSEN} WHERE {where}",
        parameters,
    )


def _execute(statement: str, parameters: list[Any] | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _next_id(model: type[models.Model]) -> str:
    table = model._meta.db_table
    if is_postgres():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
            return f"nextval('{cursor.fetchone()[0]}')"
    # SQLite has one writer, and this is it; numbers of deleted rows are not used again.
    return (
        f"(SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = '{table}')"
        " + ROW_NUMBER() OVER (ORDER BY line)"
    )
