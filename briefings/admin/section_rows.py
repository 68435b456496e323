"""The rows of sections in the data of an issue's form, as plain dictionaries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from briefings.admin.form_fields import parse_key
from briefings.models import SectionKind
from briefings.questions.question_words import question_of_row, row_of_question
from briefings.richtext import sanitise
from briefings.roundup_items import add_item, read_item

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from zoneinfo import ZoneInfo

    from django.http import QueryDict

# What the names of the sections' fields begin with.
SECTION_PREFIX = "sections"
# The fields of a new item of a round-up, which becomes part of the section's text.
ITEM_FIELDS = ("item_title", "item_link", "item_outlet", "item_text")


def read_rows(data: QueryDict, *, prefix: str) -> list[dict[str, str]]:
    """Return the posted rows in the order of the page, each as {name of the field: value}.

    The rows are counted again, so that a wrong count loses none. Several values of one field are
    joined with commas.
    """
    field = re.compile(rf"^{re.escape(prefix)}-(\d{{1,5}})-(\w+)$")
    rows: dict[int, dict[str, str]] = {}
    for key in data:
        if found := field.match(key):
            rows.setdefault(int(found[1]), {})[found[2]] = ",".join(map(str, data.getlist(key)))
    in_order = sorted(rows.items(), key=lambda row: place_of(row[1], row[0]))
    return [_with_new_item(row) for _, row in in_order]


def _with_new_item(row: dict[str, str]) -> dict[str, str]:
    """Return a row with what was entered under “Add an item” as an item of its text."""
    kept = {name: value for name, value in row.items() if name not in ITEM_FIELDS}
    item = read_item(*(row.get(name, "") for name in ITEM_FIELDS))
    if item.is_empty or row.get("DELETE"):
        return kept
    return {**kept, "body": add_item(sanitise(row.get("body", "")), item)}


def place_of(row: dict[str, str], index: int) -> tuple[float, int]:
    """Sort by place; rows without a valid one come last, in the order of the form."""
    place = row.get("place", "")
    return (int(place[:6]) if place.isascii() and place.isdigit() else 1e9, index)


def write_rows(
    data: QueryDict, rows: Sequence[dict[str, str]], *, prefix: str, existing: int
) -> None:
    """Replace the posted rows; the first `existing` ones are sections that the issue has."""
    for key in [key for key in data if key.startswith(f"{prefix}-")]:
        del data[key]
    for index, row in enumerate(rows):
        for name, value in row.items():
            data[f"{prefix}-{index}-{name}"] = value
    data[f"{prefix}-TOTAL_FORMS"] = str(len(rows))
    data[f"{prefix}-INITIAL_FORMS"] = str(existing)


def words_of_row(row: dict[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """Return the words of a posted row as a revision keeps them; times in it are in the zone."""
    kind = row.get("kind", "")
    sisters = parse_sisters(row.get("sisters", "")) if kind == SectionKind.SISTERS else []
    return {
        "kind": kind,
        "heading": row.get("heading", "").strip(),
        "body": sanitise(row.get("body", "")),
        **({"sisters": sisters} if sisters else {}),
        **(question_of_row(row, zone) if kind == SectionKind.QUESTION else {}),
    }


def row_of_words(words: dict[str, Any], zone: ZoneInfo) -> dict[str, str]:
    """Return the fields of a row for the words of a revision."""
    row = {name: words.get(name, "") for name in ("kind", "heading", "body")}
    sisters = write_sisters(words.get("sisters", []))
    return {**row, "sisters": sisters, **row_of_question(words, zone)}


def parse_sisters(written: object) -> list[int]:
    """Return the keys of briefings in a field of the form, sorted, each once."""
    return sorted({parse_key(key.strip()) for key in str(written or "").split(",")} - {0})


def write_sisters(keys: Iterable[int]) -> str:
    """Return keys of briefings as a field of the form holds them."""
    return ",".join(map(str, keys))


def put_rows_in_order(data: QueryDict, *, prefix: str, known: Collection[int]) -> QueryDict:
    """Return the posted data with its rows as a formset wants them: existing ones, then new ones.

    A row whose section is gone, or belongs to another issue, becomes a new row with the same text.
    `known` are the keys of the issue's sections.
    """
    existing: list[dict[str, str]] = []
    new: list[dict[str, str]] = []
    seen: set[str] = set()
    for row in read_rows(data, prefix=prefix):
        pk = row.get("id", "")
        if pk.isascii() and pk.isdigit() and int(pk) in known and pk not in seen:
            seen.add(pk)
            existing.append(row)
        else:
            new.append({**row, "id": ""})
    write_rows(data, [*existing, *new], prefix=prefix, existing=len(existing))
    return data
