"""An issue's sections as the public pages and the feeds show them.

Stored words are sanitised HTML. Here they get what belongs to the page alone: `rel` on links that
leave the site, classes instead of style attributes (the policy allows none), tables that scroll by
themselves, and a link in place of a picture that another site would have to serve.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from briefings.models import Issue, Section, SectionKind
from briefings.rendering.html_tree import Element, grow, write

WORDS_A_MINUTE = 230  # unhurried reading of English prose
ALIGNMENT_CLASSES = {"center": "to-centre", "right": "to-right", "justify": "to-justify"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSection:
    """A section ready for a page; no heading where the issue's headline says it already."""

    pk: int
    anchor: str
    kind: str
    heading: str
    html: SafeString
    words: int


def page_sections(issue: Issue, *, base: str = "") -> list[PageSection]:
    """Render an issue's sections; with a `base`, addresses hold outside the site too."""
    sections = list(issue.sections.all())
    return [
        _page_section(section, first=index == 0, title=issue.title, base=base)
        for index, section in enumerate(sections)
    ]


def reading_minutes(sections: Iterable[PageSection]) -> int:
    """Estimate how long the words take, in whole minutes, at least one."""
    return max(1, math.ceil(sum(section.words for section in sections) / WORDS_A_MINUTE))


def _page_section(section: Section, *, first: bool, title: str, base: str) -> PageSection:
    heading = section.heading.strip()
    if first and heading.casefold() == title.strip().casefold():
        heading = ""
    html, words = render_body(section.body, kind=section.kind, headed=bool(heading), base=base)
    return PageSection(
        pk=section.pk,
        anchor=section.anchor,
        kind=section.kind,
        heading=heading,
        html=html,
        words=words,
    )


def render_body(
    html: str, *, kind: str = SectionKind.FEATURE, headed: bool = True, base: str = ""
) -> tuple[SafeString, int]:
    """Turn a section's stored words into the page's HTML, and count them.

    Without a heading of the section's own, headings in it move up a rank, so that none is skipped.
    """
    return _render(html, _Dress(kind=kind, headed=headed, base=base, site=settings.SITE_URL))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dress:
    """What decides how a body looks, besides its words."""

    kind: str
    headed: bool
    base: str
    site: str

    def is_ours(self, address: str) -> bool:
        """Whether this site serves an address."""
        host = _host(address)
        return host == "" or host == _host(self.site)


@lru_cache(maxsize=512)
def _render(html: str, dress: _Dress) -> tuple[SafeString, int]:
    body = grow(html)
    words = len(body.words.split())
    _put_on(body, dress)
    return mark_safe(write(body)), words


def _put_on(parent: Element, dress: _Dress, *, within: frozenset[str] = frozenset()) -> None:
    """Dress what stands in an element, from the outside in."""
    for index, child in enumerate(parent.children):
        if isinstance(child, Element):
            _align(child)
            if dress.base:
                _make_absolute(child, dress)
            parent.children[index] = _dressed(child, parent, dress, within)
            _put_on(child, dress, within=within | {child.tag})


def _dressed(
    child: Element, parent: Element, dress: _Dress, within: frozenset[str]
) -> Element | str:
    """Give one element what its kind wears; what it holds comes later."""
    match child.tag:
        case "img":
            return _picture(child, dress, in_link="a" in within)
        case "table":
            scroll = {"class": "scroll", "tabindex": "0", "role": "group", "aria-label": "Table"}
            return Element("div", scroll, [child])
        case "em" if dress.kind == SectionKind.ROUNDUP and _closes_an_item(child, parent):
            child.tag, child.attributes = "span", {"class": "src"}
        case "a" if not dress.is_ours(child.attributes.get("href", "")):
            child.attributes["rel"] = "noopener"
        case "p" if "blockquote" in within and child.names_a_source:
            child.attributes["class"] = "said-by"
        case "h3" | "h4" if not dress.headed:
            child.move_up_a_rank()
    return child


def _closes_an_item(element: Element, parent: Element) -> bool:
    """Whether an item of a round-up ends with these words, after a whole sentence: its source."""
    said = [child for child in parent.children if isinstance(child, Element) or child.strip()]
    if parent.tag not in {"li", "p"} or len(said) < 2 or said[-1] is not element:
        return False
    before = said[-2] if isinstance(said[-2], str) else said[-2].words
    return before.rstrip().endswith((".", "!", "?", "”", "’", ")"))


def _align(element: Element) -> None:
    """Say by a class what the editor said by a style attribute."""
    align = element.attributes.pop("style", "").removeprefix("text-align:")
    if align in ALIGNMENT_CLASSES:
        element.attributes["class"] = ALIGNMENT_CLASSES[align]


def _picture(image: Element, dress: _Dress, *, in_link: bool) -> Element | str:
    """Show a picture of ours; of another site's, which the page may not fetch, say where it is."""
    words = image.attributes.get("alt", "").strip()
    if dress.is_ours(image.attributes.get("src", "")):
        image.attributes |= {"alt": words, "loading": "lazy"}
        return image
    label = f"{words or 'Picture'} (picture)"
    if in_link:
        return label
    return Element("a", {"href": image.attributes["src"], "rel": "noopener"}, [label])


def _host(address: str) -> str:
    """The host of an address; empty for one within the site, never raising."""
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return "?"


def _make_absolute(element: Element, dress: _Dress) -> None:
    """Let addresses within the site lead here from anywhere."""
    for name in ("href", "src"):
        address = element.attributes.get(name, "")
        if address.startswith("/"):
            element.attributes[name] = dress.site + address
        elif address.startswith("#"):
            element.attributes[name] = dress.base + address
