"""Which columns there are: in the models, for a check; in the database, for the one who deletes."""

from __future__ import annotations

from django.apps import apps
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model


def columns_of_models() -> dict[str, set[str]]:
    """Tables and columns as the installed apps describe them."""
    tables = {table: columns_of(model) for table, model in models_by_table().items()}
    bookkeeping: type[Model] = MigrationRecorder.Migration
    return {**tables, bookkeeping._meta.db_table: columns_of(bookkeeping)}


def columns_of_database() -> dict[str, set[str]]:
    """Tables and columns as the database has them, made by whomever."""
    with connection.cursor() as cursor:
        look = connection.introspection
        return {
            table: {column.name for column in look.get_table_description(cursor, table)}
            for table in look.table_names(cursor)
        }


def models_by_table() -> dict[str, type[Model]]:
    """The model of each table that has one."""
    found = apps.get_models(include_auto_created=True)
    return {model._meta.db_table: model for model in found if not model._meta.proxy}


def columns_of(model: type[Model]) -> set[str]:
    """The columns of a model's own table."""
    return {field.column for field in model._meta.local_concrete_fields if field.column}
