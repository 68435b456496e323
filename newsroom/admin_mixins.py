"""Mixins for Django's admin: read-only pages, filters of lists, and lists of very large tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import connections
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    Admin = ModelAdmin[Model]
else:
    Admin = object

# A read-only inline as a table without a form.
READ_ONLY_ROWS = "admin/_read_only_rows.html"
MAX_EXACT_COUNT = 10_000
DATE_PARTS = ("year", "month", "day")
# Where a request keeps what to say instead of Django's next message.
IN_OUR_WORDS = "newsroom.in_our_words"


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


class DeclaredFiltersMixin(Admin):
    """Lets a list's address filter only by what the list declares: its filters and its dates.

    Django's own admin takes any column of the model there. With `?token__regex=^a` and its like,
    anybody who sees a list could read columns that it does not show, one character at a time.
    `NewsroomAdminSite` gives this mixin to every admin; other addresses are answered with 400.
    """

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return request is not None and lookup in set(self._declared_lookups(request))

    def _declared_lookups(self, request: HttpRequest) -> Iterator[str]:
        """Yield the parameters that the filters and the date hierarchy write into addresses."""
        if self.date_hierarchy:
            yield from (f"{self.date_hierarchy}__{part}" for part in DATE_PARTS)
        for declared in self.get_list_filter(request):
            if isinstance(declared, type) and issubclass(declared, admin.SimpleListFilter):
                yield str(declared.parameter_name)
                continue
            path: Any = declared
            make: Any = admin.FieldListFilter.create
            if isinstance(declared, tuple | list):
                path, make = declared
            field: Any = get_fields_from_path(self.model, path)[-1]
            chosen = make(field, request, {}, self.model, self, field_path=path)
            yield from (name for name in chosen.expected_parameters() if name)


class PlainMessagesMixin(Admin):
    """Says in few words that a row was saved or deleted; Django's sentences name it at length.

    `NewsroomAdminSite` gives this mixin to every admin.
    """

    def response_add(self, request: HttpRequest, obj: Any, *args: Any, **kwargs: Any) -> Any:
        with _said_as(request, "Saved."):
            return super().response_add(request, obj, *args, **kwargs)

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        with _said_as(request, "Saved."):
            return super().response_change(request, obj)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> Any:
        with _said_as(request, f"Deleted “{obj_display}”."):
            return super().response_delete(request, obj_display, obj_id)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete the rows that were ticked in the list; the action says so afterwards."""
        request.META[IN_OUR_WORDS] = f"Deleted {queryset.count():,}."
        super().delete_queryset(request, queryset)

    def message_user(self, request: HttpRequest, message: Any, *args: Any, **kwargs: Any) -> None:
        """Add Django's message to the page, in our own words where they wait for it."""
        super().message_user(request, request.META.pop(IN_OUR_WORDS, message), *args, **kwargs)

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> Any:
        words = f"There is no {opts.verbose_name} {object_id}. Perhaps it was deleted."
        with _said_as(request, words):
            return super()._get_obj_does_not_exist_redirect(request, opts, object_id)  # type: ignore[misc]  # not in the stubs


@contextmanager
def _said_as(request: HttpRequest, words: str) -> Iterator[None]:
    """Put our words in place of the first message that Django adds meanwhile, and of no other."""
    request.META[IN_OUR_WORDS] = words
    try:
        yield
    finally:
        request.META.pop(IN_OUR_WORDS, None)


class RefusedRowsMixin:
    """For a list that shows people only some rows: the page of another row is refused with 403.

    Django would say that it does not exist, which sends people looking for what is there.
    """

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Return the row; raise PermissionDenied if it exists, but not for this person."""
        found = super().get_object(request, object_id, from_field)  # type: ignore[misc]  # the admin class follows
        if found is None and self._exists(object_id):
            raise PermissionDenied
        return found

    def _exists(self, object_id: str) -> bool:
        model: type[Model] = self.model  # type: ignore[attr-defined]  # the admin class follows
        try:
            return model._base_manager.filter(pk=object_id).exists()
        except (ValueError, ValidationError):
            return False


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
