"""Recognise the sections of an issue: where each starts and what kind it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from briefings.document_import.block_html import section_html
from briefings.document_import.blocks import (
    Block,
    Heading,
    HorizontalRule,
    ListBlock,
    Paragraph,
    RichText,
    SourceRole,
    text_of,
)
from briefings.document_import.imported_document import MAX_HEADING, ImportedSection
from briefings.document_import.quotations import are_quotations, mark_quotations, quote_items
from briefings.document_import.short_lines import (
    MAX_HEADING_LINE,
    MAX_HEADLINE,
    is_headline,
)
from briefings.models import SectionKind

MAX_HEADINGS_IN_A_ROW = 2

_FEEDBACK = re.compile(
    r"\bfeedback\b|\bmail ?bag\b|\bpost ?bag\b|\bletters\b"
    r"|\breaders?\b.{0,20}\b(?:sa(?:id|y|ys)|think|thought|tell|told|wrote|write|comments?|views"
    r"|respond(?:ed)?|responses?|replies|reaction)\b"
    r"|\byour (?:comments|views|say|thoughts|responses|replies|letters|reactions?)\b"
    r"|\b(?:what|how) you (?:said|say|think|thought|told|made|reacted|responded|wrote)\b"
    r"|\byou (?:said|told us|wrote)\b|\b(?:from|in) the comments\b|\bcomments? of the week\b",
    re.IGNORECASE,
)
_ROUNDUP = re.compile(
    r"^(?:the|this|last|your|my) week(?:['’]s \w+)?(?: in\b|:| that was\b)|\bround-?up\b"
    r"|\b(?:news )?in brief\b|^in other news\b|^(?:also|elsewhere|and) this week\b"
    r"|^(?:quick |best )?(?:links|reads)\b|^what (?:we(?:['’]re| are)|i(?:['’]m| am)) reading\b",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"^(?:an? |editor['’]?s )?note\b|^housekeeping\b|^corrections?\b|^away\b"
    r"|^next (?:week|time|month|issue)$",
    re.IGNORECASE,
)
# How a sentence starts, and what a short question has, that continues the paragraph before it.
_CONTINUES = re.compile(
    r"(?:and|but|so|or|then|yet|still|more|also|that|this|it|these|those|they|he|she|i)\b",
    re.IGNORECASE,
)
_REFERS_BACK = re.compile(
    r"\b(?:i|they|them|he|she|him)\b"
    r"|^(?=.{,40}$).*\b(?:it|this|that|these|those)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile("[.!?…][”’\"')]*(?=\\s+[“‘\"'(]?[A-Z0-9])")
MIN_WORDS_OF_A_QUESTION = 4


def mark_headings(blocks: list[Block], *, headline_is_marked: bool) -> list[Block]:
    """Turn lines that serve as headings into headings, in a body without any.

    These are the lines wholly in bold; without any, and without a marked headline, short lines
    that do not end as a sentence does, questions, and the sentence that follows a round-up.
    """
    if any(isinstance(block, Heading) for block in blocks):
        return blocks
    lines = {at for at, block in enumerate(blocks) if _may_be_heading(block)}
    bold = {at for at in lines if _is_bold(blocks[at])}
    if bold or headline_is_marked:
        lines = bold
    else:
        lines |= set(_sentences_as_headings(blocks, lines))
    columns = _lines_in_columns(lines)
    return [
        Heading(_plain_heading(block.content), 3 if at - 1 in lines else 2)
        if isinstance(block, Paragraph) and at in lines - columns and at + 1 < len(blocks)
        else block
        for at, block in enumerate(blocks)
    ]


def _may_be_heading(block: Block) -> bool:
    """Whether a paragraph may be a heading; a colon may end one that names a kind of section."""
    if not isinstance(block, Paragraph) or block.content.has_picture or block.indent > 3:
        return False
    text = block.content.text
    named = text.endswith(":") and names_kind(text)
    return is_headline(text[:-1] if named else text)


def names_kind(heading: str) -> bool:
    """Whether a heading tells what kind of section follows: 'The week in …', 'Feedback'."""
    return bool(_FEEDBACK.search(heading) or _ROUNDUP.search(heading))


def _sentences_as_headings(blocks: list[Block], lines: set[int]) -> Iterator[int]:
    """Yield where a question or a sentence stands as a heading above a longer paragraph.

    A question must not speak of what precedes it; a sentence ends a round-up's bullets.
    """
    after_roundup = False
    for at, block in enumerate(blocks[:-1]):
        if at in lines:
            after_roundup = kind_of(text_of(block), []) == SectionKind.ROUNDUP
        elif isinstance(block, Paragraph) and not block.indent and not block.content.has_picture:
            text = block.content.text
            after = blocks[at + 1]
            ends_roundup = after_roundup and isinstance(blocks[at - 1], ListBlock)
            if (
                isinstance(after, Paragraph)
                and at + 1 not in lines
                and len(after.content.text) >= min(len(text), MAX_HEADING_LINE)
                and _is_sentence_as_heading(text, ends_roundup=ends_roundup)
            ):
                yield at
                after_roundup = False


def _is_sentence_as_heading(text: str, *, ends_roundup: bool) -> bool:
    if not is_headline(text.rstrip(".!?…"), longest=MAX_HEADLINE) or _SENTENCE_END.search(text):
        return False
    if _CONTINUES.match(text) or text.count("“") != text.count("”"):
        return False
    return (ends_roundup and len(text) <= MAX_HEADING_LINE) or (
        text.rstrip("”’\"')").endswith("?")
        and len(text.split()) >= MIN_WORDS_OF_A_QUESTION
        and not _REFERS_BACK.search(text)
    )


def _is_bold(block: Block) -> bool:
    return isinstance(block, Paragraph) and block.content.is_wholly("strong")


def _lines_in_columns(lines: set[int]) -> set[int]:
    """Return the lines in a column of short ones: names or an address, not headings."""
    columns: set[int] = set()
    row: list[int] = []
    for at in [*sorted(lines), -1]:
        if row and at != row[-1] + 1:
            columns.update(row if len(row) > MAX_HEADINGS_IN_A_ROW else ())
            row = []
        row.append(at)
    return columns


def _plain_heading(content: RichText) -> RichText:
    """Return a heading's text without its bold and without a colon at its end."""
    return RichText.plain(content.text.rstrip(": "))


def split_sections(blocks: list[Block], *, opening: str) -> Iterator[tuple[str, list[Block]]]:
    """Yield each section's heading and blocks; what precedes the first heading is the opening."""
    levels = [block.level for block in blocks if isinstance(block, Heading)]
    highest = min(levels, default=0)
    heading = opening
    section: list[Block] = []
    has_heading = False
    for block in blocks:
        if isinstance(block, Heading) and block.level == highest:
            if has_heading or section:
                yield heading, section
            heading, section, has_heading = block.content.text, [], True
        elif isinstance(block, Heading):
            section.append(Heading(block.content, 3 if block.level == highest + 1 else 4))
        else:
            section.append(block)
    if has_heading or section:
        yield heading, section


def make_section(heading: str, blocks: list[Block]) -> ImportedSection:
    """Return a section; its kind follows from its heading or its content."""
    kind = kind_of(heading, blocks)
    body = _without_outer_rules(blocks)
    if kind != SectionKind.ROUNDUP:
        body = quote_items(body)
    body = mark_quotations(body, feedback=kind == SectionKind.FEEDBACK)
    return ImportedSection(kind=kind, heading=heading, html=section_html(body))


def kind_of(heading: str, blocks: list[Block]) -> SectionKind:
    """Return a section's kind: by its heading if that tells, else by whether it is mainly lists.

    Text without a heading is a note: it opens an issue that has no headline.
    """
    if not heading:
        return SectionKind.NOTE
    if _FEEDBACK.search(heading):
        return SectionKind.FEEDBACK
    if _ROUNDUP.search(heading) or _is_mainly_lists(blocks):
        return SectionKind.ROUNDUP
    return SectionKind.NOTE if _NOTE.search(heading) else SectionKind.FEATURE


def _is_mainly_lists(blocks: list[Block]) -> bool:
    """Whether more than half of a section's text is in lists, as in a round-up.

    Readers' words and footnotes are not what a round-up lists.
    """
    listed = sum(
        len(text_of(block))
        for block in blocks
        if isinstance(block, ListBlock)
        and block.role is not SourceRole.FOOTNOTES
        and not are_quotations(block)
    )
    return listed * 2 > sum(len(text_of(block)) for block in blocks)


def _without_outer_rules(blocks: list[Block]) -> list[Block]:
    start, end = 0, len(blocks)
    while start < end and isinstance(blocks[start], HorizontalRule):
        start += 1
    while end > start and isinstance(blocks[end - 1], HorizontalRule):
        end -= 1
    return blocks[start:end]


def demote_long_headings(blocks: list[Block]) -> list[Block]:
    """Make headings that are too long for one paragraphs: text that somebody made large."""
    return [
        Paragraph(block.content)
        if isinstance(block, Heading) and len(block.content.text) > MAX_HEADING
        else block
        for block in blocks
    ]
