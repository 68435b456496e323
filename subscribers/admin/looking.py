"""Looking without touching, and finding people by their address."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from subscribers.admin.counting import RoughPaginator
from subscribers.hashing import hash_address


class LookOnly:
    """What only readers themselves may change; staff can see it."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody is put on a list by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class LookedAtTogether(LookOnly):
    """Rows that whoever may see their page may see: a reader without what they take says little."""

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True


class LongList:
    """A list that stays quick however long it grows."""

    paginator: type = RoughPaginator
    show_full_result_count = False
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER


def find_address(rows: QuerySet[Any], typed: str) -> QuerySet[Any]:
    """Find rows with a column `address` and its hash by a whole address, its beginning or its host.

    A whole address is found in any spelling. The beginning is found by the index, so it is looked
    for as typed, in small letters and with a capital.
    """
    typed = typed.strip()
    if typed.startswith("@"):
        return rows.filter(address__endswith=typed.lower())
    found = Q()
    for spelling in {typed, typed.lower(), typed.capitalize()}:
        found |= Q(address__startswith=spelling)
    if "@" in typed:
        found |= Q(address_hash=hash_address(typed))
    return rows.filter(found)
