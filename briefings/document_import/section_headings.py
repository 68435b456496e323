"""Recognise the lines of a text without marked headings that serve as headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, pairwise, takewhile

from briefings.document_import.blocks import (
    MAX_HEADING,
    Block,
    Heading,
    HorizontalRule,
    ListBlock,
    Paragraph,
    RichText,
    join,
    text_of,
)
from briefings.document_import.lines import (
    MAX_HEADING_LINE,
    MAX_HEADLINE,
    is_greeting,
    is_headline,
)
from briefings.document_import.quotations import are_quotations
from briefings.document_import.section_kinds import kind_of, names_kind, names_note
from briefings.models import SectionKind

MAX_HEADINGS_IN_A_ROW = 2
# Where paragraphs start with a line as their heading: how many there are, and their text's length.
MIN_TIGHT_HEADINGS = 2
MIN_TIGHT_TEXT = 120
MAX_SENTENCE_AS_HEADING = 100
MIN_PARAGRAPHS_OF_PROSE = 2
MAX_BLOCKS_ABOVE_ROUNDUP = 2
MAX_WORDS_OF_A_NAME = 4
# 'The week at sea:' and the like, in a few words and no sentence.
_OF_THE_WEEK = re.compile(
    r"(?!.*\b(?:i|we|you|they|he|she|it)\b)(?:the|this|last|your|my|our)(?: \w+)? week"
    r"(?: [\w’'-]+){0,4}:",
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
# How a short question starts that may be a heading; one in passing speaks of somebody or of this.
_ASKS = re.compile(
    r"(?:who|what|why|when|where|how|which|whose|is|are|can|could|will|would|should|do|does|did"
    r"|has|have|must)\b",
    re.IGNORECASE,
)
_OF_PERSONS = re.compile(r"\b(?:i|me|they|them|he|she|him|this|that|these|those)\b", re.IGNORECASE)
_LEADS_ON = re.compile(
    r"(?:one|two|three|four|five|a few|some|several|many|most|another|others?|here|these|among"
    r"|an? (?:reader|subscriber|colleague|correspondent))\b|(?!.*\byou\b).*\b(?:me|us)\b",
    re.IGNORECASE,
)
# What an article's sentence above readers' words has, and what their own section may be called too.
_REPORTS = re.compile(
    r"\b(?:had|has|have|was|were|is|are|ranged?|came|went|asked|got|received|sent|poured|arrived"
    r"|(?:wrote|write|got|been) (?:in|back))\b",
    re.IGNORECASE,
)
# What ends a section of readers' words, where an article would go on.
_THANKS = re.compile(
    r"(?:(?:many )?thanks?\b|keep (?:them|writing|it) |(?:please )?(?:write|email|reply|send)\b"
    r"|more (?:next|of)|do (?:write|keep)|let (?:me|us) know|join in|add yours|have your say)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile("[.!?…][”’\"')]*(?=\\s+[“‘\"'(]?[A-Z0-9])")
MIN_WORDS_OF_A_QUESTION = 4
_NUMBER_OF_LEVELS = re.compile(r"\d{1,3}(?:\.\d{1,3}){1,8}[.)]?\s")  # '1.2 Ask' among rules
MIN_ARTICLE_TEXT = 300
MIN_FIRST_PARAGRAPH = 60  # what is shorter answers a question in passing


def mark_headings(blocks: list[Block], *, headline_is_marked: bool) -> list[Block]:
    """Turn lines that serve as headings into headings, unless the body has headings already.

    These are the lines wholly in bold. If there are none, and the headline is not marked either,
    they are short lines that do not end as a sentence does, questions, and the sentence that
    follows a round-up.
    """
    if any(isinstance(block, Heading) for block in blocks):
        return blocks
    blocks = _split_tight_headings(blocks, headline_is_marked=headline_is_marked)
    lines = {at for at, block in enumerate(blocks) if _may_be_heading(block)}
    bold = {at for at in lines if _is_bold(blocks[at])} | set(_bold_sentences(blocks))
    if bold or headline_is_marked:
        lines = bold
    else:
        lines -= {at for at in lines if _leads_to_quotations(blocks, at)}
        lines |= set(_lines_in_capitals(blocks, lines))
        lines |= set(_line_above_first_list(blocks))
        lines |= set(_sentences_as_headings(blocks, lines))
    lines |= set(_first_lines_below_roundups(blocks, lines))
    columns = _lines_in_columns(lines)
    return [
        Heading(_plain_heading(block.content), 3 if at - 1 in lines else 2)
        if isinstance(block, Paragraph) and at in lines - columns and at + 1 < len(blocks)
        else block
        for at, block in enumerate(blocks)
    ]


def _bold_sentences(blocks: list[Block]) -> Iterator[int]:
    """Yield where questions and sentences in bold stand by themselves above ordinary text."""
    for at, (block, after) in enumerate(pairwise(blocks)):
        text = text_of(block)
        if not _is_bold(block) or "\n" in text or len(text) > MAX_SENTENCE_AS_HEADING:
            continue
        if text[-1:] in ".?!" and not _is_bold(after) and not is_greeting(text):
            yield at


def _first_lines_below_roundups(blocks: list[Block], lines: set[int]) -> Iterator[int]:
    """Yield the short lines that open prose below a round-up's list, whatever they look like.

    Prose of several paragraphs is an article, and not what the week's bullets end with.
    """
    for at in sorted(lines):
        if at + 2 >= len(blocks) or not _opens_roundup(text_of(blocks[at]), blocks[at + 1]):
            continue
        listed = (place for place in range(at + 1, len(blocks)) if place not in lines)
        start = next((one for one in listed if isinstance(blocks[one], ListBlock)), None)
        while start is not None and start < len(blocks) and isinstance(blocks[start], ListBlock):
            start += 1
        if start is None or start in lines:
            continue
        end = next((one for one in sorted(lines) if one > start), len(blocks))
        first, *prose = blocks[start:end] or [HorizontalRule()]
        is_line = isinstance(first, Paragraph) and "\n" not in first.content.text
        paragraphs = [block for block in prose if isinstance(block, Paragraph)]
        if (
            is_line
            and len(text_of(first)) <= MAX_SENTENCE_AS_HEADING
            and not text_of(first).endswith((":", ","))
            and len(paragraphs) >= MIN_PARAGRAPHS_OF_PROSE
            and sum(map(len, map(text_of, paragraphs))) >= MIN_TIGHT_TEXT
        ):
            yield start


def _line_above_first_list(blocks: list[Block]) -> Iterator[int]:
    """Yield where a few words with a colon open the bullets at the top of an issue: 'Briefly:'."""
    lists = (at for at, block in enumerate(blocks) if isinstance(block, ListBlock))
    at = next(lists, 0) - 1
    if not 0 <= at <= MAX_BLOCKS_ABOVE_ROUNDUP or _is_list_of_quotations(blocks[at + 1 : at + 2]):
        return
    line = text_of(blocks[at])
    is_short = isinstance(blocks[at], Paragraph) and len(line.split()) <= MAX_WORDS_OF_A_NAME
    if is_short and line.endswith(":") and is_headline(line[:-1]) and not _announces(line):
        yield at


def _lines_in_capitals(blocks: list[Block], lines: set[int]) -> Iterator[int]:
    """Yield where questions and exclamations in capitals stand, if other headings are so too."""
    if not any(text_of(blocks[at]).isupper() for at in lines):
        return
    for at, block in enumerate(blocks):
        text = text_of(block)
        is_short = isinstance(block, Paragraph) and text.isupper() and len(text) <= MAX_HEADING_LINE
        if is_short and is_headline(text, may_end_sentence=True):
            yield at


def _split_tight_headings(blocks: list[Block], *, headline_is_marked: bool) -> list[Block]:
    """Split off headings that stand on the first line of their paragraph.

    One in bold, or one that tells what kind of section follows, is always a heading; others where
    several paragraphs start in this way.
    """
    pairs = {at: pair for at, block in enumerate(blocks) if (pair := _tight_pair(block))}
    is_usual = not headline_is_marked and len(pairs) >= MIN_TIGHT_HEADINGS
    made: list[Block] = []
    for at, block in enumerate(blocks):
        if at in pairs and (is_usual or _is_clear_heading(pairs[at][0])):
            made += pairs[at]
        else:
            made.append(block)
    return made


def _tight_pair(block: Block) -> tuple[Paragraph, Paragraph] | None:
    """Return a line that may be a heading and the text of its paragraph; None for short lines."""
    if not isinstance(block, Paragraph) or "\n" not in block.content.text:
        return None
    first, *rest = block.content.lines()
    pair = Paragraph(first, block.role, block.indent), Paragraph(join(rest, "\n"), block.role)
    text = pair[1].content.text
    is_long = len(text) >= MIN_TIGHT_TEXT or _is_clear_heading(pair[0])
    ends_sentence = text.rstrip("”’\"')")[-1:] in ".!?…"
    return pair if _may_be_heading(pair[0]) and is_long and ends_sentence else None


def _is_clear_heading(line: Paragraph) -> bool:
    kind = kind_of(line.content.text.rstrip(": "), [])
    return _is_bold(line) or kind in {SectionKind.NOTE, SectionKind.FEEDBACK}


def _may_be_heading(block: Block) -> bool:
    """Whether a paragraph may be a heading; a colon may end one that names a kind of section."""
    if not isinstance(block, Paragraph) or block.content.has_picture or block.indent > 3:
        return False
    text = block.content.text
    if is_greeting(text) or _NUMBER_OF_LEVELS.match(text):
        return False
    names_section = names_kind(text) or names_note(text) or _OF_THE_WEEK.fullmatch(text)
    named = text.endswith(":") and names_section and not _announces(text)
    return is_headline(text[:-1] if named else text)


def _announces(line: str) -> bool:
    """Whether a line that ends in a colon is a sentence that leads to what follows."""
    return bool(_SENTENCE_END.search(line) or _LEADS_ON.match(line))


def _leads_to_quotations(blocks: list[Block], at: int) -> bool:
    """Whether a line with a colon is an article's sentence above readers' words.

    'Readers had views:' always is; 'What readers said:' where the article goes on below them and
    does not only say thank you.
    """
    text = text_of(blocks[at])
    if not text.endswith(":") or not _is_list_of_quotations(blocks[at + 1 : at + 2]):
        return False
    below = blocks[at + 2] if at + 2 < len(blocks) else None
    goes_on = isinstance(below, Paragraph) and not _may_be_heading(below)
    says_thanks = below is not None and _THANKS.match(text_of(below))
    return bool(_REPORTS.search(text) or (goes_on and not says_thanks))


def _is_list_of_quotations(blocks: list[Block]) -> bool:
    return any(isinstance(block, ListBlock) and are_quotations(block) for block in blocks)


def _sentences_as_headings(blocks: list[Block], lines: set[int]) -> Iterator[int]:
    """Yield where a question or a sentence stands as a heading above a longer paragraph.

    A question must not speak of what precedes it; a short one opens another part of an article that
    has a heading. A sentence ends a round-up's bullets, and an article below those may open with a
    short answer.
    """
    after_roundup = False
    article_at = None
    for at, block in enumerate(blocks[:-1]):
        if at in lines:
            after_roundup = _opens_roundup(text_of(block), blocks[at + 1])
            is_article = kind_of(text_of(block), []) == SectionKind.FEATURE and not after_roundup
            article_at = at if is_article else None
        elif isinstance(block, Paragraph) and not block.indent and not block.content.has_picture:
            text = block.content.text
            after = blocks[at + 1]
            ends_roundup = after_roundup and isinstance(blocks[at - 1], ListBlock)
            if (
                isinstance(after, Paragraph)
                and at + 1 not in lines
                and _prose_below(blocks, at, whole=ends_roundup) >= min(len(text), MAX_HEADING_LINE)
                and (
                    _is_sentence_as_heading(text, ends_roundup=ends_roundup)
                    or (article_at is not None and _is_next_question(blocks, article_at, at))
                )
            ):
                yield at
                after_roundup = False
                article_at = at


def _opens_roundup(heading: str, below: Block) -> bool:
    """Whether a heading is a round-up's: by its name, or by the bullets directly below it."""
    has_bullets = isinstance(below, ListBlock) and not are_quotations(below)
    return kind_of(heading, []) == SectionKind.ROUNDUP or has_bullets


def _prose_below(blocks: list[Block], at: int, *, whole: bool) -> int:
    """Return the length of the paragraph below a line, or of all until something else stands."""
    paragraphs = takewhile(lambda block: isinstance(block, Paragraph), blocks[at + 1 :])
    return sum(len(text_of(block)) for block in (paragraphs if whole else islice(paragraphs, 1)))


def _is_sentence_as_heading(text: str, *, ends_roundup: bool) -> bool:
    if not is_headline(text.rstrip(".!?…"), longest=MAX_HEADLINE) or _SENTENCE_END.search(text):
        return False
    is_question = _is_question(text)
    if text.count("“") != text.count("”"):
        return False
    if ends_roundup and is_question:
        return True  # also 'So, will it open?': below a round-up it continues no article
    if _CONTINUES.match(text):
        return False
    if ends_roundup:
        return len(text) <= MAX_HEADING_LINE
    is_long_enough = len(text.split()) >= MIN_WORDS_OF_A_QUESTION
    return is_question and is_long_enough and not _REFERS_BACK.search(text)


def _is_question(text: str) -> bool:
    return text.rstrip("”’\"')").endswith("?")


def _is_next_question(blocks: list[Block], before: int, at: int) -> bool:
    """Whether a short question opens the next part of an article.

    There is an article's worth of prose above it and below it, which a question in passing lacks.
    """
    text = text_of(blocks[at])
    above = [text_of(block) for block in blocks[before + 1 : at]]
    below = [
        text_of(block)
        for block in takewhile(lambda block: isinstance(block, Paragraph), blocks[at + 1 :])
    ]
    return (
        _is_question(text)
        and len(text.split()) > 1
        and bool(_ASKS.match(text))
        and not _OF_PERSONS.search(text)
        and is_headline(text.rstrip(".!?…"), longest=MAX_HEADING_LINE)
        and all(len(prose) >= MIN_PARAGRAPHS_OF_PROSE for prose in (above, below))
        and min(sum(map(len, prose)) for prose in (above, below)) >= MIN_ARTICLE_TEXT
        and len(below[0]) >= MIN_FIRST_PARAGRAPH
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


def demote_long_headings(blocks: list[Block]) -> list[Block]:
    """Make headings that are too long for one paragraphs: text that somebody made large."""
    return [
        Paragraph(block.content)
        if isinstance(block, Heading) and len(block.content.text) > MAX_HEADING
        else block
        for block in blocks
    ]
