"""The body of an issue: where its sections begin and what each of them is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from briefings.document_import.blocks import Block, Heading, Listing, Paragraph, Rule, words_of
from briefings.document_import.documents import MAX_HEADING, ImportedSection
from briefings.document_import.lines import MAX_HEADING_LINE, is_headline
from briefings.document_import.prose import Prose
from briefings.document_import.quotations import set_quotations
from briefings.document_import.rendering import section_html

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
    r"^(?:an? |editor['’]?s )?note\b|^housekeeping\b|^corrections?\b|^away\b", re.IGNORECASE
)


def mark_headings(blocks: list[Block], *, headline_is_marked: bool) -> list[Block]:
    """Where a document marks no headings of sections, take the lines that serve as such.

    Those wholly in bold if there are any, else, in plain text, short lines without a stop at
    their end.
    """
    if any(isinstance(block, Heading) for block in blocks):
        return blocks
    lines = {at for at, block in enumerate(blocks) if _may_head(block)}
    bold = {at for at in lines if _is_bold(blocks[at])}
    if bold or headline_is_marked:
        lines = bold
    columns = _columns(lines)
    return [
        Heading(_plain_heading(block.prose), 3 if at - 1 in lines else 2)
        if isinstance(block, Paragraph) and at in lines - columns and at + 1 < len(blocks)
        else block
        for at, block in enumerate(blocks)
    ]


def _may_head(block: Block) -> bool:
    """Recognise a heading in plain text; a colon may end one that names a kind of section."""
    if not isinstance(block, Paragraph) or block.prose.has_picture or block.indent > 3:
        return False
    text = block.prose.text
    named = text.endswith(":") and bool(_FEEDBACK.search(text) or _ROUNDUP.search(text))
    return is_headline(text[:-1] if named else text, longest=MAX_HEADING_LINE)


def _is_bold(block: Block) -> bool:
    return isinstance(block, Paragraph) and block.prose.is_wholly("strong")


def _columns(lines: set[int]) -> set[int]:
    """The lines that stand in a column of their like: names or an address, and no headings."""
    columns: set[int] = set()
    row: list[int] = []
    for at in [*sorted(lines), -1]:
        if row and at != row[-1] + 1:
            columns.update(row if len(row) > MAX_HEADINGS_IN_A_ROW else ())
            row = []
        row.append(at)
    return columns


def _plain_heading(prose: Prose) -> Prose:
    """A heading's words without the bold that made it one and the colon that ended it."""
    return Prose.plain(prose.text.rstrip(": "))


def split_sections(blocks: list[Block], *, title: str) -> Iterator[tuple[str, list[Block]]]:
    """Give each section's heading and blocks; what stands before the first has the title's."""
    levels = [block.level for block in blocks if isinstance(block, Heading)]
    highest = min(levels, default=0)
    heading = title
    held: list[Block] = []
    begun = False
    for block in blocks:
        if isinstance(block, Heading) and block.level == highest:
            if begun or held:
                yield heading, held
            heading, held, begun = block.prose.text, [], True
        elif isinstance(block, Heading):
            held.append(Heading(block.prose, 3 if block.level == highest + 1 else 4))
        else:
            held.append(block)
    if begun or held:
        yield heading, held


def make_section(heading: str, blocks: list[Block]) -> ImportedSection:
    """A section of the kind that its heading or its content tells."""
    kind = kind_of(heading, blocks)
    body = set_quotations(_without_outer_rules(blocks), feedback=kind == "feedback")
    return ImportedSection(kind=kind, heading=heading, html=section_html(body))


def kind_of(heading: str, blocks: list[Block]) -> str:
    """What a section is: its heading speaks first, then whether it is mainly bullets."""
    if _FEEDBACK.search(heading):
        return "feedback"
    if _ROUNDUP.search(heading) or _is_mainly_bullets(blocks):
        return "roundup"
    return "note" if _NOTE.search(heading) else "feature"


def _is_mainly_bullets(blocks: list[Block]) -> bool:
    """Recognise a round-up without its name: more than half of its words are in lists."""
    listed = sum(len(words_of(block)) for block in blocks if isinstance(block, Listing))
    return listed * 2 > sum(len(words_of(block)) for block in blocks)


def _without_outer_rules(blocks: list[Block]) -> list[Block]:
    start, end = 0, len(blocks)
    while start < end and isinstance(blocks[start], Rule):
        start += 1
    while end > start and isinstance(blocks[end - 1], Rule):
        end -= 1
    return blocks[start:end]


def demote_long_headings(blocks: list[Block]) -> list[Block]:
    """A heading longer than a column holds is text that somebody made large."""
    return [
        Paragraph(block.prose)
        if isinstance(block, Heading) and len(block.prose.text) > MAX_HEADING
        else block
        for block in blocks
    ]
