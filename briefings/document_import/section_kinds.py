"""Recognise what kind of section follows a heading: by its words, else by what stands under it."""

from __future__ import annotations

import re
from itertools import takewhile

from briefings.document_import.blocks import (
    Block,
    BlockQuote,
    ListBlock,
    Paragraph,
    SourceRole,
    text_of,
)
from briefings.document_import.quotations import are_quotations, is_quotation, quotes_readers
from briefings.models import SectionKind

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
    r"(?=$|[:,]| [–—-] | (?:to|on|from|for|about|and|before|by|until|next|this|in)\b)"
    r"|^next (?:week|time|month|issue)$"
    r"|^(?:(?:an? )?(?:(?:quick|brief|short) )?words? first|first(?: of all)?,? (?:an? |one )"
    r"(?:(?:quick|brief|short) )?(?:word|note)|before (?:we|you|i) (?:begin|start|read(?: on)?"
    r"|go(?: on)?|get going|dive in))[:.…]?$",
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
# Above a list, so much prose is an article: its paragraphs, their characters, and at least one of
# this many parts of the whole; below it, they introduce the list.
MIN_PARAGRAPHS = 2
MIN_PROSE = 150
MAX_PARTS = 3


def names_kind(heading: str) -> bool:
    """Whether a heading tells what kind of section follows: 'The week in …', 'Feedback'."""
    return bool(_FEEDBACK.search(heading) or _ROUNDUP.search(heading))


def names_note(heading: str) -> bool:
    """Whether a heading is that of a note, such as 'Programming note'."""
    return bool(_NOTE.search(heading))


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
        or (isinstance(block, Paragraph) and is_quotation(block.content.text, feedback=True))
        for block in blocks
    ]
    if not any(quoted) or not (quoted[0] or quoted[-1]):
        return False
    words = [len(text_of(block)) for block in blocks]
    in_quotes = sum(length for length, is_quoted in zip(words, quoted, strict=True) if is_quoted)
    return 2 * in_quotes > sum(words)


def _is_mainly_lists(blocks: list[Block]) -> bool:
    """Whether more than half of a section's text is in lists, as in a round-up.

    Readers' words and footnotes are not what a round-up lists, and an article may end in a list.
    """
    above = list(takewhile(lambda block: not isinstance(block, ListBlock), blocks))
    paragraphs = [len(text_of(block)) for block in above if isinstance(block, Paragraph)]
    whole = sum(len(text_of(block)) for block in blocks)
    is_article = len(paragraphs) >= MIN_PARAGRAPHS and sum(paragraphs) >= MIN_PROSE
    if is_article and sum(paragraphs) * MAX_PARTS >= whole:
        return False
    listed = sum(
        len(text_of(block))
        for block in blocks
        if isinstance(block, ListBlock)
        and block.role is not SourceRole.FOOTNOTES
        and not quotes_readers(block)
    )
    return listed * 2 > whole
