"""What the page and the email make of a section's HTML in common."""

from __future__ import annotations

import re

from briefings.richtext import sanitise
from newsroom.html_tree import Element, parse

# Quotations within quotations within lists: no reader follows deeper.
MAX_DEPTH = 14
# Elements that get the direction of the text in them; lists too, for their marks stand beside them.
DIRECTED = frozenset(
    {"p", "h3", "h4", "ul", "ol", "li", "blockquote", "td", "th", "caption", "pre"}
)
_SOURCE_LINE = re.compile(r"\s*(?:[—–―]|--?\s).*\w", re.DOTALL)
# What a sentence may end with, before the source of an item of a round-up.
SENTENCE_ENDS = (".", "!", "?", "…", "”", "’", ")")


def parse_section(html: str) -> Element:
    """Return the tree of a section's body, sanitised again so that nothing else gets in."""
    return parse(sanitise(html), max_depth=MAX_DEPTH)


def names_a_source(line: Element) -> bool:
    """Whether a line within a quotation says who is quoted: a dash, and words after it."""
    return bool(_SOURCE_LINE.match(line.text))


def raise_heading(heading: Element) -> None:
    """Move a heading up one level, to the place of a section heading that is missing."""
    heading.tag = {"h3": "h2", "h4": "h3"}[heading.tag]
