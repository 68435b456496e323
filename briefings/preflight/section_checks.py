"""Checks of one section: its words, headings, pictures, quotations and links."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from briefings.models import SectionKind
from briefings.picture_files import is_stored, media_name
from briefings.preflight.email_support import unsupported_features
from briefings.preflight.findings import Finding, Level, Place, has_words, place_of, shortened
from briefings.preflight.link_targets import host_of, link_problem
from briefings.preflight.placeholders import find_placeholders
from briefings.preflight.prose_checks import check_language, check_line, check_words
from briefings.preflight.question_checks import check_question
from briefings.preflight.quotation_checks import check_attribution
from briefings.rendering.section_html import parse_section
from briefings.rendering.sister_list import lists_an_issue
from newsroom.html_tree import BLOCKS, HEADINGS, Element
from newsroom.site_address import site_host

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from briefings.models import Issue, Section

# Characters of a bold paragraph up to which it looks like a heading.
LONGEST_HEADING = 90
# Where labels may be in capitals.
_CELLS = {"pre", "td", "th"}


class _Block(NamedTuple):
    """The text of an innermost block, such as a paragraph, with its tag and those around it."""

    text: str
    within: frozenset[str]


class ParsedSection(NamedTuple):
    """A section with its parsed body and its place on the form."""

    section: Section
    body: Element
    place: Place


def parse_sections(sections: list[Section]) -> list[ParsedSection]:
    """Return the sections with their bodies parsed, in order."""
    return [
        ParsedSection(section, parse_section(section.body), place_of(section, position))
        for position, section in enumerate(sections, start=1)
    ]


def anchors_of(sections: list[ParsedSection]) -> set[str]:
    """Return the ids to which a link within the issue's page may lead."""
    found = {"comments", "content"}
    for section, body, _ in sections:
        if section.pk:
            found.add(section.anchor)
        for link in body.find("a"):
            found.update(link.attributes.get(name, "") for name in ("id", "name"))
    return found


def check_section(
    parsed: ParsedSection, *, language: str, anchors: Collection[str]
) -> Iterator[Finding]:
    """Yield what is wrong in a section."""
    section, body, place = parsed
    if section.kind == SectionKind.SISTERS and not section.sisters:
        yield _blocks(
            "no-sister-titles",
            place,
            f"{place.where} has no sister titles.",
            fix="Choose at least one, or remove the section.",
        )
    elif section.kind == SectionKind.SISTERS and not lists_an_issue(section):
        yield _warns(
            "empty-sister-titles",
            place,
            f"{place.where} lists nothing: its sister titles are retired or have published"
            " nothing.",
            fix="Choose others, or remove the section.",
            about=str(section.sisters),
        )
    elif section.asks:
        yield from check_question(section, place, language=language)
    elif body.is_empty and section.kind != SectionKind.SISTERS:
        yield _blocks(
            "empty-section",
            place,
            f"{place.where} is empty.",
            fix="Write it, or remove the section.",
        )
        return
    yield from check_line(section.heading, place, language=language)
    yield from _check_headings(section, body, place)
    yield from _check_pictures(body, place)
    if section.kind == SectionKind.FEEDBACK:
        yield from check_attribution(body, place)
    yield from _check_links(body, place, anchors, issue=section.issue)
    for block in _blocks_of(body):
        check = check_words if block.within & _CELLS else check_line
        is_quoted = "blockquote" in block.within
        yield from check(block.text, place, language=language, is_quoted=is_quoted)
        if not block.within & (_CELLS | {"table"}):
            yield from check_language(block.text, place, language=language)
    for dropped in unsupported_features(body):
        yield _warns(
            "email-support",
            place,
            f"{place.where} has {dropped.name}, but {dropped.clients} cannot show that.",
            fix=dropped.fix,
            about=f"{dropped.name} {dropped.element.attributes}",
        )


def _blocks(code: str, place: Place, sentence: str, *, fix: str, quote: str = "") -> Finding:
    return Finding(
        code=code, level=Level.BLOCKS, place=place, sentence=sentence, fix=fix, quote=quote
    )


def _warns(
    code: str, place: Place, sentence: str, *, fix: str, about: str, quote: str = ""
) -> Finding:
    return Finding(
        code=code,
        level=Level.WARNS,
        place=place,
        sentence=sentence,
        fix=fix,
        about=about,
        quote=quote,
    )


def _blocks_of(element: Element, within: frozenset[str] = frozenset()) -> Iterator[_Block]:
    """Yield the text of each innermost block; words between blocks are paragraphs too."""
    inline: list[str] = []
    for child in element.children:
        if isinstance(child, Element) and child.tag in BLOCKS:
            yield from _close(inline, within)
            yield from _blocks_of(child, within | {child.tag})
        elif isinstance(child, str):
            inline.append(child)
        else:
            inline.append("\n" if child.tag == "br" else child.text)
    yield from _close(inline, within)


def _close(inline: list[str], within: frozenset[str]) -> Iterator[_Block]:
    text = "".join(inline).strip()
    inline.clear()
    if text:
        yield _Block(text, within)


# --- headings --------------------------------------------------------------------------------


def _check_headings(section: Section, body: Element, place: Place) -> Iterator[Finding]:
    """Yield headings that skip a level, are empty, or only look like headings."""
    last = 2  # the heading of the section
    for heading in body.find("h3", "h4"):
        level, words = HEADINGS[heading.tag], shortened(heading.text)
        if not has_words(heading.text):
            yield _warns(
                "empty-heading",
                place,
                f"{place.where}: a heading has no words.",
                fix="Write it, or remove it.",
                about=heading.tag,
            )
            continue
        if level > last + 1:
            yield _warns(
                "heading-level",
                place,
                f"{place.where}: the heading “{words}” skips a level, so screen readers announce"
                " a part that is missing.",
                fix="Make it a Heading 3, or put one above it.",
                about=f"{heading.tag} {heading.text}",
                quote=words.rstrip("…"),
            )
        last = level
    for paragraph in body.elements:
        if paragraph.tag == "p" and _looks_like_heading(paragraph):
            words = shortened(paragraph.text)
            yield _warns(
                "bold-heading",
                place,
                f"{place.where}: “{words}” is bold, but not a heading, so screen readers do not"
                " find it.",
                fix="Choose the format Heading 3 for it.",
                about=paragraph.text,
                quote=words.rstrip("…"),
            )


def _looks_like_heading(paragraph: Element) -> bool:
    text = paragraph.text.strip()
    worded = [child for child in paragraph.children if isinstance(child, Element) or child.strip()]
    return (
        len(worded) == 1
        and isinstance(worded[0], Element)
        and worded[0].tag == "strong"
        and has_words(text)
        and len(text) <= LONGEST_HEADING
        and not text.endswith((".", "!", "?", "…", ":", ";", ",", "”"))
    )


# --- pictures --------------------------------------------------------------------------------


def _check_pictures(body: Element, place: Place) -> Iterator[Finding]:
    for image in body.find("img"):
        source, description = image.attributes.get("src", ""), image.attributes.get("alt", "")
        if not has_words(description):
            yield _blocks(
                "no-alternative-text",
                place,
                f"{place.where}: an image has no alternative text.",
                fix="Describe in a few words what it shows, for readers who cannot see it.",
            )
        elif _FILE_NAME.fullmatch(description.strip()):
            yield _warns(
                "file-name-as-text",
                place,
                f"{place.where}: the alternative text of an image is a file name,"
                f" “{shortened(description)}”.",
                fix="Describe what the image shows.",
                about=f"{source} {description}",
            )
        for placeholder in find_placeholders(description):
            if placeholder.is_doubtful:
                yield _warns(
                    "doubtful-placeholder",
                    place,
                    f"{place.where}: “{placeholder.text}” in the alternative text of an image may"
                    " be a placeholder.",
                    fix="Describe what the image shows, unless you mean it.",
                    about=f"{placeholder.text} {source} {description}",
                )
            else:
                yield _blocks(
                    "placeholder",
                    place,
                    f"{place.where}: the alternative text of an image has a placeholder,"
                    f" “{placeholder.text}”.",
                    fix="Describe what the image shows.",
                )
        host = host_of(source)
        if host not in {"", site_host()}:
            yield _blocks(
                "foreign-picture",
                place,
                f"{place.where}: an image comes from {host or 'a broken address'}, so readers get"
                " a link instead.",
                fix="Upload the image here.",
            )


_FILE_NAME = re.compile(
    r"[^\s]*\.(?:jpe?g|png|gif|webp|heic|tiff?|bmp)"
    r"|(?:IMG|DSC|DCIM|PXL|image|screenshot)[-_ ]?\d[\w-]*",
    re.IGNORECASE,
)


# --- links -----------------------------------------------------------------------------------


def _check_links(
    body: Element, place: Place, anchors: Collection[str], *, issue: Issue
) -> Iterator[Finding]:
    for link in body.find("a"):
        if problem := link_problem(link, anchors=anchors, issue=issue):
            yield _blocks(
                "broken-link",
                place,
                f"{place.where}: {problem.words}",
                fix=problem.fix,
                quote=shortened(link.text).rstrip("…"),
            )
    for image in body.find("img"):
        address = image.attributes.get("src", "")
        name = media_name(address)
        if name and not is_stored(name):
            yield _blocks(
                "missing-picture",
                place,
                f"{place.where}: the file of an image is missing: {address[-60:]}.",
                fix="Upload the image again.",
            )
