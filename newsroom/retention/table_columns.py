"""The tables and columns that exist: in the models (for checks) and in the database itself."""

from __future__ import annotations

import re

from django.apps import apps
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model

# Search indexes, which the database itself makes of columns that have an entry.
SEARCH_INDEX_TABLE = re.compile(r"search_index_\w+")
SEARCH_INDEX_COLUMN = "search_vector"
# Tables of a package that we no longer use. Our migration has emptied them; the next release drops
# them, when nobody returns to a version that needs them.
LEFT_BEHIND = re.compile(r"axes_access\w+")


def columns_of_models() -> dict[str, set[str]]:
    """Return the columns of each table according to the installed apps."""
    tables = {table: columns_of(model) for table, model in models_by_table().items()}
    migrations: type[Model] = MigrationRecorder.Migration
    return {**tables, migrations._meta.db_table: columns_of(migrations)}


def columns_of_database() -> dict[str, set[str]]:
    """Return the columns of each table in the database, including tables without a model.

    Search indexes are left out: what is deleted from their table is deleted from them. So are empty
    tables of a package that is gone.
    """
    with connection.cursor() as cursor:
        introspection = connection.introspection
        return {
            table: {column.name for column in introspection.get_table_description(cursor, table)}
            - {SEARCH_INDEX_COLUMN}
            for table in introspection.table_names(cursor)
            if not (SEARCH_INDEX_TABLE.fullmatch(table) or LEFT_BEHIND.fullmatch(table))
        }


def models_by_table() -> dict[str, type[Model]]:
    """Return the model of each table that has one."""
    models = apps.get_models(include_auto_created=True)
    return {model._meta.db_table: model for model in models if not model._meta.proxy}


def columns_of(model: type[Model]) -> set[str]:
    """Return the columns of a model's own table."""
    return {field.column for field in model._meta.local_concrete_fields if field.column}
