"""Tables of figures in plain text: in columns where they fit, row by row where they do not."""

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
    """A table's row: what its cells say, each on one line."""

    cells: list[str]
    is_head: bool


def text_table(rows: Sequence[Row], *, width: int) -> str:
    """Set a table in at most `width` columns."""
    if not rows:
        return ""
    grid = [list(column) for column in zip_longest(*(row.cells for row in rows), fillvalue="")]
    sizes = [max(map(columns, column)) for column in grid]
    if sum(sizes) + len(_GAP) * (len(sizes) - 1) <= width:
        return _in_columns(rows, grid, sizes)
    return _row_by_row(rows, width=width)


def _in_columns(rows: Sequence[Row], grid: list[list[str]], sizes: list[int]) -> str:
    body = [number for number, row in enumerate(rows) if not row.is_head]
    rightward = [_are_figures([column[number] for number in body]) for column in grid]
    lines: list[str] = []
    for number, row in enumerate(rows):
        cells = [
            _pad(column[number], size, rightward=right)
            for column, size, right in zip(grid, sizes, rightward, strict=True)
        ]
        lines.append(_GAP.join(cells).rstrip())
        if row.is_head and number + 1 in body:
            lines.append(_GAP.join("-" * size for size in sizes))
    return "\n".join(lines)


def _row_by_row(rows: Sequence[Row], *, width: int) -> str:
    """Say each row as 'heading: cell' lines under its first cell."""
    heads = next((row.cells for row in rows if row.is_head), [])
    said: list[str] = []
    for row in rows:
        if row.is_head:
            continue
        lines = [
            _hang(f"{head}: {cell}" if head else cell, width=width, first=not number)
            for number, (head, cell) in enumerate(zip_longest(heads, row.cells, fillvalue=""))
            if cell
        ]
        said.append("\n".join(lines))
    return "\n\n".join(said) or wrap_text(" / ".join(heads), width=width)


def _hang(words: str, *, width: int, first: bool) -> str:
    lines = wrap_text(words, width=width - 4).split("\n")
    opening = "" if first else "  "
    return "\n".join([opening + lines[0], *(f"    {line}" for line in lines[1:])])


def _are_figures(cells: list[str]) -> bool:
    said = [cell for cell in cells if cell]
    return bool(said) and all(_FIGURE.fullmatch(cell) for cell in said)


def _pad(words: str, size: int, *, rightward: bool) -> str:
    blank = " " * (size - columns(words))
    return blank + words if rightward else words + blank
