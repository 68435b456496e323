"""Lists of a million rows: counted well enough for page numbers, never row by row."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db import connections
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

COUNT_AT_MOST = 10_000


class EstimatingPaginator(Paginator[Any]):
    """Counts up to 10,000; of a whole table beyond that PostgreSQL's statistics know the size.

    A search or filter that finds more shows its first 10,000.
    """

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        assert isinstance(rows, QuerySet)  # noqa: S101  (for the type: the desk lists nothing else)
        counted = rows.order_by()[: COUNT_AT_MOST + 1].count()
        if counted <= COUNT_AT_MOST:
            return counted
        if rows.query.where:
            return COUNT_AT_MOST
        return max(counted, _estimate(rows))


def _estimate(rows: QuerySet[Any]) -> int:
    """How many rows PostgreSQL believes a table has; 0 where nobody knows."""
    connection = connections[rows.db]
    if connection.vendor != "postgresql":
        return rows.count()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass",
            [rows.model._meta.db_table],
        )
        [estimate] = cursor.fetchone()
    return int(estimate)


class ReadOnlyAdminMixin:
    """What only readers themselves may change; staff can see it."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody is put on a list by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyInlineMixin(ReadOnlyAdminMixin):
    """Rows that whoever may see their page may see: a reader without what they take says little."""

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True


class LargeTableAdminMixin:
    """A list that stays quick however long it grows."""

    paginator: type = EstimatingPaginator
    show_full_result_count = False
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
