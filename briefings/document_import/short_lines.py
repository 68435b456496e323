"""What a short line is by its words: a headline, a name, a date, boilerplate."""

from __future__ import annotations

import re

from briefings.document_import.blocks import (
    Block,
    Heading,
    ListBlock,
    Paragraph,
    join,
    text_of,
)
from briefings.document_import.typed_lists import item_text_start

MAX_HEADLINE = 120
MAX_HEADING_LINE = 80
MAX_BOILERPLATE = 240

_PARTICLES = frozenset(
    {"de", "del", "della", "der", "den", "di", "da", "dos", "du", "la", "le", "van", "von", "bin"}
    | {"ibn", "al", "el", "ter", "ten", "y"}
)
_NOT_IN_NAMES = frozenset(
    {"the", "a", "an", "this", "that", "next", "last", "week", "in", "on", "at", "for", "from"}
    | {"of", "with", "and", "or", "but", "what", "why", "how", "new", "our", "your", "my", "their"}
    | {"no", "more", "best", "kind", "regards", "yours", "good", "dear"}
)
_GREETING = re.compile(
    r"(?:hello|hi|hey|welcome|greetings|dear|good (?:morning|afternoon|evening|day)|happy \w+)\b"
    r"(?=[\s,!.]*$|.*[!,.]$|.{0,20}\b(?:all|back|everyone|everybody|friends|readers?|there|you)\b)",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATE_PARTS = re.compile(
    r"\b(?:(?:issue|edition|number|no\.?|vol(?:ume)?\.?|#)\s*\d{1,5}"
    r"|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}(?:,?\s+\d{{4}})?"
    rf"|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+\d{{4}})?"
    r"|\d{4}-\d{2}-\d{2}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|\d{1,2}[:.]\d{2}(?:\s?[ap]m)?"
    r"|published|updated|posted|sent|on|at)(?!\w)",
    re.IGNORECASE,
)
# Lines that every issue carries and the public page has in its own way.
_SIGN_UP = re.compile(
    r"(?:to |please )?(?:sign up|subscribe|register)\b"
    r"(?=.*\b(?:e-?mail|inbox|newsletter|here|(?:every|each) (?:week|month|\w+day)|copy)\b)"
    r"|(?:sign up|subscribe)(?: (?:now|today|here|for free))?[.!]?$"
    r"|(?:get|receive) .{1,80}\b(?:by e-?mail|(?:in|to) your inbox)\b"
    r"|(?:not (?:yet |already )?(?:a )?subscribe[rd]\b|want to (?:get|receive)\b).{0,120}"
    r"\b(?:sign up|subscribe)\b",
    re.IGNORECASE,
)
_SHARE = re.compile(
    r"(?:please )?(?:share|tweet|post|like|recommend|forward|e-?mail) this"
    r"(?: (?:article|issue|edition|briefing|story|page|post|e-?mail|newsletter))?"
    r"(?:\W+(?:on|via|by|with|to|in)\b.{0,80})?\W*$"
    r"|(?:share|tweet|post)(?: (?:on|via|to|by)\b.{0,80})?\W*$"
    r"|follow (?:me|us|@?[\w’'-]+(?: [\w’'-]+){0,3}) on .{1,80}$",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"(?=.*\b(?:you|friend|colleague)\b)(?:if|was|were|has|have|did|been|had)\b.{0,60}\bforward(?:ed)?\b"
    r".{0,20}\b(?:this|it|you|briefing|newsletter|e-?mail|copy)\b"
    r"|(?:been )?forwarded (?:this|to you)\b",
    re.IGNORECASE,
)
_MAILING = re.compile(
    r"(?:to |click here to )?unsubscribe\b"
    r"|(?:view|read|open|see) (?:this|it)\b.{0,40}\bin (?:your|a|the) (?:web )?browser"
    r"|(?:trouble|problems|can['’]t) (?:viewing|reading|view|read|seeing|see) this\b"
    r"|you(?:['’]re| are) (?:receiving|getting) this\b"
    r"|(?:manage|update|change) (?:your|my) (?:e-?mail )?(?:preferences|subscriptions?)\b"
    r"|(?:©|\(c\)|copyright) ?.{0,20}\d{4}",
    re.IGNORECASE,
)


# --- headlines, names and dates --------------------------------------------------------------


def is_headline(text: str, *, longest: int = MAX_HEADLINE, may_end_sentence: bool = False) -> bool:
    """Whether a line of plain text is a heading: short, and without a full stop at its end.

    With `may_end_sentence`, a question or an exclamation is one too, as at the top of an issue.
    """
    if not 1 < len(text) <= longest or "\n" in text or item_text_start(text):
        return False
    first = text.lstrip("“‘\"'(£$€")[:1]
    closing = text.rstrip("”’\"')")[-1:]
    return (first.isupper() or first.isdigit()) and (
        closing not in ".!?…:;,–—-" or (may_end_sentence and closing in "!?")
    )


def is_greeting(text: str) -> bool:
    """Whether a line only greets: 'Hello and welcome!', 'Dear reader'."""
    return len(text) <= 60 and bool(_GREETING.match(text))


def is_name(text: str) -> bool:
    """Whether the text is a person's name: two to five words, capitalised except particles."""
    words = text.split()
    if not 2 <= len(words) <= 5 or len(text) > 60:
        return False
    capitalised = 0
    for word in words:
        alphabetic = word.strip(".").replace("-", "").replace("’", "").replace("'", "")
        if not alphabetic.isalpha() or word.lower() in _NOT_IN_NAMES:
            return False
        if _is_capitalised(word):
            capitalised += 1
        elif word.lower() not in _PARTICLES:
            return False
    return capitalised >= 2 and _is_capitalised(words[-1])


def _is_capitalised(word: str) -> bool:
    """Whether a word starts with a capital, perhaps after a particle: 'el-Amin', 'd’Arcy'."""
    before, *after = re.split("[-’']", word, maxsplit=1)
    return word[0].isupper() or (
        before in {*_PARTICLES, "d"} and bool(after) and after[0][:1].isupper()
    )


def are_names(text: str) -> bool:
    """Whether the text is one or several names: 'Ada Lane, Ben Oduya and Cy Marsh'."""
    return len(text) <= 120 and all(map(is_name, split_names(text)))


def split_names(text: str) -> list[str]:
    """Return the names that a byline joins."""
    return [name for name in re.split(r",? (?:and|&) |, ", text[:200]) if name]


def is_dateline(text: str) -> bool:
    """Whether a line has only dates and numbers: 'Issue 12 | Thursday 7 April 2016'."""
    if not any(char.isdigit() for char in text[:80]) or len(text) > 80:
        return False
    return not _DATE_PARTS.sub("", text).strip(" \t\u00a0,.|·•–—-/()")


# --- boilerplate -----------------------------------------------------------------------------


def is_boilerplate(block: Block) -> bool:
    """Whether a block is nothing but lines that every issue carries.

    Only a whole and short paragraph is, so that an article about sharing or signing up stays one.
    """
    if not isinstance(block, Paragraph | Heading | ListBlock):
        return False
    lines = text_of(block).split("\n", maxsplit=20)
    return all(map(is_boilerplate_line, lines))


def is_boilerplate_line(line: str) -> bool:
    """Whether a line invites to sign up or share, or is about the mailing itself."""
    text = line.strip(" \t\u00a0[]()»›→>|*•")
    return len(line) <= MAX_BOILERPLATE and any(
        pattern.match(text) for pattern in (_SIGN_UP, _SHARE, _FORWARDED, _MAILING)
    )


# --- paragraphs of short lines ---------------------------------------------------------------


def split_short_lines(block: Block, *, longest: int = 160) -> list[Paragraph]:
    """Return the lines of a paragraph of short ones, each as a paragraph; [] of other blocks."""
    if not isinstance(block, Paragraph) or not 0 < block.content.text.count("\n") < 12:
        return []
    lines = block.content.lines()
    if any(len(line.text) > longest for line in lines):
        return []
    return [Paragraph(line, block.role) for line in lines]


def join_lines(lines: list[Paragraph]) -> Paragraph:
    """Return the paragraph that lines were before they were split."""
    return Paragraph(join([line.content for line in lines], "\n"), lines[0].role)
