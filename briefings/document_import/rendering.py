"""Blocks to the HTML that an issue's section holds."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from briefings.document_import.blocks import (
    Block,
    Cell,
    Heading,
    Listing,
    Paragraph,
    Preformatted,
    Quotation,
    Rule,
    Table,
)
from briefings.document_import.prose import Mark, Picture, Prose, Run
from briefings.richtext import sanitise


def section_html(blocks: Iterable[Block]) -> str:
    """A section's body as it will be stored: written from blocks, then sanitised."""
    return sanitise("\n".join(map(block_html, blocks)))


def block_html(block: Block) -> str:
    """One block; headings inside a section are h3 and h4."""
    match block:
        case Paragraph(prose=prose):
            return f"<p>{prose_html(prose)}</p>"
        case Heading(prose=prose, level=level):
            tag = "h3" if level <= 3 else "h4"
            return f"<{tag}>{prose_html(prose)}</{tag}>"
        case Listing():
            return _listing(block)
        case Quotation(blocks=blocks):
            return "<blockquote>" + "".join(map(block_html, blocks)) + "</blockquote>"
        case Table():
            return _table(block)
        case Preformatted(text=text):
            return f"<pre>{escape(text, quote=False)}</pre>"
        case Rule():
            return "<hr>"


def prose_html(prose: Prose) -> str:
    """Words with their marks; neighbours under the same mark share its element."""
    out: list[str] = []
    opened: list[Mark] = []
    for run in prose.runs:
        shared = 0
        while shared < min(len(opened), len(run.marks)) and opened[shared] == run.marks[shared]:
            shared += 1
        _close(out, opened, to=shared)
        for mark in run.marks[shared:]:
            opened.append(mark)
            out.append(f'<a href="{escape(mark.href)}">' if mark.tag == "a" else f"<{mark.tag}>")
        out.append(_words(run))
    _close(out, opened, to=0)
    return "".join(out)


def _close(out: list[str], opened: list[Mark], *, to: int) -> None:
    while len(opened) > to:
        out.append(f"</{opened.pop().tag}>")


def _words(run: Run | Picture) -> str:
    if isinstance(run, Picture):
        return f'<img src="{escape(run.src)}" alt="{escape(run.alt)}">'
    return escape(run.text, quote=False).replace("\n", "<br>")


def _listing(listing: Listing) -> str:
    tag = "ol" if listing.ordered else "ul"
    start = f' start="{listing.start}"' if listing.ordered and listing.start != 1 else ""
    return f"<{tag}{start}>" + "".join(map(_item, listing.items)) + f"</{tag}>"


def _item(blocks: tuple[Block, ...]) -> str:
    """An item whose only paragraph comes first is a tight one, without <p>."""
    paragraphs = sum(isinstance(block, Paragraph) for block in blocks)
    if paragraphs == 1 and isinstance(blocks[0], Paragraph):
        return f"<li>{prose_html(blocks[0].prose)}{''.join(map(block_html, blocks[1:]))}</li>"
    return f"<li>{''.join(map(block_html, blocks))}</li>"


def _table(table: Table) -> str:
    caption = f"<caption>{prose_html(table.caption)}</caption>" if table.caption else ""
    head = "".join(map(_row, table.rows[: table.head]))
    body = "".join(map(_row, table.rows[table.head :]))
    return (
        f"<table>{caption}"
        + (f"<thead>{head}</thead>" if head else "")
        + (f"<tbody>{body}</tbody>" if body else "")
        + "</table>"
    )


def _row(cells: tuple[Cell, ...]) -> str:
    return "<tr>" + "".join(map(_cell, cells)) + "</tr>"


def _cell(cell: Cell) -> str:
    tag = "th" if cell.heads else "td"
    spans = f' colspan="{cell.columns}"' if cell.columns > 1 else ""
    spans += f' rowspan="{cell.rows}"' if cell.rows > 1 else ""
    return f"<{tag}{spans}>{prose_html(cell.prose)}</{tag}>"
