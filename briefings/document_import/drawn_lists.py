"""Make lists of the paragraphs by which Word draws lists on a web page.

A page that Word saves has no lists: each item is a paragraph that starts with a bullet, a number or
a character of the alphabet, and spaces of 7 points. What it numbers is not always clear: "i."
follows "h." or opens a list in Roman numerals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsroom.html_tree import CONTAINERS, Element
from newsroom.invisible_characters import remove_invisible

# Margins that differ by less stand at one level, in points.
_SAME_MARGIN = 6.0
_LEVEL_INDENT = 36.0  # Word's own
_IS_ITEM = re.compile(r"MsoList(?!$)", re.IGNORECASE)
_LEVEL = re.compile(r"mso-list\s*:[^;]*\blevel(\d)", re.IGNORECASE)
_IGNORED = re.compile(r"mso-list\s*:\s*ignore", re.IGNORECASE)
_SPACER = re.compile(r"font(?:-size)?\s*:\s*(?:[a-z]+\s+)*7(?:\.0)?pt", re.IGNORECASE)
_MARGIN = re.compile(r"(?<![\w-])margin(-left)?\s*:\s*([^;]{1,80})", re.IGNORECASE)
_LENGTH = re.compile(r"(-?[\d.]{1,8})(pt|in|cm|mm|px)?", re.IGNORECASE)
_HANGS = re.compile(r"text-indent\s*:\s*-", re.IGNORECASE)
_POINTS = {"pt": 1.0, "in": 72.0, "cm": 28.35, "mm": 2.835, "px": 0.75, "": 0.0}
_BLANK = " \t\r\n\u00a0"
# Bullets, as the fonts of symbols spell them too.
_BULLET = re.compile("[^\\w\\s(\\[]|[oØüvqwlnŸ]")
_BULLET_BEFORE_SPACE = re.compile("[o§·•▪●■◦‣\uf0a7\uf0b7ØüvqŸ–-][\u00a0 ]{1,40}(?=\\S)")
_NUMBER = re.compile(r"[(\[]?(\d{1,4}|[a-z]{1,2}|[ivxlc]{1,9}|[A-Z]{1,2}|[IVXLC]{1,9})[.)\]:]{0,2}")
# Which no list shows: it stays in front of its words.
_NUMBER_OF_LEVELS = re.compile(r"\d{1,3}(?:\.\d{1,3}){1,8}[.)]?")
_NUMBER_BEFORE_SPACE = re.compile("(\\d{1,3})[.)][\u00a0 ]{1,40}(?=\\S)")
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


@dataclass(frozen=True, slots=True)
class _Mark:
    """What an item starts with: its length, and what it may number, as type and value."""

    length: int
    readings: tuple[tuple[str, int], ...]  # the type is empty for a bullet


@dataclass(slots=True)
class _OpenList:
    """A list that the last item is in."""

    element: Element
    type: str
    margin: float
    next: int


def make_drawn_lists(parent: Element) -> None:
    """Put the paragraphs that are items into lists, nested by their margins."""
    builder = _ListBuilder()
    for child in parent.children:
        if isinstance(child, str):
            builder.add_text(child)
            continue
        mark = _mark_of(child) if child.tag == "p" else None
        if mark is not None:
            builder.add_item(child, mark)
        elif child.tag == "p" and _shows_levels(child) and builder.is_below(child):
            builder.add_to_item(child)
        elif not builder.continues_item(child):
            make_drawn_lists(child)
            builder.add_other(child)
    parent.children = builder.children


class _ListBuilder:
    """Collects the children of an element, with lists in the place of their items."""

    def __init__(self) -> None:
        self.children: list[Element | str] = []
        self._opened: list[_OpenList] = []
        self._ended: set[tuple[str, int]] = set()  # the type and next number of lists above

    def add_text(self, text: str) -> None:
        """Add text; space between items is nothing."""
        if not self._opened or text.strip(_BLANK):
            self._end_lists()
            self.children.append(text)

    def add_other(self, element: Element) -> None:
        """Add what is not an item."""
        self._end_lists()
        self.children.append(element)

    def add_item(self, paragraph: Element, mark: _Mark) -> None:
        """Add an item to the list that it goes on with, or to one of its own."""
        margin = _margin_of(paragraph)
        while self._opened and self._opened[-1].margin > margin + _SAME_MARGIN:
            self._opened.pop()
        is_deeper = bool(self._opened) and margin > self._opened[-1].margin + _SAME_MARGIN
        above = self._opened[-1] if self._opened and not is_deeper else None
        kind, number = self._reading(mark, above)
        if above is None or above.type != kind:
            if above is not None:
                self._opened.pop()
            made = Element(
                "ol" if kind else "ul", {"type": kind, "start": str(number)} if kind else {}
            )
            inner = self._opened[-1].element.elements[-1].children if self._opened else None
            (self.children if inner is None else inner).append(made)
            self._opened.append(_OpenList(made, kind, margin, number))
        into = self._opened[-1]
        item = Element("li", {"value": str(number)} if number != into.next else {})
        into.next = number + 1
        _drop_characters(paragraph, mark.length)
        item.children = paragraph.children
        into.element.children.append(item)

    def _reading(self, mark: _Mark, above: _OpenList | None) -> tuple[str, int]:
        """Return what a mark numbers: as the item before, or as a list further up."""
        goes_on = (
            reading
            for reading in mark.readings
            if (reading[0] == above.type if above else reading in self._ended)
        )
        return next(goes_on, mark.readings[0])

    def is_below(self, paragraph: Element) -> bool:
        """Whether a paragraph stands further in than the first list that is open."""
        return bool(self._opened) and _margin_of(paragraph) > self._opened[0].margin + _SAME_MARGIN

    def add_to_item(self, paragraph: Element) -> None:
        """Add a paragraph to the last item of the list that it stands below."""
        margin = _margin_of(paragraph)
        while self._opened[-1].margin > margin - _SAME_MARGIN:
            self._opened.pop()
        self._opened[-1].element.elements[-1].children.append(paragraph)

    def continues_item(self, paragraph: Element) -> bool:
        """Add a paragraph without a mark to the item before if it is another one of that."""
        is_item = paragraph.tag == "p" and any(map(_IS_ITEM.match, paragraph.classes))
        if not (self._opened and is_item and paragraph.text.strip(_BLANK)):
            return False
        opened = self._opened[-1]
        hangs = _HANGS.search(paragraph.attributes.get("style", ""))
        if hangs or _margin_of(paragraph) < opened.margin - _SAME_MARGIN:
            return False
        opened.element.elements[-1].children.append(paragraph)
        return True

    def _end_lists(self) -> None:
        self._ended.update((opened.type, opened.next) for opened in self._opened)
        self._opened = []


# --- marks -----------------------------------------------------------------------------------


def _mark_of(paragraph: Element) -> _Mark | None:
    """Return what a paragraph starts with as an item of a list; None if it is none."""
    before, found = _text_before_spacer(paragraph)
    if found:
        written = remove_invisible(before).strip(_BLANK)
        readings = _readings(written)
        return _Mark(len(before), readings) if readings else None
    if not any(map(_IS_ITEM.match, paragraph.classes)):
        return None
    text = paragraph.text
    start = len(text) - len(text.lstrip(_BLANK))
    words = text[start:].replace("\n", " ")
    if bullet := _BULLET_BEFORE_SPACE.match(words):
        return _Mark(start + bullet.end(), (("", 1),))
    if number := _NUMBER_BEFORE_SPACE.match(words):
        return _Mark(start + number.end(), (("1", int(number[1])),))
    return None


def _shows_levels(paragraph: Element) -> bool:
    """Whether a paragraph starts with a number of several levels, such as '1.2'."""
    before, found = _text_before_spacer(paragraph)
    return found and bool(_NUMBER_OF_LEVELS.fullmatch(remove_invisible(before).strip(_BLANK)))


def _text_before_spacer(element: Element) -> tuple[str, bool]:
    """Return the text up to the spaces that follow an item's mark, and whether there are any."""
    before = ""
    for child in element.children:
        if isinstance(child, str):
            before += child
            continue
        style = child.attributes.get("style", "")
        if child.tag == "span" and _SPACER.search(style):
            spaces = child.text
            if spaces and not spaces.strip(_BLANK):
                before += spaces
                if before.strip(_BLANK):
                    return before, True
                continue  # the spaces in front of a number that is aligned to the right
        if child.tag == "span" and _IGNORED.search(style):
            return before + child.text, True
        inner, found = _text_before_spacer(child)
        before += inner
        if found:
            return before, True
        if child.tag == "br" or child.tag in CONTAINERS:
            break
    return before, False


def _readings(written: str) -> tuple[tuple[str, int], ...]:
    """Return what a mark can number, as a type of HTML and a value; nothing for other words."""
    if _BULLET.fullmatch(written):
        return (("", 1),)
    found = _NUMBER.fullmatch(written)
    if found is None or (found[0] == found[1] and not found[1].isdecimal()):
        return ()
    if found[1].isdecimal():
        return (("1", int(found[1])),)
    small = found[1].lower()
    is_small = small == found[1]
    alphabetic = [("a" if is_small else "A", value)] if (value := _alphabetic_value(small)) else []
    roman = [("i" if is_small else "I", _roman_value(small))] if set(small) <= set(_ROMAN) else []
    # Hardly any list starts at “v”.
    is_roman = small in {"i", "v", "x"} or len(small) > 1
    return (*roman, *alphabetic) if is_roman else (*alphabetic, *roman)


def _alphabetic_value(small: str) -> int:
    """Return the place in the alphabet; Word goes on with aa, bb; 0 if it has none."""
    if len(set(small)) != 1 or not "a" <= small[0] <= "z":
        return 0
    return ord(small[0]) - 96 + 26 * (len(small) - 1)


def _roman_value(small: str) -> int:
    values = [_ROMAN[digit] for digit in small]
    return sum(
        -value if value < max(values[at + 1 :], default=0) else value
        for at, value in enumerate(values)
    )


def _margin_of(paragraph: Element) -> float:
    """Return how far a paragraph is indented, in points."""
    style = paragraph.attributes.get("style", "")
    if level := _LEVEL.search(style):
        return int(level[1]) * _LEVEL_INDENT
    declared = _MARGIN.findall(style)
    lengths = _LENGTH.findall(declared[-1][1]) if declared else []
    if lengths:
        # one value for all sides, two for top and sides, or four clockwise from the top
        is_left = declared[-1][0] or len(lengths) == 1
        return _points(*lengths[0 if is_left else 3 if len(lengths) > 3 else 1])
    return _LEVEL_INDENT


def _points(number: str, unit: str) -> float:
    try:
        return float(number) * _POINTS[unit.lower()]
    except ValueError:
        return 0.0


def _drop_characters(element: Element, count: int) -> int:
    """Take characters from the start of an element's text; return how many are left to take."""
    for at, child in enumerate(element.children):
        if not count:
            break
        if isinstance(child, str):
            element.children[at] = child[count:]
            count -= min(count, len(child))
        else:
            count = _drop_characters(child, count)
    return count
