"""Which of several lines at the top of a plain text is the headline."""

from __future__ import annotations

import re
from dataclasses import dataclass

from briefings.document_import.prose import Prose

LONG_LINE = 60
# How straplines speak of a newsletter, and headlines of an event do not.
_OF_A_SERIES = re.compile(
    r"\b(?:weekly|(?:every|each) (?:week|month|\w+day)|insight|newsletter|briefing (?:for|on)"
    r"|all you need|your (?:guide|round-?up|briefing)|the latest)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What the lines at the top are; `others` begin the article, mostly as its first heading."""

    title: str = ""
    strapline: str = ""
    others: tuple[Prose, ...] = ()


def choose_headline(lines: list[Prose], *, has_title: bool, has_strapline: bool) -> Chosen:
    """Tell headline and strapline apart, whichever comes first."""
    rest = list(lines)
    strapline = ""
    if len(rest) > 1 and not has_strapline:
        first, second = rest[0].text, rest[1].text
        if speaks_of_series(first, beside=second):
            strapline = rest.pop(0).text
        elif speaks_of_series(second, beside=first):
            strapline = rest.pop(1).text
    title = rest.pop(0).text if rest and not has_title else ""
    return Chosen(title=title, strapline=strapline, others=tuple(rest))


def speaks_of_series(line: str, *, beside: str) -> bool:
    """Whether a line is rather the strapline of a newsletter than the headline beside it.

    By its words; where they do not tell, by being much the longer.
    """
    if bool(_OF_A_SERIES.search(line)) != bool(_OF_A_SERIES.search(beside)):
        return bool(_OF_A_SERIES.search(line))
    return len(line) >= LONG_LINE and len(line) > 1.5 * len(beside)
