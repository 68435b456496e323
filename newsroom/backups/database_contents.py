"""What a database holds, as a manifest says it, and a restored one is compared with it."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.apps import apps
from django.db import connection


class Contents(NamedTuple):
    """Counts of rows by table, the migrations that were applied, and the epoch."""

    version: str
    rows: dict[str, int]
    migrations: list[str]
    epoch: dict[str, Any]


def contents_of(cursor: Any) -> Contents:
    """Read a database through a cursor, which may be of another connection than Django's."""
    rows = {}
    for table in sorted(_our_tables(cursor)):
        cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608  (a name of ours)
        [rows[table]] = cursor.fetchone()
    cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
    migrations = [f"{app}.{name}" for app, name in cursor.fetchall()]
    cursor.execute("SELECT name, counter FROM newsroom_databaseepoch")
    epochs = [{"name": name, "counter": counter} for name, counter in cursor.fetchall()]
    is_postgres = connection.vendor == "postgresql"
    cursor.execute("SHOW server_version" if is_postgres else "SELECT sqlite_version()")
    [version] = cursor.fetchone()
    return Contents(version, rows, migrations, epochs[0] if epochs else {})


def _our_tables(cursor: Any) -> set[str]:
    if connection.vendor == "postgresql":
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    else:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    found = {name for (name,) in cursor.fetchall()}
    models = apps.get_models(include_auto_created=True)
    return found & {"django_migrations", *(model._meta.db_table for model in models)}
