"""Tests that commit end with empty tables, except for rows that belong to the code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.core.management.commands import flush
from django.core.management.sql import emit_post_migrate_signal


@contextmanager
def standing_rows_are_kept() -> Iterator[None]:
    """Keep groups and permissions: making them again takes longer than emptying all tables.

    If a test changed them, they are made again.
    """
    from django.contrib.auth.models import Group, Permission
    from django.contrib.contenttypes.models import ContentType

    in_groups = Group.permissions.through
    standing = {model._meta.db_table for model in (ContentType, Permission, Group, in_groups)}

    def rows() -> list[set[tuple[Any, ...]]]:
        return [
            set(Permission.objects.values_list("pk", "codename")),
            set(Group.objects.values_list("pk", "name")),
            set(in_groups.objects.values_list("group_id", "permission_id")),
        ]

    first = rows()
    is_changed = False

    def sql_flush(style: Any, connection: Any, **options: Any) -> list[str]:
        nonlocal is_changed
        is_changed = rows() != first
        tables = connection.introspection.django_table_names(only_existing=True)
        emptied = [table for table in tables if is_changed or table not in standing]
        return list(connection.ops.sql_flush(style, emptied, **options))

    def make_again(*args: Any, **options: Any) -> None:
        nonlocal first
        if is_changed:
            emit_post_migrate_signal(*args, **options)
            first = rows()

    with (
        mock.patch.object(flush, "sql_flush", sql_flush),
        mock.patch.object(flush, "emit_post_migrate_signal", make_again),
    ):
        yield
