"""Columns and fields of the admin have headings for people: “Created”, not “Created at”."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten, label_for_field

from tests.source_files import APPS


def headings() -> Iterator[tuple[str, str]]:
    """Yield the place and the words of each heading on the admin pages of our models."""
    for model, page in admin.site._registry.items():
        if model._meta.app_label not in APPS:
            continue
        yield from _labels(page, [*page.list_display, *page.readonly_fields])
        for inline in page.inlines:
            yield from _labels(inline, [*(inline.fields or ()), *inline.readonly_fields])


def _labels(page: Any, names: list[Any]) -> Iterator[tuple[str, str]]:
    form = getattr(page, "form", None)
    where = getattr(page, "__name__", type(page).__name__)
    for name in flatten(names):
        if name not in getattr(form, "declared_fields", {}):
            yield f"{where}: {name}", str(label_for_field(name, page.model, page))


def test_no_heading_is_the_name_of_a_column_of_the_database() -> None:
    found = dict(headings())
    assert len(found) > 30
    culprits = {where: words for where, words in found.items() if re.search(r"\bat$|_", words)}
    assert culprits == {}
