"""Blocks to an issue: top, foot, sections, and a list of what was left out."""

from __future__ import annotations

import re
from pathlib import PurePath

from briefings.document_import.blocks import Block, Heading, Listing, Reading, Role, words_of
from briefings.document_import.boilerplate import is_boilerplate
from briefings.document_import.bullets import gather_lists
from briefings.document_import.documents import (
    MAX_CHARACTERS,
    MAX_TITLE,
    DocumentRefused,
    ImportedDocument,
    ImportedSection,
)
from briefings.document_import.ending import Ending
from briefings.document_import.lines import apart
from briefings.document_import.opening import Opening
from briefings.document_import.rendering import section_html
from briefings.document_import.sections import (
    demote_long_headings,
    make_section,
    mark_headings,
    split_sections,
)
from briefings.richtext import MAX_BODY_CHARS

MAX_BLOCKS = 5_000
MAX_SECTIONS = 100
BLOCKS_AT_FOOT = 8


def arrange(reading: Reading, *, name: str, masthead: str = "") -> ImportedDocument:
    """Arrange what a reader found as an issue of the briefing called `masthead`."""
    _check_length(reading, name=name)
    reading.blocks, notes = _without_notes(demote_long_headings(gather_lists(reading.blocks)))
    if not any(words_of(block).strip() for block in reading.blocks):
        raise DocumentRefused(f"{name} holds no words. Choose the document that has the text.")
    headline_is_marked = any(isinstance(block, Heading) for block in reading.blocks)
    opening = Opening(reading, masthead=masthead, signed=_lines_at_foot(reading.blocks)).read()
    ending = Ending(list(opening.rest), byline=opening.byline).read()
    body, furniture = _without_boilerplate(ending.rest)
    body = mark_headings(body, headline_is_marked=headline_is_marked)
    title = opening.title or _title_without_headline(reading, name=name)
    return ImportedDocument(
        title=title,
        strapline=opening.strapline,
        byline=ending.byline,
        sections=_sections([*body, *notes], title=title, note=ending.note, name=name),
        left_out=(
            *opening.left_out,
            *furniture,
            *ending.left_out,
            *reading.left_out,
            *([reading.page_title] if reading.page_title not in {"", title} else []),
        ),
    )


def _check_length(reading: Reading, *, name: str) -> None:
    length = sum(len(words_of(block)) for block in reading.blocks)
    if length > MAX_CHARACTERS or len(reading.blocks) > MAX_BLOCKS:
        raise DocumentRefused(
            f"{name} has {length:,} characters in {len(reading.blocks):,} paragraphs; up to"
            f" {MAX_CHARACTERS:,} in {MAX_BLOCKS:,} can be read. Import one issue at a time."
        )


def _sections(
    body: list[Block], *, title: str, note: list[Block], name: str
) -> tuple[ImportedSection, ...]:
    parts = list(split_sections(body, title=title))
    if len(parts) > MAX_SECTIONS:
        raise DocumentRefused(
            f"{name} has {len(parts)} headings; an issue has at most {MAX_SECTIONS} sections."
            " Import one issue at a time."
        )
    sections = [make_section(heading, blocks) for heading, blocks in parts]
    for section in sections:
        if len(section.html) > MAX_BODY_CHARS:
            raise DocumentRefused(
                f"{name} has a section of {len(section.html):,} characters (“{section.heading}”);"
                f" at most {MAX_BODY_CHARS:,} fit. Divide it with headings and import it again."
            )
    if note:
        sections.append(ImportedSection(kind="note", heading="", html=section_html(note)))
    return tuple(sections)


def _without_notes(blocks: list[Block]) -> tuple[list[Block], list[Block]]:
    """Set apart the footnotes that a Word document ends with, below its sign-off."""
    if blocks and isinstance(blocks[-1], Listing) and blocks[-1].role is Role.NOTES:
        return blocks[:-1], blocks[-1:]
    return blocks, []


def _without_boilerplate(blocks: list[Block]) -> tuple[list[Block], list[str]]:
    """Take out the lines of every issue that stand in the middle of the article."""
    kept = [block for block in blocks if not is_boilerplate(block)]
    return kept, [words_of(block) for block in blocks if is_boilerplate(block)]


def _lines_at_foot(blocks: list[Block]) -> list[str]:
    lines: list[Block] = []
    for block in blocks[-BLOCKS_AT_FOOT:]:
        lines += apart(block) or (block,)
    return [words_of(line) for line in lines]


def _title_without_headline(reading: Reading, *, name: str) -> str:
    """A page's own name, else the file's: an issue must be called something."""
    if 0 < len(reading.page_title) <= MAX_TITLE:
        return reading.page_title
    words = re.sub(r"[-_\s]+", " ", PurePath(name.strip("“”")).stem).strip()
    return (words[:1].upper() + words[1:])[:MAX_TITLE] or "Untitled issue"
