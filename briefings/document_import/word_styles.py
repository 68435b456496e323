"""What a Word document declares once for many paragraphs: styles, numbering and shading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from briefings.document_import.html_markup import WHITE, Colour, read_colour
from briefings.document_import.word_xml import (
    child_of,
    children_of,
    int_of,
    is_tag,
    parse_part,
    qualified,
    value_of,
)
from newsroom import roman_numerals

_NUMBER_TYPES = {"lowerLetter": "a", "upperLetter": "A", "lowerRoman": "i", "upperRoman": "I"}
# Some programs use these styles without declaring them: they have Word's own ids.
_OF_CHARACTERS = ("strong", "emphasis")
_BUILT_IN_NAMES = (
    *("title", "subtitle", "quote", "intense quote", "block text", *_OF_CHARACTERS),
    *(f"heading {level}" for level in range(1, 10)),
)
_BUILT_IN = frozenset(_BUILT_IN_NAMES)
# What is bold or slanted in them is how a quotation looks, not what somebody stressed.
_DESIGNED = frozenset({"quote", "intense quote", "block text", "caption"})
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
MAX_LEVEL = 6
MAX_LIST_LEVEL = 8
MAX_INHERITED = 20
OF_DOCUMENT = "\0"  # the id by which we find what holds for a whole document


@dataclass(slots=True)
class _Style:
    """A style as the document declares it, with what it inherits looked up on demand."""

    element: ET.Element
    name: str
    based_on: str


@dataclass(slots=True)
class Numbering:
    """How a document numbers: what each list is, and how far each has come."""

    abstract: dict[str, str] = field(default_factory=dict)  # by numId
    formats: dict[tuple[str, int], str] = field(default_factory=dict)
    starts: dict[tuple[str, int], int] = field(default_factory=dict)
    overrides: dict[tuple[str, int], int] = field(default_factory=dict)
    texts: dict[tuple[str, int], str] = field(default_factory=dict)  # with %1 for a number
    reached: dict[tuple[str, int], int] = field(default_factory=dict)

    def next_number(self, number_id: str, level: int) -> tuple[int, str] | None:
        """Return a paragraph's number and its type; None where a bullet stands."""
        abstract = self.abstract.get(number_id)
        if abstract is None:
            return None
        kind = self.formats.get((abstract, level), "bullet")
        if kind in {"bullet", "none"}:
            return None
        override = self.overrides.pop((number_id, level), None)
        if override is not None:
            number = override
        elif (abstract, level) in self.reached:
            number = self.reached[abstract, level] + 1
        else:
            number = self.starts.get((abstract, level), 1)
        self.reached[abstract, level] = number
        for deeper in [key for key in self.reached if key[0] == abstract and key[1] > level]:
            del self.reached[deeper]
        return number, _NUMBER_TYPES.get(kind, "1")

    def label(self, number_id: str, level: int) -> str:
        """Return how the source shows the number that `next_number` has returned: 'Rule 2:'."""
        abstract = self.abstract.get(number_id, "")

        def numeral(place: re.Match[str]) -> str:
            key = abstract, int(place[1]) - 1
            number = self.reached.get(key, self.starts.get(key, 1))
            return _numeral(number, self.formats.get(key, ""))

        return re.sub(r"%(\d)", numeral, self.texts.get((abstract, level), f"%{level + 1}."))

    def says_words(self, number_id: str, level: int) -> bool:
        """Whether an item is shown as a paragraph: by 'Rule 2:' or '1.2', not '(a)', or nothing."""
        if self.formats.get((self.abstract.get(number_id, ""), level)) == "none":
            return True
        text = self.texts.get((self.abstract.get(number_id, ""), level), "")
        has_words = "%" in text and bool(re.sub(r"%\d|[\s().:\[\]–-]", "", text))
        return has_words or text.count("%") > 1


def _numeral(number: int, kind: str) -> str:
    """Return a number as Word writes it in one of its formats."""
    if kind in {"lowerLetter", "upperLetter"} and number > 0:
        written = chr(97 + (number - 1) % 26) * ((number - 1) // 26 + 1)
    elif kind in {"lowerRoman", "upperRoman"} and 0 < number <= roman_numerals.LARGEST:
        written = roman_numerals.to_roman(number)
    elif kind == "decimalZero":
        return f"{number:02}"
    else:
        return str(number)
    return written.upper() if kind.startswith("upper") else written


class Styles:
    """The styles of a document, each with those that it is based on."""

    def __init__(self, xml: bytes | None) -> None:
        self.root = parse_part(xml) if xml else ET.Element(f"{{{_WORD}}}styles")
        self._styles: dict[str, _Style] = {}
        self._inherited: dict[tuple[str, str, str], ET.Element | None] = {}
        self.of_paragraphs = ""  # the style of paragraphs that name none
        for element in self.root:
            if is_tag(element, "style"):
                name, based_on = child_of(element, "name"), child_of(element, "basedOn")
                style_id = value_of(element, "styleId")
                self._styles[style_id] = _Style(element, value_of(name), value_of(based_on))
                is_default = value_of(element, "default") in {"1", "true", "on"}
                if is_default and value_of(element, "type") == "paragraph":
                    self.of_paragraphs = style_id
        defaults = child_of(child_of(self.root, "docDefaults"), "rPrDefault")
        if defaults is not None:
            self._styles[OF_DOCUMENT] = _Style(defaults, "", "")
        for built_in in _BUILT_IN_NAMES:
            style_id = built_in.title().replace(" ", "")
            if style_id not in self._styles:
                self._declare(style_id, built_in)

    def _declare(self, style_id: str, name: str) -> None:
        """Add a style to the document, as a program writes one that it did not declare."""
        made = ET.SubElement(self.root, qualified(self.root, "style"))
        kind = "character" if name in _OF_CHARACTERS else "paragraph"
        made.set(qualified(self.root, "type"), kind)
        made.set(qualified(self.root, "styleId"), style_id)
        ET.SubElement(made, qualified(self.root, "name")).set(qualified(self.root, "val"), name)
        self._styles[style_id] = _Style(made, name, "")

    def chain(self, style_id: str) -> Iterator[_Style]:
        """Yield a style and those that it is based on."""
        for _ in range(MAX_INHERITED):
            style = self._styles.get(style_id)
            if style is None:
                return
            yield style
            style_id = style.based_on

    def inherited(self, style_id: str, properties: str, name: str) -> ET.Element | None:
        """Return the nearest `name` among a style's properties (`pPr` or `rPr`)."""
        key = style_id, properties, name
        if key not in self._inherited:
            found = (
                child_of(child_of(style.element, properties), name)
                for style in self.chain(style_id)
            )
            self._inherited[key] = next((one for one in found if one is not None), None)
        return self._inherited[key]

    def has_shading(self, style_id: str) -> bool:
        """Whether a style of tables fills any of its cells."""
        return any(
            is_tag(node, "shd") and fill_of(node, WHITE) != WHITE
            for style in self.chain(style_id)
            for node in style.element.iter()
        )

    def rename(self) -> None:
        """Call each house style by the built-in one that it is based on, or by its level."""
        names = {style_id: self._built_in(style_id) for style_id in self._styles}
        for style_id, name in names.items():
            element = child_of(self._styles[style_id].element, "name")
            if name and element is not None:
                element.set(qualified(element, "val"), name)

    def _built_in(self, style_id: str) -> str:
        for style in self.chain(style_id):
            if style.name.lower() in _BUILT_IN:
                return style.name
        level = value_of(self.inherited(style_id, "pPr", "outlineLvl"))
        return f"heading {min(int(level) + 1, MAX_LEVEL)}" if level in set("012345678") else ""

    def is_heading(self, style_id: str) -> bool:
        """Whether a style is that of a heading or a title, or is based on one."""
        return self._built_in(style_id).lower().startswith(("heading", "title", "subtitle"))

    def is_designed(self, style_id: str) -> bool:
        """Whether a style is one of Word's own for quotations or captions, or is based on one."""
        return any(style.name.lower() in _DESIGNED for style in self.chain(style_id))

    def add_heading(self, level: int) -> str:
        """Return the id of a heading's style; the document may have given its id to another."""
        name = f"heading {level}"
        for style_id, style in self._styles.items():
            if style.name.lower() == name:
                return style_id
        self._declare(f"OutlineLevel{level}", name)
        return f"OutlineLevel{level}"


def resolve_own_levels(root: ET.Element) -> None:
    """Make a kind of its own, which the converter reads, of each list with levels of its own."""
    kinds = {
        value_of(kind, "abstractNumId"): {
            value_of(level, "ilvl"): level for level in children_of(kind, "lvl")
        }
        for kind in children_of(root, "abstractNum")
    }
    for at, number in enumerate(list(children_of(root, "num"))):
        own = {
            value_of(override, "ilvl"): level
            for override in children_of(number, "lvlOverride")
            for level in children_of(override, "lvl")
        }
        reference = child_of(number, "abstractNumId")
        if not own or reference is None:
            continue
        made = ET.Element(qualified(root, "abstractNum"))
        made.set(qualified(root, "abstractNumId"), f"own-{at}")
        for key, level in {**kinds.get(value_of(reference), {}), **own}.items():
            if not 0 <= int_of(key) <= MAX_LIST_LEVEL:
                continue
            copied = ET.SubElement(made, level.tag)
            copied.set(qualified(root, "ilvl"), key)
            for name, otherwise in (("start", "1"), ("numFmt", "decimal"), ("lvlText", "")):
                value = value_of(child_of(level, name)) or otherwise
                ET.SubElement(copied, qualified(root, name)).set(qualified(root, "val"), value)
        root.insert(0, made)
        for key in reference.attrib:
            if key.rpartition("}")[2] == "val":
                reference.set(key, f"own-{at}")


def read_numbering(xml: bytes | None) -> Numbering:
    """Return what the part `word/numbering.xml` declares."""
    numbering = Numbering()
    of_style: dict[str, str] = {}  # the kind of list that a style for lists is
    by_style: dict[str, str] = {}  # the style that a kind of list is named by instead of levels
    for element in parse_part(xml) if xml else ():
        if is_tag(element, "abstractNum"):
            abstract = value_of(element, "abstractNumId")
            of_style[value_of(child_of(element, "styleLink"))] = abstract
            by_style[abstract] = value_of(child_of(element, "numStyleLink"))
            for level in children_of(element, "lvl"):
                key = value_of(element, "abstractNumId"), int_of(value_of(level, "ilvl"))
                numbering.formats[key] = value_of(child_of(level, "numFmt"))
                numbering.starts[key] = int_of(value_of(child_of(level, "start")), otherwise=1)
                if text := value_of(child_of(level, "lvlText")):
                    numbering.texts[key] = text
        elif is_tag(element, "num"):
            number_id = value_of(element, "numId")
            numbering.abstract[number_id] = value_of(child_of(element, "abstractNumId"))
            for override in children_of(element, "lvlOverride"):
                start = child_of(override, "startOverride")
                if start is not None:
                    level_key = number_id, int_of(value_of(override, "ilvl"))
                    numbering.overrides[level_key] = int_of(value_of(start), otherwise=1)
    for number_id, abstract in numbering.abstract.items():
        if named := by_style.get(abstract):
            numbering.abstract[number_id] = of_style.get(named, abstract)
    return numbering


# --- shading ---------------------------------------------------------------------------------


def shading_of(properties: ET.Element | None, outer: Colour | None) -> Colour | None:
    """Return the colour behind what has these properties."""
    return fill_of(child_of(properties, "shd"), outer)


def fill_of(shading: ET.Element | None, outer: Colour | None) -> Colour | None:
    """Return the colour of a shading; None for a pattern, or a colour that is not known."""
    if shading is None or value_of(shading, "fill") in {"", "auto"}:
        is_pattern = value_of(shading) not in {"", "clear", "nil"}
        return None if is_pattern else outer
    return read_colour(f"#{value_of(shading, 'fill')}")
