"""Recognise sections, where each starts and what kind it is, and the quotations in them."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator
from itertools import islice, pairwise, takewhile

from briefings.document_import.blocks import (
    MAX_HEADING,
    Block,
    BlockQuote,
    Heading,
    HorizontalRule,
    ListBlock,
    Paragraph,
    RichText,
    SourceRole,
    join,
    text_of,
)
from briefings.document_import.lines import (
    MAX_HEADING_LINE,
    MAX_HEADLINE,
    is_greeting,
    is_headline,
)
from briefings.models import SectionKind

MAX_HEADINGS_IN_A_ROW = 2
# Where paragraphs start with a line as their heading: how many there are, and their text's length.
MIN_TIGHT_HEADINGS = 2
MIN_TIGHT_TEXT = 120
MAX_SENTENCE_AS_HEADING = 100
MIN_PARAGRAPHS_OF_PROSE = 2
MAX_BLOCKS_ABOVE_ROUNDUP = 2
MAX_WORDS_OF_A_NAME = 4

_FEEDBACK = re.compile(
    r"\bfeedback\b|\bmail ?bag\b|\bpost ?bag\b|\bletters\b"
    r"|\breaders?\b.{0,20}\b(?:sa(?:id|y|ys)|think|thought|tell|told|wrote|write|comments?|views"
    r"|respond(?:ed)?|responses?|replies|reaction)\b"
    r"|\byour (?:comments|views|say|thoughts|responses|replies|letters|reactions?)\b"
    r"|\b(?:what|how) you (?:said|say|think|thought|told|made|reacted|responded|wrote)\b"
    r"|\byou (?:said|told us|wrote)\b|\b(?:from|in) the comments\b|\bcomments? of the week\b",
    re.IGNORECASE,
)
# A heading that is nothing but the name of such a section; others are headlines with such a word.
_NAMES_FEEDBACK = re.compile(
    r"(?!(?:why|how (?!you)|what (?:if|is|are|do|does)|when|who|where|is|are|do|does|can|will)\b)"
    r"(?:(?:[\w’'-]+:? ){0,6}(?:feedback|mail ?bag|post ?bag)|feedback(?:,.*|:.*|"
    r" (?:on|about|from|to|and)\b.*)"
    r"|(?:(?:the|our|more|your|some|readers?['’]?s?|last week['’]s) )*letters"
    r"(?: (?:page|to (?:the )?editor|to us|of the week|and comments|in brief))?"
    r"|(?:what|how) (?:(?:some|our|the|other) )*(?:you|readers?)\b.*"
    r"|(?:(?:have|some of|more of|a few of) )?your (?:comments|views|say|thoughts|responses|replies"
    r"|letters|reactions?)(?:$|[:,] .*| (?:on|about|to|from|in|and)\b.*)"
    r"|(?:our )?readers?['’]?s? (?:\w+ ){0,2}(?:comments|views|responses|replies|reactions?|letters"
    r"|feedback)(?:$|:.*| (?:on|about|to|from|in|and)\b.*)"
    r"|(?:our )?readers? (?:[\w’'-]+ ?){1,4}|you (?:said|told us|wrote)(?: [\w’'-]+){0,2}"
    r"|(?:from|in) the (?:comments|mail ?bag|post ?bag)\b.*|(?:the )?comments? of the week\b.*)",
    re.IGNORECASE,
)
_ROUNDUP = re.compile(
    r"^(?:the|this|last|your|my) week(?:['’]s \w+)?(?: in\b(?! wh(?:ich|om|ose)\b)|:| that was\b)"
    r"|\bround-?up\b|\b(?:news )?in brief\b|^in other news\b|^(?:also|elsewhere|and) this week\b"
    r"|^(?:quick |best )?(?:links|reads)\b|^what (?:we(?:['’]re| are)|i(?:['’]m| am)) reading\b",
    re.IGNORECASE,
)
# 'The week at sea:' and the like, in a few words and no sentence.
_OF_THE_WEEK = re.compile(
    r"(?!.*\b(?:i|we|you|they|he|she|it)\b)(?:the|this|last|your|my|our)(?: \w+)? week"
    r"(?: [\w’'-]+){0,4}:",
    re.IGNORECASE,
)
_NAMES_ROUNDUP = re.compile(
    r"(?!(?:why|how|what (?!(?:we|i)\b)|when|who|where|is|are|do|does|can|will)\b)(?:"
    r"(?:the|this|last|your|my) week\b.*|in other news\b.*|(?:also|elsewhere|and) this week\b.*"
    r"|what (?:we|i)\b.*|(?:[\w’'-]+:? ){0,5}round-?up(?:$|:.*| (?:of|from|for)\b.*)"
    r"|(?:[\w’'-]+,? ){0,5}in brief(?:$|:.*)"
    r"|(?:quick |best )?(?:links|reads)(?:$|:.*| (?:of|for|from|to|and)\b.*))",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"^(?:(?:an? )?(?:(?:editor['’]?s?|programming|scheduling|publishing|publication|diary|quick"
    r"|brief|short|final|last|personal|housekeeping) )*note|housekeeping|corrections?"
    r"|clarifications?|errat(?:a|um)|away)"
    r"(?=$|[:,]| [–—-] | (?:to|on|from|for|about|and|by|until|next|this|in)\b)"
    r"|^next (?:week|time|month|issue)$",
    re.IGNORECASE,
)
# What a note may be called, and an article too: one where little stands under it.
_BREAK = re.compile(
    r"(?:(?:a|an|our|my|the|short|little|summer|winter|spring|autumn|christmas|easter|festive"
    r"|holiday|half-term|mid-term|new year) )*(?:break|holidays?|time off|pause)"
    r"|out of (?:the )?office|on (?:holiday|leave)|back soon"
    r"|(?:see you|until) (?:in|on|next|then)\b.*|no (?:issue|letter|briefing|newsletter)\b.*"
    r"|(?:(?:an? )?(?:(?:quick|final|last|short|brief) )?word (?:about|on|to|from|before)\b.*"
    r"|(?:(?:many|some|special|a big|and) )*thank(?:s| you)"
    r"(?:,? (?:all|everyone|everybody|again|to)\b.*)?"
    r"|about (?:me|us|the (?:author|writer|editor|briefing|newsletter)"
    r"|this (?:briefing|newsletter|letter))"
    r"|(?:how to )?(?:get in touch|contact(?: (?:me|us|details))?"
    r"|(?:reach|write to|find) (?:me|us))"
    r"\b.*|(?:and )?that(?:['’]s| is) (?:all|it)\b.*|goodbye|farewell|signing off)[.!]?",
    re.IGNORECASE,
)
MAX_BREAK = 400  # characters
# Below an article of some length, what is much shorter is a note, whatever its heading says.
MIN_ARTICLE = 800
MAX_CLOSING_NOTE = 300
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


def names_note(heading: str) -> bool:
    """Whether a heading is that of a note, such as 'Programming note'."""
    return bool(_NOTE.search(heading))


def _may_be_heading(block: Block) -> bool:
    """Whether a paragraph may be a heading; a colon may end one that names a kind of section."""
    if not isinstance(block, Paragraph) or block.content.has_picture or block.indent > 3:
        return False
    text = block.content.text
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


def names_kind(heading: str) -> bool:
    """Whether a heading tells what kind of section follows: 'The week in …', 'Feedback'."""
    return bool(_FEEDBACK.search(heading) or _ROUNDUP.search(heading))


def _sentences_as_headings(blocks: list[Block], lines: set[int]) -> Iterator[int]:
    """Yield where a question or a sentence stands as a heading above a longer paragraph.

    A question must not speak of what precedes it; a sentence ends a round-up's bullets. An article
    below those may open with a short answer.
    """
    after_roundup = False
    for at, block in enumerate(blocks[:-1]):
        if at in lines:
            after_roundup = _opens_roundup(text_of(block), blocks[at + 1])
        elif isinstance(block, Paragraph) and not block.indent and not block.content.has_picture:
            text = block.content.text
            after = blocks[at + 1]
            ends_roundup = after_roundup and isinstance(blocks[at - 1], ListBlock)
            if (
                isinstance(after, Paragraph)
                and at + 1 not in lines
                and _prose_below(blocks, at, whole=ends_roundup) >= min(len(text), MAX_HEADING_LINE)
                and _is_sentence_as_heading(text, ends_roundup=ends_roundup)
            ):
                yield at
                after_roundup = False


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
    is_question = text.rstrip("”’\"')").endswith("?")
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


def read_section(heading: str, blocks: list[Block]) -> tuple[SectionKind, list[Block]]:
    """Return a section's kind and its blocks, with the quotations in them set apart."""
    kind = kind_of(heading, blocks)
    body = _without_outer_rules(blocks)
    if kind != SectionKind.ROUNDUP:
        body = quote_items(body)
    return kind, mark_quotations(body, feedback=kind == SectionKind.FEEDBACK)


def kind_of(heading: str, blocks: list[Block]) -> SectionKind:
    """Return a section's kind: by its heading if that tells, else by what stands under it.

    A word such as 'letters' in a headline does not tell: the text must be readers' words then.
    Text without a heading is a note: it opens an issue that has no headline.
    """
    if not heading:
        return SectionKind.NOTE
    name = heading.rstrip(": ")
    if _FEEDBACK.search(name) and (_NAMES_FEEDBACK.fullmatch(name) or _is_mainly_quoted(blocks)):
        return SectionKind.FEEDBACK
    names_roundup = _ROUNDUP.search(name) and _NAMES_ROUNDUP.fullmatch(name)
    is_musing = name[:4].lower() == "what" and _is_one_paragraph(blocks)
    if (names_roundup and not is_musing) or _is_mainly_lists(blocks):
        return SectionKind.ROUNDUP
    if _NOTE.search(name) or (_BREAK.fullmatch(name) and _is_short(blocks)):
        return SectionKind.NOTE
    return SectionKind.FEATURE


def closing_notes(sections: list[tuple[SectionKind, list[Block]]]) -> set[int]:
    """Return which sections below an article are notes by their size, at the end of an issue."""
    lengths = [sum(len(text_of(block)) for block in blocks) for _, blocks in sections]
    articles = [at for at, (kind, _) in enumerate(sections) if kind == SectionKind.FEATURE]
    longest = max((lengths[at] for at in articles), default=0)
    closing: set[int] = set()
    for at in reversed(articles):
        if longest < MIN_ARTICLE or lengths[at] > min(MAX_CLOSING_NOTE, longest // 4):
            break
        closing.add(at)
    return closing


def _is_one_paragraph(blocks: list[Block]) -> bool:
    return len(blocks) == 1 and isinstance(blocks[0], Paragraph) and "\n" not in text_of(blocks[0])


def _is_short(blocks: list[Block]) -> bool:
    return 0 < sum(len(text_of(block)) for block in blocks) <= MAX_BREAK


def _is_mainly_quoted(blocks: list[Block]) -> bool:
    """Whether a section is readers' words and hardly more, not an article that quotes some.

    The author has the first word or the last of it, not both.
    """
    quoted = [
        isinstance(block, BlockQuote)
        or (isinstance(block, ListBlock) and are_quotations(block))
        or (isinstance(block, Paragraph) and _is_quotation(block.content.text, feedback=True))
        for block in blocks
    ]
    if not any(quoted) or not (quoted[0] or quoted[-1]):
        return False
    words = [len(text_of(block)) for block in blocks]
    in_quotes = sum(length for length, is_quoted in zip(words, quoted, strict=True) if is_quoted)
    return 2 * in_quotes > sum(words)


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


# --- quotations: readers' words in paragraphs and lists --------------------------------------

MIN_WORDS = 4
MAX_ATTRIBUTION = 100
MAX_IN_ONE_PARAGRAPH = 10
CLOSING = {"“": "”", '"': '"', "‘": "’", "'": "'", "«": "»"}
_ANNOUNCES = re.compile('[:,][ \t\n\u00a0]*(?=[“"‘«])')
_OF_READERS = re.compile(
    r"\b(?:reader|comment|correspondent|respondent|subscriber|wrote in|writes in|e-?mailed"
    r"|anonymous)",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"[.!?…][”’\"']?\s+[–—-]\s*(\w[^.!?…]*)$")
_SINGLE_CLOSE = re.compile("[.,!?…][’'](?=\\s|$)")


def are_quotations(block: ListBlock) -> bool:
    """Whether each item of a bulleted list is somebody's words: in quotation marks, or signed."""
    quoted = list(map(_is_quoted_item, block.items))
    others = [_is_signed_item(item) or _is_short_speech(item) for item in block.items]
    if block.ordered:  # a number is for order, or only keeps readers' words apart
        return all(text_of(item[0])[:1] in CLOSING for item in block.items) and all(quoted)
    return any(quoted) and all(map(operator.or_, quoted, others))


def _is_signed_item(item: tuple[Block, ...]) -> bool:
    """Whether an item ends with who said it: 'Never again. – a retired governor'."""
    found = _SIGNED.search(text_of(item[-1]))
    return found is not None and len(found[1]) <= MAX_ATTRIBUTION


def _is_short_speech(item: tuple[Block, ...]) -> bool:
    """Whether an item starts with a few words that somebody says: “Ask me,” said one."""
    text = text_of(item[0])
    end = _closing_end(text, 0) if text[:1] in CLOSING else None
    return end is not None and text[end - 2] in ",.!?…"


def _is_quoted_item(item: tuple[Block, ...]) -> bool:
    """Whether an item opens with somebody's words at length, or announces them."""
    if not all(isinstance(part, Paragraph) for part in item):
        return False
    text = text_of(item[0])
    if text[:1] not in CLOSING:
        return _announced_span(text, feedback=True) is not None
    end = _closing_end(text, 0)
    if end is None or not text[end:].strip() or len(text[:end].split()) >= MIN_WORDS:
        return True
    # “Tax them,” says one. “Tax them until they squeak.”
    quoted = re.findall(f"{text[0]}(.*?){CLOSING[text[0]]}", text, re.DOTALL)
    words = [len(one.split()) for one in quoted]
    return max(words, default=0) >= MIN_WORDS and 2 * sum(words) >= len(text.split())


def quote_items(blocks: list[Block]) -> list[Block]:
    """Turn lists of quotations into quotations: the bullets only keep them apart."""
    made: list[Block] = []
    for block in blocks:
        if isinstance(block, ListBlock) and are_quotations(block):
            made += map(BlockQuote, block.items)
        else:
            made.append(block)
    return made


def mark_quotations(blocks: list[Block], *, feedback: bool) -> list[Block]:
    """Turn paragraphs, and ends of paragraphs, that quote somebody at length into quotations.

    A paragraph of an article that quotes in passing stays whole. In a feedback section, or where
    a reader is announced, the quotation is set apart from its announcement.
    """
    made: list[Block] = []
    at = 0
    while at < len(blocks):
        block = blocks[at]
        used = 1
        if not isinstance(block, Paragraph):
            made.append(block)
        elif made and isinstance(made[-1], BlockQuote) and _is_attribution(block.content.text):
            made[-1] = BlockQuote((*made[-1].blocks, block))
        elif paragraphs := _quoted_paragraphs(blocks, at):
            made += _split_quoted_paragraphs(paragraphs)
            used = len(paragraphs)
        elif _is_quotation(block.content.text, feedback=feedback):
            made.append(BlockQuote((block,)))
        else:
            made += _split_announced(block, feedback=feedback)
        at += used
    return made


def _quoted_paragraphs(blocks: list[Block], at: int) -> list[RichText]:
    """Return the paragraphs of one quotation that runs over several paragraphs.

    Each of them starts with an opening quotation mark, and only the last ends with a closing one.
    Empty if no such quotation starts here.
    """
    block = blocks[at]
    if not isinstance(block, Paragraph):
        return []
    start = _unclosed_start(block.content.text)
    if start is None:
        return []
    mark = block.content.text[start]
    paragraphs = [block.content]
    for following in blocks[at + 1 :]:
        if not isinstance(following, Paragraph) or not following.content.text.startswith(mark):
            break
        paragraphs.append(following.content)
        if _closing_end(following.content.text, 0) is not None:
            break
    return paragraphs if len(paragraphs) > 1 else []


def _split_quoted_paragraphs(paragraphs: list[RichText]) -> list[Block]:
    first, *middle, last = paragraphs
    start = _unclosed_start(first.text) or 0
    end = _closing_end(last.text, 0)
    quoted = (first.cut(start), *middle, last.cut(0, end))
    before = first.cut(0, start)
    after = last.cut(len(last.text) if end is None else end)
    return [
        *([Paragraph(before)] if before else []),
        BlockQuote(tuple(map(Paragraph, quoted))),
        *([Paragraph(after)] if after else []),
    ]


def _is_quotation(text: str, *, feedback: bool) -> bool:
    """Whether a paragraph is one quotation, with at most a name after it.

    One that closes in the middle (“A,” she said, “B.”) is the author's own sentence.
    """
    if text[:1] not in CLOSING:
        return False
    end = _closing_end(text, 0)
    if end is None:
        return feedback and text[0] != "'"  # ’Tis
    rest = text[end:].strip()
    is_long_enough = feedback or len(text[:end].split()) >= MIN_WORDS
    return is_long_enough and (not rest or _is_attribution(rest) or rest.startswith("("))


def _split_announced(block: Paragraph, *, feedback: bool) -> list[Block]:
    """Split 'One reader says: “…”' into its announcement, a paragraph, and the quotation."""
    pieces: list[Block] = []
    rest = block.content
    while len(pieces) < 2 * MAX_IN_ONE_PARAGRAPH:
        span = _announced_span(rest.text, feedback=feedback)
        if span is None:
            break
        pieces.append(Paragraph(rest.cut(0, span[0])))
        pieces.append(BlockQuote((Paragraph(rest.cut(*span)),)))
        rest = rest.cut(span[1])
    if not pieces:
        return [block]
    return [*pieces, Paragraph(rest)] if rest else pieces


def _announced_span(text: str, *, feedback: bool) -> tuple[int, int] | None:
    """Return where a reader's words start and end in a paragraph that announces them."""
    for found in islice(_ANNOUNCES.finditer(text), MAX_IN_ONE_PARAGRAPH):
        start = found.end()
        if not feedback and not _OF_READERS.search(text[max(start - 200, 0) : start]):
            continue
        if found[0].startswith(",") and not (feedback and text[start + 1 : start + 2].isupper()):
            continue
        end = _closing_end(text, start) or len(text)
        rest = text[end:].strip()
        continues = rest and not (text[end - 2] in ".!?…" and not rest[0].islower())
        if len(text[start:end].split()) >= MIN_WORDS and not continues:
            return start, end
    return None


def _unclosed_start(text: str) -> int | None:
    """Return where the quotation starts that a paragraph opens and does not close."""
    if text[:1] == "‘":
        return 0 if _closing_end(text, 0) is None else None
    opened: list[int] = []
    for found in re.finditer('[“”"«»]', text):
        mark = found[0]
        if mark in "“«" or (mark == '"' and not opened):
            opened.append(found.start())
        elif opened:
            opened.pop()
    return opened[0] if opened else None


def _closing_end(text: str, start: int) -> int | None:
    """Return the offset after the mark that closes a quotation; None where it stays open."""
    mark = text[start]
    if mark in "‘'":
        # The apostrophe looks the same; one after a full stop, or the last character, closes.
        found = _SINGLE_CLOSE.search(text, start + 1)
        if found:
            return found.end()
        return len(text) if text.endswith(CLOSING[mark]) and len(text) > start + 1 else None
    if mark == '"':
        closing = text.find('"', start + 1)
        return closing + 1 if closing >= 0 else None
    depth = 0
    for found in re.finditer(f"[{mark}{CLOSING[mark]}]", text[start:]):
        depth += 1 if found[0] == mark else -1
        if depth == 0:
            return start + found.end()
    return None


def _is_attribution(text: str) -> bool:
    """Whether the text names who is quoted: '– a finance director, Leeds'."""
    return text[:1] in "–—" and bool(text) and len(text) <= MAX_ATTRIBUTION
