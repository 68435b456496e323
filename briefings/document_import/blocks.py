"""The common form that every reader brings a document to: a list of blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from briefings.document_import.prose import Prose


class Role(StrEnum):
    """What a source itself says that a block is, by its style or class."""

    NONE = ""
    STRAPLINE = "strapline"
    BYLINE = "byline"
    NOTES = "notes"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running words; `indent` counts the spaces before them in plain text."""

    prose: Prose
    role: Role = Role.NONE
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, 1 the highest."""

    prose: Prose
    level: int


@dataclass(frozen=True, slots=True)
class Listing:
    """Bullets or numbers; an item is a list of blocks."""

    items: tuple[tuple[Block, ...], ...]
    ordered: bool = False
    start: int = 1
    role: Role = Role.NONE


@dataclass(frozen=True, slots=True)
class Quotation:
    """Somebody else's words, set apart."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table."""

    prose: Prose
    heads: bool = False
    columns: int = 1
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """A table of words and figures; the first `head` rows are its head."""

    rows: tuple[tuple[Cell, ...], ...]
    head: int = 0
    caption: Prose = field(default_factory=lambda: Prose(()))


@dataclass(frozen=True, slots=True)
class Preformatted:
    """Lines that keep their spaces."""

    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""


Block = Paragraph | Heading | Listing | Quotation | Table | Preformatted | Rule


@dataclass(slots=True, kw_only=True)
class Reading:
    """What a reader found: blocks, what it could not take along, and what the source names itself.

    `page_title` is the name of a web page, the headline only where no other is found.
    """

    blocks: list[Block]
    left_out: list[str] = field(default_factory=list)
    page_title: str = ""
    title: str = ""
    strapline: str = ""
    byline: str = ""


def words_of(block: Block) -> str:
    """A block's words in reading order, its parts separated by newlines."""
    match block:
        case Paragraph(prose=prose) | Heading(prose=prose):
            return prose.text
        case Listing(items=items):
            return "\n".join(words_of(part) for item in items for part in item)
        case Quotation(blocks=blocks):
            return "\n".join(map(words_of, blocks))
        case Table(rows=rows, caption=caption):
            cells = (cell.prose.text for row in rows for cell in row)
            return "\n".join(filter(None, [caption.text, *cells]))
        case Preformatted(text=text):
            return text
        case Rule():
            return ""


def leaves(blocks: Iterable[Block]) -> Iterator[str]:
    """The words of each paragraph, item and cell by itself."""
    for block in blocks:
        match block:
            case Listing(items=items):
                for item in items:
                    yield from leaves(item)
            case Quotation(blocks=inner):
                yield from leaves(inner)
            case _:
                yield words_of(block)
