"""Finding rows by a subscriber's address."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from subscribers.models.address_hash import hash_address


def search_address(rows: QuerySet[Any], typed: str) -> QuerySet[Any]:
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
