"""Lines that every issue carries and no article needs: sign up, share, forward, unsubscribe.

A paragraph is such a line only as a whole and only while it is short, so that an article about
sharing or signing up stays an article. What is recognised here is named in the report, never lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from briefings.document_import.blocks import Block, Heading, Listing, Paragraph, words_of

MAX_LINE = 240

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
_MAIL = re.compile(
    r"(?:to |click here to )?unsubscribe\b"
    r"|(?:view|read|open|see) (?:this|it)\b.{0,40}\bin (?:your|a|the) (?:web )?browser"
    r"|(?:trouble|problems|can['’]t) (?:viewing|reading|view|read|seeing|see) this\b"
    r"|you(?:['’]re| are) (?:receiving|getting) this\b"
    r"|(?:manage|update|change) (?:your|my) (?:e-?mail )?(?:preferences|subscriptions?)\b"
    r"|(?:©|\(c\)|copyright) ?.{0,20}\d{4}",
    re.IGNORECASE,
)


def invites_sign_up(text: str) -> bool:
    """Recognise the invitation to get the briefing by e-mail, which the page's own box says."""
    return bool(_SIGN_UP.match(text))


def asks_to_share(text: str) -> bool:
    """Recognise the wish to be shared or followed, for which the page has links of its own."""
    return bool(_SHARE.match(text))


def speaks_to_forwarded(text: str) -> bool:
    """Recognise the word to readers who were sent it on, which the letter's foot says."""
    return bool(_FORWARDED.match(text))


def manages_mail(text: str) -> bool:
    """Recognise the foot of a mailing: unsubscribe, view in browser, copyright."""
    return bool(_MAIL.match(text))


_RECOGNISERS: tuple[Callable[[str], bool], ...] = (
    invites_sign_up,
    asks_to_share,
    speaks_to_forwarded,
    manages_mail,
)


def is_boilerplate(block: Block) -> bool:
    """Whether a block is nothing but such lines."""
    if not isinstance(block, Paragraph | Heading | Listing):
        return False
    lines = words_of(block).split("\n", maxsplit=20)
    return all(len(line) <= MAX_LINE and is_boilerplate_line(line) for line in lines)


def is_boilerplate_line(line: str) -> bool:
    """Whether a line is one of these, arrows and brackets around it apart."""
    text = line.strip(" \t\u00a0[]()»›→>|*•")
    return len(text) <= MAX_LINE and any(recognises(text) for recognises in _RECOGNISERS)
