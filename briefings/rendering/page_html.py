"""An issue's sections as the public pages and the feeds show them.

A stored section is sanitised HTML. Here it gets what only the page needs: `rel` on links to other
sites, classes instead of style attributes (the content security policy allows none), tables that
scroll, and a link in place of each picture that another site would have to serve.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from briefings.models import Issue, Section, SectionKind
from briefings.picture_files import media_name
from briefings.picture_sizes import PictureSizes, sizes_of_pictures
from briefings.quotations.quoted_blocks import RESPONSE
from briefings.rendering.section_html import (
    DIRECTED,
    SENTENCE_ENDS,
    QuotedFrom,
    lead_to_comment,
    names_a_source,
    parse_section,
    quoted_from,
    raise_heading,
)
from briefings.rendering.sister_list import rendered_kind, with_sister_titles
from newsroom.html_tree import Element, write

if TYPE_CHECKING:
    from briefings.quotations.chain import QuotedComment

WORDS_A_MINUTE = 230  # unhurried reading of English prose
COLUMN_PIXELS = 624  # the measure of 39rem in static/css/pages.css
MARGIN_PIXELS = 20
ALIGNMENT_CLASSES = {"center": "to-centre", "right": "to-right", "justify": "to-justify"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSection:
    """A section ready for a page; without its heading where that repeats the issue's headline."""

    pk: int
    anchor: str
    kind: str
    heading: str
    html: SafeString
    words: int
    options: tuple[str, ...] = ()  # of a question
    closes_at: datetime | None = None

    @property
    def asks(self) -> bool:
        """Whether it asks readers a question."""
        return self.kind == SectionKind.QUESTION


def page_sections(
    issue: Issue, *, base: str = "", quoted: tuple[QuotedComment, ...] = ()
) -> list[PageSection]:
    """Return an issue's sections; with a `base` address, their links work outside the site too.

    Quotations of the comments in `quoted` lead there.
    """
    sections = with_sister_titles(issue)
    pictures = () if base else sizes_of_pictures(section.body for section in sections)
    leading_to = quoted_from(quoted, issue)
    return [
        _page_section(
            section,
            first=index == 0,
            title=issue.title,
            base=base,
            pictures=pictures,
            quoted=leading_to,
        )
        for index, section in enumerate(sections)
    ]


def reading_time(words: int) -> int:
    """Return how many minutes it takes to read a number of words, at least one."""
    return max(1, math.ceil(words / WORDS_A_MINUTE))


def reading_minutes(sections: Iterable[PageSection]) -> int:
    """Return the estimated reading time in whole minutes, at least one."""
    return reading_time(sum(section.words for section in sections))


def _page_section(
    section: Section,
    *,
    first: bool,
    title: str,
    base: str,
    pictures: tuple[PictureSizes, ...],
    quoted: tuple[QuotedFrom, ...],
) -> PageSection:
    heading = section.heading.strip()
    if first and heading.casefold() == title.strip().casefold():
        heading = ""
    html, words = render_body(
        section.body,
        kind=rendered_kind(section.kind),
        headed=bool(heading),
        leads=first,
        base=base,
        pictures=pictures,
        quoted=quoted,
    )
    return PageSection(
        pk=section.pk,
        anchor=section.anchor,
        kind=section.kind,
        heading=heading,
        html=html,
        words=words,
        options=tuple(section.options) if section.asks else (),
        closes_at=section.closing if section.asks else None,
    )


def render_body(
    html: str,
    *,
    kind: str = SectionKind.FEATURE,
    headed: bool = True,
    leads: bool = False,
    base: str = "",
    pictures: tuple[PictureSizes, ...] = (),
    quoted: tuple[QuotedFrom, ...] = (),
) -> tuple[SafeString, int]:
    """Return a section's body as the page's HTML, and its number of words.

    Without a heading of the section's own, headings in it move up a level, so that none is skipped.
    The section that leads the page may begin with a picture, which is loaded at once.
    """
    around = _Surroundings(
        kind=kind,
        headed=headed,
        leads=leads,
        base=base,
        site=settings.SITE_URL,
        pictures=pictures,
        quoted=quoted if RESPONSE in html else (),
        language=get_language(),
    )
    return _render(html, around)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Surroundings:
    """Everything besides the body itself that its HTML depends on."""

    kind: str
    headed: bool
    leads: bool
    base: str
    site: str
    pictures: tuple[PictureSizes, ...]
    quoted: tuple[QuotedFrom, ...]
    language: str | None  # of the words that are added

    def sizes_of(self, address: str) -> PictureSizes | None:
        """Return what is known of the picture at an address."""
        name = media_name(address) if self.pictures else ""
        return next((one for one in self.pictures if one.name == name), None)

    def is_on_site(self, address: str) -> bool:
        """Whether this site serves an address."""
        host = _host(address)
        return host == "" or host == _host(self.site)


@lru_cache(maxsize=512)
def _render(html: str, around: _Surroundings) -> tuple[SafeString, int]:
    body = parse_section(html)
    words = len(body.text.split())
    _adapt_children(body, around)
    if around.leads:
        for image in Element(children=[*body.elements[:1]]).find("img"):
            image.attributes.pop("loading", None)
    return mark_safe(write(body)), words


def _adapt_children(
    parent: Element, around: _Surroundings, *, within: frozenset[str] = frozenset()
) -> None:
    """Adapt everything inside an element to the page, from the outside in."""
    for index, child in enumerate(parent.children):
        if isinstance(child, Element):
            _align(child)
            if child.tag in DIRECTED and child.is_right_to_left:
                child.attributes["dir"] = "rtl"
            if around.base:
                _make_absolute(child, around)
            parent.children[index] = _adapted(child, parent, around, within)
            _adapt_children(child, around, within=within | {child.tag})


def _adapted(
    child: Element, parent: Element, around: _Surroundings, within: frozenset[str]
) -> Element | str:
    """Return one element as the page shows it; its children are adapted later."""
    match child.tag:
        case "img":
            return _picture(child, around, in_link="a" in within)
        case "table":
            scroll = {
                "class": "scroll",
                "tabindex": "0",
                "role": "group",
                "aria-label": gettext("Table"),
            }
            return Element("div", scroll, [child])
        case "em" if around.kind == SectionKind.ROUNDUP and _is_source_of_item(child, parent):
            child.tag, child.attributes = "span", {"class": "src"}
        case "a" if not around.is_on_site(child.attributes.get("href", "")):
            child.attributes["rel"] = "noopener"
        case "blockquote" if RESPONSE in child.attributes:
            if not any(map(names_a_source, child.elements)):  # its reader says nothing any more
                child.attributes["class"] = "withdrawn"
            lead_to_comment(child, around.quoted)
            del child.attributes[RESPONSE]
        case "p" if "blockquote" in within and names_a_source(child):
            child.attributes["class"] = "said-by"
        case "h3" | "h4" if not around.headed:
            raise_heading(child)
    return child


def _is_source_of_item(element: Element, parent: Element) -> bool:
    """Whether an item of a round-up ends with this element, after a full sentence: its source."""
    worded = [child for child in parent.children if isinstance(child, Element) or child.strip()]
    if parent.tag not in {"li", "p"} or len(worded) < 2 or worded[-1] is not element:
        return False
    before = worded[-2] if isinstance(worded[-2], str) else worded[-2].text
    return before.rstrip().endswith(SENTENCE_ENDS)


def _align(element: Element) -> None:
    """Replace the editor's alignment style by a class."""
    align = element.attributes.pop("style", "").removeprefix("text-align:")
    if align in ALIGNMENT_CLASSES:
        element.attributes["class"] = ALIGNMENT_CLASSES[align]


def _picture(image: Element, around: _Surroundings, *, in_link: bool) -> Element | str:
    """Return a picture of this site; of another site's, which the page may not load, a link."""
    alt = image.attributes.get("alt", "").strip()
    if around.is_on_site(image.attributes.get("src", "")):
        image.attributes |= {"alt": alt, "loading": "lazy"}
        sizes = around.sizes_of(image.attributes["src"])
        return _with_copies(image, sizes) if sizes else image
    label = gettext("%(picture)s (picture)") % {"picture": alt or gettext("Picture")}
    if in_link:
        return label
    return Element("a", {"href": image.attributes["src"], "rel": "noopener"}, [label])


def _with_copies(image: Element, sizes: PictureSizes) -> Element:
    """Offer browsers the smaller copies; its size keeps its place free while it loads."""
    given = image.attributes
    if not {"width", "height"} & given.keys():
        given |= {"width": str(sizes.width), "height": str(sizes.height)}
    if not sizes.widths:
        return image
    shown = int(given["width"]) if given.get("width", "").isdecimal() else sizes.width
    width = min(shown, COLUMN_PIXELS)
    source = {
        "type": "image/webp",
        "srcset": sizes.srcset(),
        "sizes": f"(min-width: {width + 2 * MARGIN_PIXELS}px) {width}px, 100vw",
    }
    return Element("picture", {}, [Element("source", source), image])


def _host(address: str) -> str:
    """Return the host of an address: empty within the site, a question mark if it is invalid."""
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return "?"


def _make_absolute(element: Element, around: _Surroundings) -> None:
    """Complete relative addresses (RFC 3986, section 5); one that is malformed stays as it is."""
    for name in ("href", "src"):
        if address := element.attributes.get(name, ""):
            with suppress(ValueError):
                element.attributes[name] = urljoin(around.base, address)
