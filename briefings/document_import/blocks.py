"""The common form that every source is brought to, blocks of rich text, and its HTML."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from html import escape

from briefings.document_import.pictures import ImportedPicture
from briefings.richtext import sanitise

# A long issue has 20,000 characters.
MAX_CHARACTERS = 250_000
# What the columns of an issue hold, in characters.
MAX_TITLE = 200
MAX_STRAPLINE = 300
MAX_HEADING = 200
MAX_BYLINE = 120

_SPACES = re.compile(r"[ \t\r\f\v]+|[ \u00a0]{2,}")
# A no-break space stays where it holds a number together.
_NEEDLESS_NBSP = re.compile(r"(?<!\d)\u00a0(?!\d)")
_AROUND_BREAK = re.compile(r"[ \u00a0]*\n[ \u00a0]*")
_BLANK = " \t\n\r\u00a0"


class DocumentRefused(Exception):
    """A document cannot be read; the message tells an editor what is wrong and what to do."""


# --- rich text -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mark:
    """An emphasis (`strong`, `em`, `u`, `s`, `sub`, `sup`) or a link (`a` with its address)."""

    tag: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Text under the same marks; a newline in it is a line break."""

    text: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in the line, by its address on the web."""

    src: str
    alt: str = ""
    marks: tuple[Mark, ...] = ()

    @property
    def text(self) -> str:
        """A picture counts as no characters, so that offsets are those of the text."""
        return ""


@dataclass(frozen=True, slots=True)
class RichText:
    """A line or a paragraph with its emphasis, links and pictures."""

    runs: tuple[Run | Picture, ...] = ()

    @classmethod
    def plain(cls, text: str) -> RichText:
        """Return text that has no marks."""
        return cls((Run(text),))

    def __bool__(self) -> bool:
        return any(isinstance(run, Picture) or run.text.strip(_BLANK) for run in self.runs)

    @property
    def text(self) -> str:
        """The characters alone."""
        return "".join(run.text for run in self.runs)

    @property
    def has_picture(self) -> bool:
        """Whether it contains a picture."""
        return any(isinstance(run, Picture) for run in self.runs)

    def cut(self, start: int, end: int | None = None) -> RichText:
        """Return the part between two offsets into `text`, without spaces at its ends.

        A picture belongs to the words after it, the last ones to those before.
        """
        text = self.text
        stop = len(text) if end is None else min(end, len(text))
        return self._pieces(text, [(start, stop)], pictures_at_end=stop == len(text))[0]

    def lines(self, separator: str = "\n") -> list[RichText]:
        """Return the parts between separators (a regular expression) that are not empty."""
        text = self.text
        ends = [(found.start(), found.end()) for found in re.finditer(separator, text)]
        starts = [0, *(end for _, end in ends)]
        stops = [*(start for start, _ in ends), len(text)]
        return [part for part in self._pieces(text, list(zip(starts, stops, strict=True))) if part]

    def is_wholly(self, *tags: str) -> bool:
        """Whether every word has one of these marks."""
        worded = [run for run in self.runs if run.text.strip(_BLANK)]
        return bool(worded) and all(any(mark.tag in tags for mark in run.marks) for run in worded)

    def _pieces(
        self, text: str, spans: list[tuple[int, int]], *, pictures_at_end: bool = True
    ) -> list[RichText]:
        """Cut several parts, given in order, in one pass over the runs.

        Spaces at the ends of a part are left out, pictures there are not. Nor are pictures between
        two parts: they go to the second.
        """
        runs = deque(self._runs_with_offsets())
        pieces: list[RichText] = []
        pictures_from = spans[0][0] if spans else 0
        for span in spans:
            start, stop = _trimmed(text, *span)
            piece: list[Run | Picture] = []
            while runs and runs[0][0] <= span[1]:
                offset, run = runs[0]
                if isinstance(run, Picture):
                    if offset == span[1] and not pictures_at_end:
                        break
                    if offset >= pictures_from:
                        piece.append(run)
                elif part := run.text[max(start - offset, 0) : max(stop - offset, 0)]:
                    piece.append(replace(run, text=part))
                if offset + len(run.text) > span[1]:
                    break  # the next part starts in this run
                runs.popleft()
            pieces.append(RichText(tuple(piece)))
            pictures_from = span[1]
        return pieces

    def _runs_with_offsets(self) -> Iterator[tuple[int, Run | Picture]]:
        offset = 0
        for run in self.runs:
            yield offset, run
            offset += len(run.text)


def _trimmed(text: str, start: int, stop: int) -> tuple[int, int]:
    while start < stop and text[start] in _BLANK:
        start += 1
    while stop > start and text[stop - 1] in _BLANK:
        stop -= 1
    return start, stop


def join(parts: Iterable[RichText], separator: str) -> RichText:
    """Return several pieces as one, with a separator between them."""
    runs: list[Run | Picture] = []
    for part in parts:
        if runs:
            runs.append(Run(separator))
        runs.extend(part.runs)
    return RichText(tuple(runs))


def collapse_spaces(runs: Iterable[Run | Picture]) -> RichText:
    """Return rich text with white space as a reader sees it: one space, or a line break."""
    kept: list[Run | Picture] = []
    last = "\n"
    for run in runs:
        if isinstance(run, Picture):
            kept.append(run)
            last = "x"
            continue
        text = _NEEDLESS_NBSP.sub(" ", _SPACES.sub(" ", run.text))
        text = _AROUND_BREAK.sub("\n", text)
        if last in " \n":
            text = text.lstrip(" ")
        if text.startswith("\n") and last == " ":
            _drop_last_space(kept)
        if text:
            kept.append(replace(run, text=text))
            last = text[-1]
    return RichText(tuple(kept)).cut(0)


def _drop_last_space(runs: list[Run | Picture]) -> None:
    last = runs[-1]
    if isinstance(last, Run):
        runs[-1] = replace(last, text=last.text.rstrip(" "))


# --- blocks ----------------------------------------------------------------------------------


class SourceRole(StrEnum):
    """What the source itself says that a block is, by a style, class or id."""

    NONE = ""
    STRAPLINE = "strapline"
    BYLINE = "byline"
    FOOTNOTES = "footnotes"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; `indent` counts the spaces before it in plain text."""

    content: RichText
    role: SourceRole = SourceRole.NONE
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is the highest."""

    content: RichText
    level: int


@dataclass(frozen=True, slots=True)
class ListBlock:
    """A bulleted or numbered list; each item is a tuple of blocks."""

    items: tuple[tuple[Block, ...], ...]
    ordered: bool = False
    start: int = 1
    number_type: str = "1"  # as in HTML: 1, a, A, i, I
    is_reversed: bool = False
    role: SourceRole = SourceRole.NONE


@dataclass(frozen=True, slots=True)
class BlockQuote:
    """Somebody else's words, set apart."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table."""

    content: RichText
    is_header: bool = False
    colspan: int = 1
    rowspan: int = 1
    blocks: tuple[Block, ...] = ()  # where there is more in it than one paragraph


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text and figures; its first `header_rows` rows are its head."""

    rows: tuple[tuple[Cell, ...], ...]
    header_rows: int = 0
    caption: RichText = field(default_factory=RichText)


@dataclass(frozen=True, slots=True)
class Preformatted:
    """Lines that keep their spaces."""

    text: str


@dataclass(frozen=True, slots=True)
class HorizontalRule:
    """A line across the page."""


Block = Paragraph | Heading | ListBlock | BlockQuote | Table | Preformatted | HorizontalRule


@dataclass(slots=True, kw_only=True)
class SourceDocument:
    """What was read from a source: blocks, what had to be left out, and what the source names.

    `page_title` is the title of a web page: the headline only where there is no other.
    """

    blocks: list[Block]
    left_out: list[str] = field(default_factory=list)
    page_title: str = ""
    title: str = ""
    strapline: str = ""
    subject: str = ""
    preheader: str = ""
    byline: str = ""
    pictures: list[ImportedPicture] = field(default_factory=list)


def text_of(block: Block) -> str:
    """Return a block's text in reading order, with a newline between its parts."""
    match block:
        case Paragraph(content=content) | Heading(content=content):
            return content.text
        case ListBlock(items=items):
            return "\n".join(text_of(part) for item in items for part in item)
        case BlockQuote(blocks=blocks):
            return "\n".join(map(text_of, blocks))
        case Table(rows=rows, caption=caption):
            cells = (cell.content.text for row in rows for cell in row)
            return "\n".join(filter(None, [caption.text, *cells]))
        case Preformatted(text=text):
            return text
        case HorizontalRule():
            return ""


def line_text(block: Block) -> str:
    """Return the text of a paragraph or heading; empty for other blocks."""
    return block.content.text if isinstance(block, Paragraph | Heading) else ""


def paragraph_texts(blocks: Iterable[Block]) -> Iterator[str]:
    """Yield the text of each paragraph, list item and table by itself."""
    for block in blocks:
        match block:
            case ListBlock(items=items):
                for item in items:
                    yield from paragraph_texts(item)
            case BlockQuote(blocks=inner):
                yield from paragraph_texts(inner)
            case _:
                yield text_of(block)


# --- blocks to the HTML of an issue's section ------------------------------------------------


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
