"""Mixins for Django's admin: read-only pages, and lists of very large tables."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db import connections
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

MAX_EXACT_COUNT = 10_000


class EstimatingPaginator(Paginator[Any]):
    """Counts at most 10,001 rows, because counting a million takes longer than showing a page.

    For a whole table with more rows, the count is PostgreSQL's estimate. A search or filter that
    finds more shows the first 10,000.
    """

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        assert isinstance(rows, QuerySet)  # noqa: S101  (for the type: the admin lists nothing else)
        counted = rows.order_by()[: MAX_EXACT_COUNT + 1].count()
        if counted <= MAX_EXACT_COUNT:
            return counted
        if rows.query.where:
            return MAX_EXACT_COUNT
        return max(counted, _estimate_count(rows))


def _estimate_count(rows: QuerySet[Any]) -> int:
    """Return PostgreSQL's estimate of a table's size; other databases count the rows."""
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
    """For rows that staff can see and only the readers themselves change."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether staff may add rows by hand: never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyInlineMixin(ReadOnlyAdminMixin):
    """For rows shown on another row's page: whoever may see that page sees them too."""

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True


class LargeTableAdminMixin:
    """Keeps the list of a very large table fast."""

    paginator: type = EstimatingPaginator
    show_full_result_count = False
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
