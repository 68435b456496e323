"""What the page and the email make of a section's HTML in common."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from django.urls import reverse
from django.utils.translation import gettext

from briefings.quotations.quoted_blocks import RESPONSE, response_of
from briefings.richtext import sanitise
from newsroom.html_tree import Element, parse

if TYPE_CHECKING:
    from briefings.models import Issue
    from briefings.quotations.chain import QuotedComment

# Quotations within quotations within lists: no reader follows deeper.
MAX_DEPTH = 14
# Elements that get the direction of the text in them; lists too, for their marks stand beside them.
DIRECTED = frozenset(
    {"p", "h3", "h4", "ul", "ol", "li", "blockquote", "td", "th", "caption", "pre"}
)
_SOURCE_LINE = re.compile(r"\s*(?:[—–―]|--?\s).*\w", re.DOTALL)
# What a sentence may end with, before the source of an item of a round-up.
SENTENCE_ENDS = (".", "!", "?", "…", "”", "’", ")")


class QuotedFrom(NamedTuple):
    """Where a quotation is from: the comment, the number of its issue, and its address."""

    pk: int
    number: int
    address: str


def quoted_from(quoted: tuple[QuotedComment, ...], issue: Issue) -> tuple[QuotedFrom, ...]:
    """Return where the comments are that an issue quotes, as paths on this site."""
    slug = issue.briefing.slug
    return tuple(
        QuotedFrom(pk, number, reverse("briefings:comment_detail", args=[slug, number, pk]))
        for pk, number in quoted
    )


def lead_to_comment(quote: Element, quoted: tuple[QuotedFrom, ...]) -> None:
    """Put a link to the comment that is quoted behind the name of its writer."""
    found = next((one for one in quoted if one.pk == response_of(quote)), None)
    if found and quote.elements and names_a_source(quote.elements[-1]):
        words = gettext("comment on issue %(number)s") % {"number": found.number}
        quote.elements[-1].children += [", ", Element("a", {"href": found.address}, [words])]


def lead_to_comments(root: Element, quoted: tuple[QuotedFrom, ...]) -> None:
    """Do so with every quotation of a section."""
    for quote in root.find("blockquote") if quoted else ():
        if RESPONSE in quote.attributes:
            lead_to_comment(quote, quoted)


def parse_section(html: str) -> Element:
    """Return the tree of a section's body, sanitised again so that nothing else gets in."""
    return parse(sanitise(html), max_depth=MAX_DEPTH)


def names_a_source(line: Element) -> bool:
    """Whether a line within a quotation says who is quoted: a dash, and words after it."""
    return bool(_SOURCE_LINE.match(line.text))


def raise_heading(heading: Element) -> None:
    """Move a heading up one level, to the place of a section heading that is missing."""
    heading.tag = {"h3": "h2", "h4": "h3"}[heading.tag]
