"""The admin's search for an address."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from subscribers.models.address_hash import hash_address


def search_address(rows: QuerySet[Any], typed: str) -> QuerySet[Any]:
    """Return the rows with an address like the one typed: whole, its beginning, or `@domain`.

    `rows` needs the columns `address` and `address_hash`. A whole address is found however it is
    spelt. A beginning is looked up in the index, so only as typed, in lower case and capitalised.
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
