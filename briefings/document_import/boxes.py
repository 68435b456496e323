"""What holds blocks while a page is read: quotations, lists, tables and their parts."""

from __future__ import annotations

from briefings.document_import.blocks import (
    Block,
    Cell,
    Listing,
    Paragraph,
    Preformatted,
    Quotation,
    Role,
    Table,
)
from briefings.document_import.prose import Prose, joined

LISTS = frozenset({"ul", "ol", "menu", "dir"})
BOXES = LISTS | {"blockquote", "li", "table", "tr", "td", "th", "caption"}
MAX_SPAN = 100


class Box:
    """An open container; closing it hands its content to the one around it."""

    def __init__(self, tag: str, attributes: dict[str, str] | None = None) -> None:
        self.tag = tag
        self.attributes = attributes or {}
        self.blocks: list[Block] = []
        self.parts: list[Box] = []  # a list's items, a table's rows, a row's cells
        self.caption = Prose(())

    def admits(self, tag: str) -> bool:
        """Whether such a box has its place directly in this one."""
        match tag:
            case "li":
                return self.tag in LISTS
            case "tr" | "caption":
                return self.tag == "table"
            case "td" | "th":
                return self.tag == "tr"
        return True

    def place(self, block: Block) -> None:
        """Hold a block; between the items of a list it is an item of its own."""
        if self.tag in LISTS:
            item = Box("li")
            item.blocks.append(block)
            self.parts.append(item)
        else:
            self.blocks.append(block)

    def take(self, box: Box) -> None:
        """Hold what a box inside this one has become."""
        if box.tag == "caption":
            self.caption = _words(box)
        elif box.tag in {"li", "tr", "td", "th"}:
            self.parts.append(box)
        elif box.tag in LISTS:
            self._take_list(box)
        elif box.tag == "table":
            for block in table_blocks(box):
                self.place(block)
        elif box.blocks:
            self.place(Quotation(tuple(box.blocks)))

    def _take_list(self, box: Box) -> None:
        items = tuple(tuple(item.blocks) for item in box.parts if item.blocks)
        if not items:
            return
        listing = Listing(
            items,
            ordered=box.tag == "ol",
            start=_number(box.attributes.get("start", ""), 1, most=100_000),
            role=Role.NOTES if _is_note(box.parts[0]) else Role.NONE,
        )
        if self.tag in LISTS and self.parts:
            self.parts[-1].blocks.append(listing)  # a list between items belongs to the one before
        else:
            self.place(listing)


def table_blocks(table: Box) -> list[Block]:
    """A table of words as a table; one that only arranges a page as what it arranges."""
    strays = [*table.blocks, *(block for row in table.parts for block in row.blocks)]
    rows = [row for row in table.parts if any(cell.blocks for cell in row.parts)]
    if _is_layout(rows):
        caption = [Paragraph(table.caption)] if table.caption else []
        cells = (cell for row in rows for cell in row.parts)
        return [*caption, *strays, *(block for cell in cells for block in cell.blocks)]
    head = 0
    while head < len(rows) and all(cell.tag == "th" for cell in rows[head].parts):
        head += 1
    cells_of_rows = tuple(tuple(map(_cell, row.parts)) for row in rows)
    return [*strays, Table(cells_of_rows, head=head, caption=table.caption)]


def _is_layout(rows: list[Box]) -> bool:
    """One column, or cells that hold more than a few paragraphs: letters are built of these."""
    if max((len(row.parts) for row in rows), default=0) < 2:
        return True
    return any(
        len(cell.blocks) > 3 or not all(isinstance(block, Paragraph) for block in cell.blocks)
        for row in rows
        for cell in row.parts
    )


def _cell(box: Box) -> Cell:
    return Cell(
        _words(box),
        heads=box.tag == "th",
        columns=_number(box.attributes.get("colspan", ""), 1, most=MAX_SPAN),
        rows=_number(box.attributes.get("rowspan", ""), 1, most=MAX_SPAN),
    )


def _words(box: Box) -> Prose:
    parts = [
        Prose.plain(block.text) if isinstance(block, Preformatted) else block.prose
        for block in box.blocks
        if isinstance(block, Paragraph | Preformatted)
    ]
    return joined(parts, "\n")


def _number(text: str, default: int, *, most: int) -> int:
    digits = text.strip()[:9]
    return min(int(digits), most) if digits.isdecimal() and digits.isascii() else default


def _is_note(item: Box) -> bool:
    return item.attributes.get("id", "").startswith(("footnote-", "endnote-"))
