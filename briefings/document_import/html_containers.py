"""Make lists, tables and quotations of what stands inside their elements in HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from briefings.document_import.blocks import (
    Block,
    BlockQuote,
    Cell,
    ListBlock,
    Paragraph,
    Preformatted,
    RichText,
    SourceRole,
    Table,
    join,
    text_of,
)
from briefings.document_import.lines import collect_lists
from briefings.richtext import NUMBER_TYPES
from newsroom.html_tree import LISTS, Element

MAX_SPAN = 100
MAX_NUMBER = 100_000
_NOTE_IDS = ("footnote-", "endnote-")  # as the Word converter writes them
# If there are several, the last counts.
_LIST_STYLE = re.compile(r"list-style(?:-type)?\s*:\s*([^;]{1,200})", re.IGNORECASE)
_NUMBERS = re.compile(
    r"(?<![\w-])(?:(lower|upper)-(alpha|latin|roman)|decimal(?:-leading-zero)?)\b", re.IGNORECASE
)
_NO_NUMBERS = re.compile(
    r"(?<![\w-])(?:none|disc|circle|square|disclosure-\w+)\b|[\"']", re.IGNORECASE
)


class Container:
    """Collects the blocks inside a container element, which becomes a block itself at its end."""

    def __init__(self, element: Element) -> None:
        self.tag = element.tag
        self.attributes = element.attributes
        self.blocks: list[Block] = []
        self.parts: list[Container] = []  # a list's items, a table's rows, a row's cells
        self.caption = RichText()

    def add(self, block: Block) -> None:
        """Add a block; between the items of a list it becomes an item of its own."""
        if self.tag in LISTS:
            item = Container(Element("li"))
            item.blocks.append(block)
            self.parts.append(item)
        else:
            self.blocks.append(block)

    def add_container(self, inner: Container) -> None:
        """Add what a container inside this one has become."""
        if inner.tag == "caption":
            self.caption = _text_of_blocks(inner.blocks)
        elif inner.tag in {"li", "tr", "td", "th"}:
            self.parts.append(inner)
        elif inner.tag in LISTS:
            self._add_list(inner)
        elif inner.tag == "table":
            for block in _table_blocks(inner):
                self.add(block)
        elif inner.blocks:
            self.add(BlockQuote(tuple(inner.blocks)))

    def _add_list(self, inner: Container) -> None:
        for block in _lists(inner):
            if self.tag in LISTS and self.parts:
                # a list between items belongs to the one before
                self.parts[-1].blocks.append(block)
            else:
                self.add(block)


def _lists(container: Container) -> Iterator[Block]:
    """Yield a list; several where an item's number or its type does not follow the one before."""
    parts = [item for item in container.parts if item.blocks]
    is_ordered = _is_ordered(container)
    if not is_ordered:
        lists, parts = _without_empty_bullets(parts)
        yield from lists
    if not parts:
        return
    attributes = container.attributes
    is_reversed = "reversed" in attributes
    step = -1 if is_reversed else 1
    first = len(parts) if is_reversed else 1
    start = number = _start(attributes.get("start", ""), otherwise=first)
    kind = _number_type(parts[0].attributes) or _number_type(attributes) or "1"
    role = SourceRole.FOOTNOTES if _is_footnote(parts[0]) else SourceRole.NONE
    items: list[tuple[Block, ...]] = []
    for item in parts:
        value = _start(item.attributes.get("value", ""), otherwise=number)
        own = _number_type(item.attributes) or _number_type(attributes) or kind
        if (value != number or own != kind) and is_ordered:
            if items:
                yield ListBlock(
                    tuple(items),
                    ordered=True,
                    start=start,
                    number_type=kind,
                    is_reversed=is_reversed,
                    role=role,
                )
            items, start, number, kind = [], value, value, own
        items.append(tuple(item.blocks))
        number += step
    yield ListBlock(
        tuple(items),
        ordered=is_ordered,
        start=start,
        number_type=kind,
        is_reversed=is_reversed,
        role=role,
    )


def _without_empty_bullets(parts: list[Container]) -> tuple[list[Block], list[Container]]:
    """Return the lists above the first item, and the items.

    A bullet with nothing but a list beside it is how a deeper level is written that goes on after
    a paragraph: its list belongs to the item before, or stands by itself.
    """
    lists: list[Block] = []
    items: list[Container] = []
    for item in parts:
        if not all(isinstance(block, ListBlock) for block in item.blocks):
            items.append(item)
        elif items:
            items[-1].blocks += item.blocks
        else:
            lists += item.blocks
    return lists, items


def _is_ordered(container: Container) -> bool:
    """Whether a list shows numbers: by the style of its items, else by its own or by its tag."""
    has_words = (
        item.attributes
        for item in container.parts
        if not all(isinstance(block, ListBlock) for block in item.blocks)
    )
    first = next(has_words, {})
    if first.get("id", "").startswith(_NOTE_IDS):
        return container.tag == "ol"
    for attributes in (first, container.attributes):
        style = _list_style(attributes)
        if _NUMBERS.search(style):
            return True
        if _NO_NUMBERS.search(style):
            return False
    return container.tag == "ol"


def _list_style(attributes: dict[str, str]) -> str:
    return next(iter(_LIST_STYLE.findall(attributes.get("style", ""))[-1:]), "")


def _number_type(attributes: dict[str, str]) -> str:
    """Return how a list numbers, by its type attribute or its style; empty if neither tells."""
    named = _NUMBERS.search(_list_style(attributes))
    if named is None:
        found = attributes.get("type", "")
    elif named[1] is None:
        found = "1"
    else:
        first = "i" if named[2].lower() == "roman" else "a"
        found = first.upper() if named[1].lower() == "upper" else first
    return found if found in NUMBER_TYPES else ""


def _table_blocks(table: Container) -> list[Block]:
    """Return a table of text and figures as a table; one for layout as what it lays out."""
    outside_cells = [*table.blocks, *(block for row in table.parts for block in row.blocks)]
    rows = [row for row in table.parts if any(cell.blocks for cell in row.parts)]
    if _is_layout(rows):
        caption = [Paragraph(table.caption)] if table.caption else []
        cells = (cell for row in rows for cell in row.parts)
        return [*caption, *outside_cells, *(block for cell in cells for block in cell.blocks)]
    header_rows = 0
    while header_rows < len(rows) and all(cell.tag == "th" for cell in rows[header_rows].parts):
        header_rows += 1
    cells_of_rows = tuple(tuple(map(_cell, row.parts)) for row in rows)
    return [*outside_cells, Table(cells_of_rows, header_rows=header_rows, caption=table.caption)]


def _is_layout(rows: list[Container]) -> bool:
    """Whether a table only lays out a page: it has one column, or whole articles in its cells."""
    if max((len(row.parts) for row in rows), default=0) < 2:
        return True
    cells = [cell.blocks for row in rows for cell in row.parts]
    with_tables = sum(any(isinstance(block, Table) for block in blocks) for blocks in cells)
    return 2 * with_tables > len(cells) or not all(map(_may_be_in_table, cells))


MAX_CELL = 500  # characters of a cell with more than a few paragraphs
MAX_PARAGRAPHS = 3


def _may_be_in_table(blocks: list[Block]) -> bool:
    """Whether a cell has a few paragraphs, or little else; more stands in tables for layout."""
    if all(isinstance(block, Paragraph) for block in blocks) and len(blocks) <= MAX_PARAGRAPHS:
        return True
    return sum(len(text_of(block)) for block in blocks) <= MAX_CELL and all(
        isinstance(block, Paragraph | _WITH_BLOCKS) for block in blocks
    )


_WITH_BLOCKS = ListBlock | Table | BlockQuote


def _cell(cell: Container) -> Cell:
    blocks = collect_lists(cell.blocks)
    has_blocks = any(isinstance(block, _WITH_BLOCKS) for block in blocks)
    return Cell(
        RichText.plain("\n".join(map(text_of, blocks))) if has_blocks else _text_of_blocks(blocks),
        blocks=tuple(blocks) if has_blocks else (),
        is_header=cell.tag == "th",
        colspan=_number(cell.attributes.get("colspan", ""), most=MAX_SPAN),
        rowspan=_number(cell.attributes.get("rowspan", ""), most=MAX_SPAN),
    )


def _text_of_blocks(blocks: Iterable[Block]) -> RichText:
    parts = [
        RichText.plain(block.text) if isinstance(block, Preformatted) else block.content
        for block in blocks
        if isinstance(block, Paragraph | Preformatted)
    ]
    return join(parts, "\n")


def _start(text: str, *, otherwise: int) -> int:
    """Return where a list starts; it may be below zero."""
    sign = -1 if text.strip().startswith("-") else 1
    digits = text.strip().removeprefix("-")
    return sign * _number(digits, most=MAX_NUMBER, otherwise=sign * otherwise)


def _number(text: str, *, most: int, otherwise: int = 1) -> int:
    """Return the number in an attribute, at most `most`."""
    digits = text.strip()[:9]
    return min(int(digits), most) if digits.isdecimal() and digits.isascii() else otherwise


def _is_footnote(item: Container) -> bool:
    """Whether a list item is a footnote, by the id that the Word converter writes."""
    return item.attributes.get("id", "").startswith(_NOTE_IDS)
