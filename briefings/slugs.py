"""Slugs for names in any script: addresses use the Latin alphabet only."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from django.utils.text import slugify

if TYPE_CHECKING:
    from django.db.models import Model

MAX_CHARS = 40


def free_slug(row: Model, name: str, *, otherwise: str) -> str:
    """Return a slug that no other row of this model has, made of a name.

    A name in another script, such as 李小龍, gets the word `otherwise` and a number.
    """
    stem = slugify(name)[:MAX_CHARS].strip("-_")
    others = type(row)._default_manager.exclude(pk=row.pk)
    taken = set(others.filter(slug__startswith=stem or otherwise).values_list("slug", flat=True))
    if stem and stem not in taken:
        return stem
    numbers = count(2 if stem else 1)
    return next(
        slug for number in numbers if (slug := f"{stem or otherwise}-{number}") not in taken
    )
