"""Blocks to the HTML of an issue's section."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from briefings.document_import.blocks import (
    Block,
    BlockQuote,
    Cell,
    Heading,
    HorizontalRule,
    ListBlock,
    Mark,
    Paragraph,
    Picture,
    Preformatted,
    RichText,
    Run,
    Table,
)
from briefings.richtext import sanitise


def section_html(blocks: Iterable[Block]) -> str:
    """Return a section's body as it is stored: written from blocks, then sanitised."""
    return sanitise("\n".join(map(_block, blocks)))


def _block(block: Block) -> str:
    """Return the HTML of one block; headings inside a section are h3 and h4."""
    match block:
        case Paragraph(content=content):
            return f"<p>{_rich_text(content)}</p>"
        case Heading(content=content, level=level):
            tag = "h3" if level <= 3 else "h4"
            return f"<{tag}>{_rich_text(content)}</{tag}>"
        case ListBlock():
            return _list(block)
        case BlockQuote(blocks=blocks):
            return f"<blockquote>{''.join(map(_block, blocks))}</blockquote>"
        case Table():
            return _table(block)
        case Preformatted(text=text):
            return f"<pre>{escape(text, quote=False)}</pre>"
        case HorizontalRule():
            return "<hr>"


def _rich_text(content: RichText) -> str:
    """Return text with its marks; neighbouring runs share the elements of the marks they share."""
    out: list[str] = []
    opened: list[Mark] = []
    for run in content.runs:
        shared = 0
        while shared < min(len(opened), len(run.marks)) and opened[shared] == run.marks[shared]:
            shared += 1
        _close(out, opened, to=shared)
        for mark in run.marks[shared:]:
            opened.append(mark)
            out.append(f'<a href="{escape(mark.href)}">' if mark.tag == "a" else f"<{mark.tag}>")
        out.append(_run(run))
    _close(out, opened, to=0)
    return "".join(out)


def _close(out: list[str], opened: list[Mark], *, to: int) -> None:
    while len(opened) > to:
        out.append(f"</{opened.pop().tag}>")


def _run(run: Run | Picture) -> str:
    if isinstance(run, Picture):
        return f'<img src="{escape(run.src)}" alt="{escape(run.alt)}">'
    return escape(run.text, quote=False).replace("\n", "<br>")


def _list(block: ListBlock) -> str:
    tag = "ol" if block.ordered else "ul"
    numbers = ""
    if block.ordered:
        first = len(block.items) if block.is_reversed else 1
        numbers += f' start="{block.start}"' if block.start != first else ""
        numbers += f' type="{block.number_type}"' if block.number_type != "1" else ""
        numbers += ' reversed=""' if block.is_reversed else ""
    return f"<{tag}{numbers}>{''.join(map(_item, block.items))}</{tag}>"


def _item(blocks: tuple[Block, ...]) -> str:
    """Return a list item; without <p> where its only paragraph comes first."""
    paragraphs = sum(isinstance(block, Paragraph) for block in blocks)
    if paragraphs == 1 and isinstance(blocks[0], Paragraph):
        return f"<li>{_rich_text(blocks[0].content)}{''.join(map(_block, blocks[1:]))}</li>"
    return f"<li>{''.join(map(_block, blocks))}</li>"


def _table(table: Table) -> str:
    caption = f"<caption>{_rich_text(table.caption)}</caption>" if table.caption else ""
    head = "".join(map(_row, table.rows[: table.header_rows]))
    body = "".join(map(_row, table.rows[table.header_rows :]))
    return (
        f"<table>{caption}"
        + (f"<thead>{head}</thead>" if head else "")
        + (f"<tbody>{body}</tbody>" if body else "")
        + "</table>"
    )


def _row(cells: tuple[Cell, ...]) -> str:
    return f"<tr>{''.join(map(_cell, cells))}</tr>"


def _cell(cell: Cell) -> str:
    tag = "th" if cell.is_header else "td"
    spans = f' colspan="{cell.colspan}"' if cell.colspan > 1 else ""
    spans += f' rowspan="{cell.rowspan}"' if cell.rowspan > 1 else ""
    inner = "".join(map(_block, cell.blocks)) or _rich_text(cell.content)
    return f"<{tag}{spans}>{inner}</{tag}>"
