"""What tags, classes and styles of HTML say about the text inside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from briefings.document_import.blocks import Mark, SourceRole
from briefings.link_addresses import web_address
from newsroom.html_tree import BLOCKS, CONTAINERS, HEADINGS, Element
from newsroom.invisible_characters import remove_invisible


@dataclass(frozen=True, slots=True)
class Context:
    """What the elements around a piece of text say about it."""

    marks: tuple[Mark, ...] = ()
    level: int = 0  # of the heading around it
    role: SourceRole = SourceRole.NONE
    preformatted: bool = False
    loose: tuple[str, ...] = ()  # marks of a block's style, which a span may end


_MARK_TAGS = {
    **dict.fromkeys(("b", "strong"), "strong"),
    **dict.fromkeys(("i", "em", "cite", "dfn", "var"), "em"),
    **dict.fromkeys(("u", "ins"), "u"),
    **dict.fromkeys(("s", "strike", "del"), "s"),
    "sub": "sub",
    "sup": "sup",
}
_RAISED = r"vertical-align\s*:\s*"
_LENGTH = r"(?:[1-9]|0?\.\d)[\d.]*(?:px|pt|r?em|ex|%)"
# What a style puts on the text inside; of several declarations the last counts.
_WEIGHT = re.compile(r"(?<![\w-])font(?:-weight)?\s*:\s*([^;]{1,200})", re.IGNORECASE)
_SLANT = re.compile(r"(?<![\w-])font(?:-style)?\s*:\s*([^;]{1,200})", re.IGNORECASE)
_LINE = re.compile(r"text-decoration(?:-line)?\s*:\s*([^;]{1,200})", re.IGNORECASE)
# Before the size, which every shorthand has; behind it stand names of fonts.
_BOLD = re.compile(r"(?:[a-z-]+\s+)*(?:bold(?:er)?|[6-9]00)\b", re.IGNORECASE)
_SLANTED = re.compile(r"(?:(?:[a-z-]+|[1-9]00)\s+)*(?:italic|oblique)\b", re.IGNORECASE)
_SUP = re.compile(rf"{_RAISED}(?:super|{_LENGTH})|mso-text-raise\s*:\s*[1-9.]", re.IGNORECASE)
_SUB = re.compile(rf"{_RAISED}(?:sub\b|-{_LENGTH})|mso-text-raise\s*:\s*-", re.IGNORECASE)
_AS_AROUND = ("inherit", "initial", "unset", "revert", "var(")
_MOVED = re.compile(r"position\s*:\s*relative", re.IGNORECASE)
_UP = re.compile(rf"(?<![\w-])(?:top\s*:\s*-|bottom\s*:\s*){_LENGTH}", re.IGNORECASE)
_DOWN = re.compile(rf"(?<![\w-])(?:top\s*:\s*|bottom\s*:\s*-){_LENGTH}", re.IGNORECASE)
_ON_THE_LINE = re.compile(rf"{_RAISED}(?:baseline|0)", re.IGNORECASE)


def _marks_of_style(style: str) -> dict[str, bool]:
    """Return which marks a style puts on text, and which it takes from it."""
    marks: dict[str, bool] = {}
    for tag, declared, meant in (("strong", _WEIGHT, _BOLD), ("em", _SLANT, _SLANTED)):
        value = next(iter(declared.findall(style)[-1:]), "").strip().lower()
        if value and not value.startswith(_AS_AROUND):
            marks[tag] = bool(meant.match(value))
    if lines := _LINE.findall(style):
        marks["s"] = "line-through" in lines[-1].lower()
        if "none" in lines[-1].lower():
            marks["u"] = False
    is_moved = bool(_MOVED.search(style))
    if _SUP.search(style) or (is_moved and _UP.search(style)):
        marks["sup"] = True
    elif _SUB.search(style) or (is_moved and _DOWN.search(style)):
        marks["sub"] = True
    elif _ON_THE_LINE.search(style):
        marks["sup"] = marks["sub"] = False
    return marks


_STYLED_TAGS = frozenset({"span", "font", "small", "big", "tt", "code"})
# Other blocks are bold or slanted by a page's design: headings, quotations, captions.
_STYLED_BLOCKS = frozenset({"p", "li", "td", "div", "dd", "dt", "center"})
_FULL_ADDRESS = re.compile(r"(?:https?://|mailto:|tel:)\S", re.IGNORECASE)
_STRAPLINE_CLASS = re.compile(r"strap-?line|standfirst|subtitle|tag-?line|\bdek\b", re.IGNORECASE)
_BYLINE_CLASS = re.compile(r"by-?line|\bauthor\b", re.IGNORECASE)


def context_within(element: Element, outer: Context) -> Context:
    """Return what holds inside an element; a container starts without heading and role."""
    role = _role_of(element)
    styled = _marks_of_style(element.attributes.get("style", ""))
    # Google Docs strikes an item as its first words are, and each of its spans says for itself.
    off = {
        name
        for name in outer.loose
        if styled.get(name) is False and (name != "s" or element.tag in _STYLED_TAGS)
    }
    marks = tuple(mark for mark in outer.marks if mark.tag not in off)
    loose = tuple(name for name in outer.loose if name not in off)
    for mark in _marks_of(element, styled):
        if mark not in marks:
            marks = (*marks, mark)
    for name in _marks_of_block(element, styled):
        has_design = role or outer.role  # a strapline or byline
        if Mark(name) not in marks and (name == "s" or not has_design):
            marks = (*marks, Mark(name))
            if name != "s" or element.tag == "li":
                loose = (*loose, name)
    if element.tag in HEADINGS:
        marks = tuple(mark for mark in marks if mark.tag not in loose or mark.tag == "s")
    is_container = element.tag in CONTAINERS
    return replace(
        outer,
        marks=marks,
        loose=loose,
        level=HEADINGS.get(element.tag, 0 if is_container else outer.level),
        role=role or (SourceRole.NONE if is_container else outer.role),
        preformatted=outer.preformatted or element.tag == "pre",
    )


def _marks_of_block(element: Element, styled: Mapping[str, bool]) -> Iterator[str]:
    """Yield the marks that a block's style puts on its words."""
    for name in ("strong", "em", "s"):
        is_meant = element.tag in _STYLED_BLOCKS or (name == "s" and element.tag in BLOCKS)
        if is_meant and styled.get(name):
            yield name


def _marks_of(element: Element, styled: Mapping[str, bool]) -> Iterator[Mark]:
    """Yield the marks that an element puts on its text."""
    if element.tag == "a":
        address = address_of(element)
        if is_full_address(address):
            yield Mark("a", address)
    own = _MARK_TAGS.get(element.tag)
    # A bold element that is not bold is the wrapper of Google Docs around a whole paste.
    if own is not None and styled.get(own, True):
        yield Mark(own)
    if element.tag in _STYLED_TAGS or own is not None:
        for tag, is_on in styled.items():
            if is_on and tag != own:
                yield Mark(tag)


def _role_of(element: Element) -> SourceRole:
    """Return what a class such as `standfirst` or `byline` says about an element's text."""
    names = f"{element.attributes.get('class', '')} {element.attributes.get('itemprop', '')}"
    if _STRAPLINE_CLASS.search(names):
        return SourceRole.STRAPLINE
    if _BYLINE_CLASS.search(names):
        return SourceRole.BYLINE
    return SourceRole.NONE


def address_of(link: Element) -> str:
    """Return a link's full address, or, where it has none that is one, what was written."""
    written = remove_invisible(link.attributes.get("href", "")).strip()
    return web_address(written) or written


def is_full_address(address: str) -> bool:
    """Whether an address works outside the page it was on."""
    return bool(_FULL_ADDRESS.match(address))
