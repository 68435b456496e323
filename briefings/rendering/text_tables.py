"""Tables in plain text: in columns where they fit, row by row where they do not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from briefings.rendering.text_wrap import columns, wrap_text

_FIGURE = re.compile(r"[-+−–±~<>≤≥]?\s?[£$€¥]?[\d.,\s\u00a0]+\s?(?:%|‰|[kKmM]|bn|m|st|nd|rd|th)?")
_GAP = "   "


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a table; the text of each cell is on one line."""

    cells: list[str]
    is_header: bool


def text_table(rows: Sequence[Row], *, width: int) -> str:
    """Return a table in at most `width` columns."""
    if not rows:
        return ""
    grid = [list(column) for column in zip_longest(*(row.cells for row in rows), fillvalue="")]
    sizes = [max(map(columns, column)) for column in grid]
    if sum(sizes) + len(_GAP) * (len(sizes) - 1) <= width:
        return _in_columns(rows, grid, sizes)
    return _row_by_row(rows, width=width)


def _in_columns(rows: Sequence[Row], grid: list[list[str]], sizes: list[int]) -> str:
    body = [number for number, row in enumerate(rows) if not row.is_header]
    right_aligned = [_are_figures([column[number] for number in body]) for column in grid]
    lines: list[str] = []
    for number, row in enumerate(rows):
        cells = [
            _pad(column[number], size, right_aligned=right)
            for column, size, right in zip(grid, sizes, right_aligned, strict=True)
        ]
        lines.append(_GAP.join(cells).rstrip())
        if row.is_header and number + 1 in body:
            lines.append(_GAP.join("-" * size for size in sizes))
    return "\n".join(lines)


def _row_by_row(rows: Sequence[Row], *, width: int) -> str:
    """Return each row as 'heading: cell' lines under its first cell."""
    headings = next((row.cells for row in rows if row.is_header), [])
    entries: list[str] = []
    for row in rows:
        if row.is_header:
            continue
        lines = [
            _hanging(f"{heading}: {cell}" if heading else cell, width=width, first=not number)
            for number, (heading, cell) in enumerate(zip_longest(headings, row.cells, fillvalue=""))
            if cell
        ]
        entries.append("\n".join(lines))
    return "\n\n".join(entries) or wrap_text(" / ".join(headings), width=width)


def _hanging(words: str, *, width: int, first: bool) -> str:
    lines = wrap_text(words, width=width - 4).split("\n")
    opening = "" if first else "  "
    return "\n".join([opening + lines[0], *(f"    {line}" for line in lines[1:])])


def _are_figures(cells: list[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(_FIGURE.fullmatch(cell) for cell in filled)


def _pad(words: str, size: int, *, right_aligned: bool) -> str:
    blank = " " * (size - columns(words))
    return blank + words if right_aligned else words + blank
