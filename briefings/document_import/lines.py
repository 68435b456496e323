"""What a short line by itself can be: a headline, a name, a date."""

from __future__ import annotations

import re

from briefings.document_import.blocks import Block, Paragraph
from briefings.document_import.bullets import begins_item
from briefings.document_import.prose import joined

MAX_HEADLINE = 120
MAX_HEADING_LINE = 80
_PARTICLES = frozenset(
    {"de", "del", "della", "der", "den", "di", "da", "dos", "du", "la", "le", "van", "von", "bin"}
    | {"ibn", "al", "el", "ter", "ten", "y"}
)
_NOT_IN_NAMES = frozenset(
    {"the", "a", "an", "this", "that", "next", "last", "week", "in", "on", "at", "for", "from"}
    | {"of", "with", "and", "or", "but", "what", "why", "how", "new", "our", "your", "my", "their"}
    | {"no", "more", "best", "kind", "regards", "yours", "good", "dear"}
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


def is_headline(text: str, *, longest: int = MAX_HEADLINE, ends_freely: bool = False) -> bool:
    """Recognise a heading in plain text: a short line that does not end as a sentence does.

    `ends_freely` admits a question or an exclamation, as headlines at the top of an issue have.
    """
    if not 1 < len(text) <= longest or "\n" in text or begins_item(text):
        return False
    first = text.lstrip("“‘\"'(£$€")[:1]
    closing = text.rstrip("”’\"')")[-1:]
    return (first.isupper() or first.isdigit()) and (
        closing not in ".!?…:;,–—-" or (ends_freely and closing in "!?")
    )


def is_name(text: str) -> bool:
    """Recognise a person's name: two to five words in capitals, particles and initials aside."""
    words = text.split()
    if not 2 <= len(words) <= 5 or len(text) > 60:
        return False
    capitals = 0
    for word in words:
        letters = word.strip(".").replace("-", "").replace("’", "").replace("'", "")
        if not letters.isalpha() or word.lower() in _NOT_IN_NAMES:
            return False
        if word[0].isupper():
            capitals += 1
        elif word.lower() not in _PARTICLES:
            return False
    return capitals >= 2 and words[-1][0].isupper()


def are_names(text: str) -> bool:
    """Recognise one or several names: 'Ada Lane, Ben Oduya and Cy Marsh'."""
    return len(text) <= 120 and all(map(is_name, split_names(text)))


def split_names(text: str) -> list[str]:
    """The names that a byline joins."""
    return [name for name in re.split(r",? (?:and|&) |, ", text[:200]) if name]


def is_dateline(text: str) -> bool:
    """Recognise 'Issue 12 | Thursday 7 April 2016': dates and numbers with only signs between."""
    if not any(sign.isdigit() for sign in text[:80]) or len(text) > 80:
        return False
    return not _DATE_PARTS.sub("", text).strip(" \t\u00a0,.|·•–—-/()")


def apart(block: Block, *, longest: int = 160) -> list[Paragraph]:
    """The lines of a paragraph of short ones, which may each be something else; [] of others."""
    if not isinstance(block, Paragraph) or not 0 < block.prose.text.count("\n") < 12:
        return []
    lines = block.prose.lines()
    if any(len(line.text) > longest for line in lines):
        return []
    return [Paragraph(line, block.role) for line in lines]


def together(lines: list[Paragraph]) -> Paragraph:
    """Lines as the paragraph that they were."""
    return Paragraph(joined([line.prose for line in lines], "\n"), lines[0].role)
