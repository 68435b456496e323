"""Bring Word's markup into the form that the converter reads, before it converts it.

The converter knows Word's own styles and plain runs. Here, house styles are resolved to those,
deleted and hidden text is taken out and named, and words that stand outside ordinary runs (fields,
equations, ruby, drop caps) become ordinary runs. List numbers travel in `LIST_NUMBER` marks, and
pictures in `PICTURE` marks.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from xml.etree import ElementTree as ET

from briefings.document_import.html_markup import WHITE, Colour, is_unseen, read_colour
from briefings.images import NO_CROP, Crop
from briefings.link_addresses import web_address
from newsroom.text_encodings import WINDOWS_1252

# A number and its type at the start of a list item, between two private characters.
LIST_NUMBER = re.compile("((?:<(?![ou]l|li)[^>]+>)*)\ue0f0(\\d{1,9})([1aAiI])\ue0f1")
# The number of a picture, where it stands.
PICTURE = re.compile("\ue0f2(\\d{1,4})\ue0f3")
_STORIES = re.compile(r"^word/(?:document\d*|footnotes|endnotes)\.xml$")
_CHART_TEXT = re.compile(r"^word/(charts/chart|diagrams/data)\d*\.xml$")
_NUMBER_TYPES = {"lowerLetter": "a", "upperLetter": "A", "lowerRoman": "i", "upperRoman": "I"}
# Some programs use these styles without declaring them: they have Word's own ids.
_OF_CHARACTERS = ("strong", "emphasis")
_BUILT_IN_NAMES = (
    *("title", "subtitle", "quote", "intense quote", "block text", *_OF_CHARACTERS),
    *(f"heading {level}" for level in range(1, 10)),
)
_BUILT_IN = frozenset(_BUILT_IN_NAMES)
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OBJECTS = frozenset({"drawing", "pict", "object", "AlternateContent"})
_NOTES = frozenset({"footnoteReference", "endnoteReference"})
_SHOWN = frozenset({"t", "tab", "br", "sym", "noBreakHyphen"}) | _OBJECTS | _NOTES
_ON = ("vanish", "specVanish", "webHidden")
_CHARACTER_MARKS = ("b", "i", "strike", "dstrike", "u", "vertAlign", "position")
MAX_LEVEL = 6
MAX_LIST_LEVEL = 8
MAX_INHERITED = 20


@dataclass(slots=True)
class _Style:
    """A style as the document declares it, with what it inherits looked up on demand."""

    element: ET.Element
    name: str
    based_on: str


@dataclass(slots=True)
class _Numbering:
    """How a document numbers: what each list is, and how far each has come."""

    abstract: dict[str, str] = field(default_factory=dict)  # by numId
    formats: dict[tuple[str, int], str] = field(default_factory=dict)
    starts: dict[tuple[str, int], int] = field(default_factory=dict)
    overrides: dict[tuple[str, int], int] = field(default_factory=dict)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class WordPicture:
    """A picture where it stands: a part of the archive, or an address if it is only linked."""

    path: str = ""
    address: str = ""
    alt: str = ""
    crop: Crop = NO_CROP


@dataclass(slots=True, kw_only=True)
class Prepared:
    """The parts for the converter, their pictures, and what was taken out, for the editor."""

    parts: dict[str, bytes]
    pictures: list[WordPicture] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def prepare_markup(parts: dict[str, bytes]) -> Prepared:
    """Return the parts for the converter, and what was taken out of them.

    The parts have been checked to be well-formed and without entities.
    """
    prepared = Prepared(parts=dict(parts))
    styles = _Styles(parts.get("word/styles.xml"))
    if "word/numbering.xml" in parts:
        root = _parse(parts["word/numbering.xml"])
        _resolve_own_levels(root)
        prepared.parts["word/numbering.xml"] = ET.tostring(root)
    numbering = _read_numbering(prepared.parts.get("word/numbering.xml"))
    for path in filter(_STORIES.match, parts):
        root = _parse(parts[path])
        _Story(root, styles, numbering, prepared.left_out).prepare()
        _mark_pictures(root, _read_relationships(parts, path), prepared.pictures)
        prepared.parts[path] = ET.tostring(root)
    styles.rename()
    prepared.parts["word/styles.xml"] = ET.tostring(styles.root)
    for path in filter(_CHART_TEXT.match, parts):
        words = _joined(node.text or "" for node in _parse(parts[path]).iter() if _is(node, "t"))
        if words:
            kind = "chart" if "charts" in path else "diagram"
            prepared.left_out.append(f"Words in a {kind}: {words}")
    return prepared


# --- styles ----------------------------------------------------------------------------------


class _Styles:
    """The styles of a document, each with those that it is based on."""

    def __init__(self, xml: bytes | None) -> None:
        self.root = _parse(xml) if xml else ET.Element(f"{{{_WORD}}}styles")
        self._styles: dict[str, _Style] = {}
        for element in self.root:
            if _is(element, "style"):
                name, based_on = _child(element, "name"), _child(element, "basedOn")
                self._styles[_value(element, "styleId")] = _Style(
                    element, _value(name), _value(based_on)
                )
        for built_in in _BUILT_IN_NAMES:
            style_id = built_in.title().replace(" ", "")
            if style_id not in self._styles:
                self._declare(style_id, built_in)

    def _declare(self, style_id: str, name: str) -> None:
        """Add a style to the document, as a program writes one that it did not declare."""
        made = ET.SubElement(self.root, _qualified(self.root, "style"))
        kind = "character" if name in _OF_CHARACTERS else "paragraph"
        made.set(_qualified(self.root, "type"), kind)
        made.set(_qualified(self.root, "styleId"), style_id)
        ET.SubElement(made, _qualified(self.root, "name")).set(_qualified(self.root, "val"), name)
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
        found = (_child(_child(style.element, properties), name) for style in self.chain(style_id))
        return next((element for element in found if element is not None), None)

    def has_shading(self, style_id: str) -> bool:
        """Whether a style of tables fills any of its cells."""
        return any(
            _is(node, "shd") and _fill(node, WHITE) != WHITE
            for style in self.chain(style_id)
            for node in style.element.iter()
        )

    def rename(self) -> None:
        """Call each house style by the built-in one that it is based on, or by its level."""
        names = {style_id: self._built_in(style_id) for style_id in self._styles}
        for style_id, name in names.items():
            element = _child(self._styles[style_id].element, "name")
            if name and element is not None:
                element.set(_qualified(element, "val"), name)

    def _built_in(self, style_id: str) -> str:
        for style in self.chain(style_id):
            if style.name.lower() in _BUILT_IN:
                return style.name
        level = _value(self.inherited(style_id, "pPr", "outlineLvl"))
        return f"heading {min(int(level) + 1, MAX_LEVEL)}" if level in set("012345678") else ""

    def add_heading(self, level: int) -> str:
        """Return the id of a heading's style; the document may have given its id to another."""
        name = f"heading {level}"
        for style_id, style in self._styles.items():
            if style.name.lower() == name:
                return style_id
        self._declare(f"OutlineLevel{level}", name)
        return f"OutlineLevel{level}"


def _resolve_own_levels(root: ET.Element) -> None:
    """Make a kind of its own, which the converter reads, of each list with levels of its own."""
    kinds = {
        _value(kind, "abstractNumId"): {
            _value(level, "ilvl"): level for level in _children(kind, "lvl")
        }
        for kind in _children(root, "abstractNum")
    }
    for at, number in enumerate(list(_children(root, "num"))):
        own = {
            _value(override, "ilvl"): level
            for override in _children(number, "lvlOverride")
            for level in _children(override, "lvl")
        }
        reference = _child(number, "abstractNumId")
        if not own or reference is None:
            continue
        made = ET.Element(_qualified(root, "abstractNum"))
        made.set(_qualified(root, "abstractNumId"), f"own-{at}")
        for key, level in {**kinds.get(_value(reference), {}), **own}.items():
            if not 0 <= _int(key) <= MAX_LIST_LEVEL:
                continue
            copied = ET.SubElement(made, level.tag)
            copied.set(_qualified(root, "ilvl"), key)
            for name, otherwise in (("start", "1"), ("numFmt", "decimal")):
                value = _value(_child(level, name)) or otherwise
                ET.SubElement(copied, _qualified(root, name)).set(_qualified(root, "val"), value)
        root.insert(0, made)
        for key in reference.attrib:
            if key.rpartition("}")[2] == "val":
                reference.set(key, f"own-{at}")


def _read_numbering(xml: bytes | None) -> _Numbering:
    numbering = _Numbering()
    for element in _parse(xml) if xml else ():
        if _is(element, "abstractNum"):
            for level in _children(element, "lvl"):
                key = _value(element, "abstractNumId"), _int(_value(level, "ilvl"))
                numbering.formats[key] = _value(_child(level, "numFmt"))
                numbering.starts[key] = _int(_value(_child(level, "start")), otherwise=1)
        elif _is(element, "num"):
            number_id = _value(element, "numId")
            numbering.abstract[number_id] = _value(_child(element, "abstractNumId"))
            for override in _children(element, "lvlOverride"):
                start = _child(override, "startOverride")
                if start is not None:
                    level_key = number_id, _int(_value(override, "ilvl"))
                    numbering.overrides[level_key] = _int(_value(start), otherwise=1)
    return numbering


# --- a part with paragraphs ------------------------------------------------------------------


class _Story:
    """Rewrites one part: the document itself, its footnotes or endnotes."""

    def __init__(
        self, root: ET.Element, styles: _Styles, numbering: _Numbering, left_out: list[str]
    ) -> None:
        self.root = root
        self._styles = styles
        self._numbering = numbering
        self._left_out = left_out

    def prepare(self) -> None:
        """Rewrite the part in place."""
        self._name_objects()
        for wrapper in ("dir", "bdo"):
            self._replace(wrapper, list)
        for line_end in [node for node in self.root.iter() if _is(node, "cr")]:
            line_end.tag = self._name("br")
        for page_end in [node for node in self.root.iter() if _is(node, "br")]:
            if _value(page_end, "type") in {"page", "column"}:
                page_end.tag, page_end.text = self._name("t"), " "
        self._take_out_placeholders()
        self._take_out_deleted()
        self._replace("fldSimple", self._field_runs)
        self._replace("oMathPara", lambda element: [self._run(_linear(element))])
        self._replace("oMath", lambda element: [self._run(_linear(element))])
        for ruby in [node for node in self.root.iter() if _is(node, "ruby")]:
            self._spell_out(ruby)
        self._spell_out_fields()
        self._take_out_instructions()
        page = _value(_child(self.root, "background"), "color")
        behind = WHITE if page.upper() in {"", "AUTO", "FFFFFF"} else None
        for paragraph, background in self._paragraphs(self.root, behind):
            self._prepare_paragraph(paragraph, background)
        self._join_drop_caps()

    def _paragraphs(
        self, parent: ET.Element, background: Colour | None
    ) -> Iterator[tuple[ET.Element, Colour | None]]:
        """Yield each paragraph with the colour behind it; None where that is not known."""
        for node in list(parent):
            inner = background
            if _is(node, "tbl"):
                style_id = _value(_child(_child(node, "tblPr"), "tblStyle"))
                inner = None if self._styles.has_shading(style_id) else background
                inner = _shading(_child(node, "tblPr"), inner)
            elif _is(node, "tc"):
                inner = _shading(_child(node, "tcPr"), background)
            elif _is(node, "txbxContent"):
                inner = None
            if _is(node, "p") and "drawingml" not in node.tag:
                yield node, inner
            yield from self._paragraphs(node, inner)

    def _prepare_paragraph(self, paragraph: ET.Element, background: Colour | None) -> None:
        properties = _child(paragraph, "pPr")
        style_id = _value(_child(properties, "pStyle"))
        hidden = self._hide_runs(paragraph, style_id, background)
        if hidden:
            self._left_out.append(f"Hidden text: {hidden}")
        self._rewrite_link_fields(paragraph)
        level = _value(_child(properties, "outlineLvl"))
        if properties is not None and level in set("012345678"):
            heading = self._styles.add_heading(min(int(level) + 1, MAX_LEVEL))
            style = _child(properties, "pStyle")
            if style is None:
                style = ET.SubElement(properties, self._name("pStyle"))
            style.set(self._name("val"), heading or style_id)
        self._number(paragraph, properties, style_id)

    # --- deleted and hidden -----------------------------------------------------------------

    def _take_out_deleted(self) -> None:
        taken_out: set[ET.Element] = set()
        for parent in list(self.root.iter()):
            for child in list(parent) if parent not in taken_out else ():
                is_row = _is(child, "tr") and _child(_child(child, "trPr"), "del") is not None
                is_run = _is(child, "del", "moveFrom") and not _is(parent, "rPr", "trPr")
                is_run = is_run or _is_deleted(child)
                if not (is_row or is_run):
                    continue
                if (words := _words(child)) and not _is(child, "moveFrom"):
                    self._left_out.append(f"Deleted text (tracked change): {words}")
                elif _holds_picture(child) and not _is(child, "moveFrom"):
                    self._left_out.append("A deleted picture (tracked change).")
                parent.remove(child)
                taken_out.update(child.iter())

    def _take_out_placeholders(self) -> None:
        """Take out what a form field shows until somebody writes in it."""
        for parent in list(self.root.iter()):
            for child in [node for node in parent if _is(node, "sdt")]:
                if _child(_child(child, "sdtPr"), "showingPlcHdr") is not None:
                    if words := _words(child):
                        self._left_out.append(f"A field that nobody filled in: {words}")
                    parent.remove(child)

    def _hide_runs(self, paragraph: ET.Element, style_id: str, background: Colour | None) -> str:
        """Take hidden words out of a paragraph and return them; give runs their style's marks."""
        hidden: list[str] = []
        shading = self._styles.inherited(style_id, "pPr", "shd")
        background = _fill(shading, background)
        background = _shading(_child(paragraph, "pPr"), background)
        boxes = [node for node in paragraph.iter() if _is(node, "txbxContent")]
        in_boxes = {run for box in boxes for run in box.iter()}  # of paragraphs of their own
        for run in paragraph.iter():
            if not _is(run, "r") or "math" in run.tag or run in in_boxes:
                continue
            properties = _child(run, "rPr")
            run_style = _value(_child(properties, "rStyle"))
            is_unseen_text = self._is_unseen(run, (run_style, style_id), background)
            if is_unseen_text or self._is_hidden(properties, run_style, style_id):
                hidden.append(_words(run, strip=False))
                if _holds_picture(run) and not is_unseen_text:
                    self._left_out.append("A hidden picture.")
                shown = _SHOWN - _OBJECTS if is_unseen_text else _SHOWN
                for child in [node for node in run if _is(node, *shown)]:
                    run.remove(child)
            elif properties is not None:
                self._use_marks(properties, run_style)
        return _joined(hidden)

    def _use_marks(self, properties: ET.Element, run_style: str) -> None:
        """Write a run's marks, also those of its style, as the converter knows them."""
        for name in _CHARACTER_MARKS:
            mark = self._styles.inherited(run_style, "rPr", name)
            if mark is not None and _child(properties, name) is None:
                properties.append(copy(mark))
        struck = _child(properties, "dstrike")
        if struck is not None and _child(properties, "strike") is None:
            struck.tag = self._name("strike")
        raised = re.fullmatch(r"(-?)\d{1,4}", _value(_child(properties, "position")))
        if raised and int(raised[0]) and _child(properties, "vertAlign") is None:
            align = ET.SubElement(properties, self._name("vertAlign"))
            align.set(self._name("val"), "subscript" if raised[1] else "superscript")

    def _is_hidden(self, properties: ET.Element | None, *style_ids: str) -> bool:
        for name in _ON:
            own = _child(properties, name)
            found = (
                [own]
                if own is not None
                else [self._styles.inherited(style_id, "rPr", name) for style_id in style_ids]
            )
            nearest = next((element for element in found if element is not None), None)
            if nearest is not None and _value(nearest) not in {"0", "false", "off"}:
                return True
        return False

    def _is_unseen(
        self, run: ET.Element, style_ids: tuple[str, str], background: Colour | None
    ) -> bool:
        """Whether a run's words have the colour of what is behind them."""
        properties = _child(run, "rPr")
        colour, shading, highlight = (
            self._own_or_inherited(properties, style_ids, name)
            for name in ("color", "shd", "highlight")
        )
        background = _fill(shading, background)
        if _value(highlight) not in {"", "none"}:
            background = read_colour(_value(highlight))
        return is_unseen(read_colour(f"#{_value(colour)}"), background)

    def _own_or_inherited(
        self, properties: ET.Element | None, style_ids: tuple[str, str], name: str
    ) -> ET.Element | None:
        own = _child(properties, name)
        if own is not None:
            return own
        found = (self._styles.inherited(style_id, "rPr", name) for style_id in style_ids)
        return next((element for element in found if element is not None), None)

    # --- fields, equations, objects ---------------------------------------------------------

    def _replace(self, name: str, make: Callable[[ET.Element], list[ET.Element]]) -> None:
        for parent in list(self.root.iter()):
            for child in [node for node in parent if _is(node, name)]:
                at = list(parent).index(child)
                parent.remove(child)
                for offset, element in enumerate(make(child)):
                    parent.insert(at + offset, element)

    def _field_runs(self, field_element: ET.Element) -> list[ET.Element]:
        """Return a simple field's result; a link's as the complex field that it stands for."""
        instruction = _value(field_element, "instr")
        if not instruction.strip().upper().startswith("HYPERLINK"):
            return list(field_element)
        code = ET.Element(self._name("r"))
        ET.SubElement(code, self._name("instrText")).text = instruction
        begin, separate, end = map(self._field_character, ("begin", "separate", "end"))
        return [begin, code, separate, *field_element, end]

    def _field_character(self, kind: str) -> ET.Element:
        run = ET.Element(self._name("r"))
        ET.SubElement(run, self._name("fldChar")).set(self._name("fldCharType"), kind)
        return run

    def _rewrite_link_fields(self, paragraph: ET.Element) -> None:
        """Write the address of each link field without switches, as the converter expects it."""
        codes: list[ET.Element] = []
        for node in paragraph.iter():
            if _is(node, "instrText"):
                codes.append(node)
            elif _is(node, "fldChar") and codes:
                instruction = "".join(code.text or "" for code in codes)
                if link := _link_instruction(instruction):
                    codes[0].text = link
                    for code in codes[1:]:
                        code.text = ""
                codes = []

    def _spell_out_fields(self) -> None:
        """Write out fractions and signs that are fields without a result, or name the field."""
        nodes = list(self.root.iter())
        for begin, (instruction_end, end) in _fields(nodes):
            if instruction_end != end:
                continue
            codes = [node for node in nodes[begin:end] if _is(node, "instrText")]
            instruction = " ".join("".join(code.text or "" for code in codes).split())
            if instruction.partition(" ")[0].upper() not in {"EQ", "SYMBOL"}:
                continue
            words = _shown_by_field(instruction)
            if not words:
                self._left_out.append(f"A field of Word: {instruction}. Write what it shows.")
                continue
            for code in codes:
                code.text = ""
            nodes[begin].tag, nodes[begin].text = self._name("t"), words
            nodes[end].tag = self._name("t")

    def _take_out_instructions(self) -> None:
        """Take out what stands in the instructions of fields, with other fields in them.

        A field that never ends has no result: its words stay.
        """
        nodes = list(self.root.iter())
        fields = dict(_fields(nodes))
        unseen: set[ET.Element] = set()
        instruction_ends = inner_ends = 0
        for at, node in enumerate(nodes):
            separate, end = fields.get(at, (0, 0))
            if at < instruction_ends:
                inner_ends = max(inner_ends, end)
            instruction_ends = max(instruction_ends, separate)
            is_in_instruction = at < instruction_ends and _is(node, *_SHOWN)
            if is_in_instruction or (at <= inner_ends and _is(node, "fldChar", "instrText")):
                unseen.add(node)
        for parent in nodes if unseen else ():
            for child in [node for node in parent if node in unseen]:
                parent.remove(child)

    def _name_objects(self) -> None:
        """Name charts, diagrams, inserted documents and embedded objects: they have no words."""
        for node in self.root.iter():
            if _is(node, "graphicData"):
                kind = _value(node, "uri").rpartition("/")[2]
                what = {"chart": "A chart", "diagram": "A diagram"}.get(kind)
                if what:
                    self._left_out.append(f"{what}. Insert it in the editor as a picture.")
            elif _is(node, "altChunk"):
                self._left_out.append(
                    "A document inside this one. Open it in Word, save it again and import it."
                )
            elif _is(node, "textpath") and (words := _value(node, "string").strip()):
                self._left_out.append(f"WordArt: {words}")
            elif _is(node, "OLEObject"):
                self._left_out.append("An embedded object. Insert it in the editor as a picture.")

    def _spell_out(self, ruby: ET.Element) -> None:
        """Put ruby in brackets behind the words that it explains."""
        words = _words(_child(ruby, "rubyBase")), _words(_child(ruby, "rt"))
        text = f"{words[0]} ({words[1]})" if all(words) else words[0] or words[1]
        for child in list(ruby):
            ruby.remove(child)
        ruby.tag = self._name("t")
        ruby.text = text

    def _run(self, text: str) -> ET.Element:
        run = ET.Element(self._name("r"))
        element = ET.SubElement(run, self._name("t"))
        element.text = text
        return run

    # --- lists and drop caps ----------------------------------------------------------------

    def _number(self, paragraph: ET.Element, properties: ET.Element | None, style_id: str) -> None:
        """Put a paragraph into the list of its style, and its number in front of its words."""
        own = _child(properties, "numPr")
        numbers = own if own is not None else self._styles.inherited(style_id, "pPr", "numPr")
        if numbers is None:
            return
        inherited = self._styles.inherited(style_id, "pPr", "numPr")
        number_id = _value(_child(numbers, "numId")) or _value(_child(inherited, "numId"))
        level = _int(_value(_child(numbers, "ilvl")))
        if number_id in {"", "0"} or properties is None:
            return
        if own is not None:
            properties.remove(own)
        added = ET.SubElement(properties, self._name("numPr"))
        ET.SubElement(added, self._name("ilvl")).set(self._name("val"), str(level))
        ET.SubElement(added, self._name("numId")).set(self._name("val"), number_id)
        if not _words(paragraph):
            return
        if (numbered := self._numbering.next_number(number_id, level)) is not None:
            mark = f"\ue0f0{numbered[0]}{numbered[1]}\ue0f1"
            paragraph.insert(list(paragraph).index(properties) + 1, self._run(mark))

    def _join_drop_caps(self) -> None:
        """Put a dropped capital, a paragraph of its own in Word, in front of its paragraph."""
        for parent in list(self.root.iter()):
            children = list(parent)
            for child, after in pairwise(children):
                frame = _child(_child(child, "pPr"), "framePr")
                if _is(child, "p") and _is(after, "p") and _value(frame, "dropCap") in _DROPPED:
                    at = 1 if _child(after, "pPr") is not None else 0
                    for run in [node for node in child if not _is(node, "pPr")]:
                        after.insert(at, run)
                        at += 1
                    parent.remove(child)

    def _name(self, name: str) -> str:
        return _qualified(self.root, name)


_DROPPED = frozenset({"drop", "margin"})


# --- pictures --------------------------------------------------------------------------------

_VML_SIDES = ("cropleft", "croptop", "cropright", "cropbottom")


def _read_relationships(parts: dict[str, bytes], path: str) -> dict[str, WordPicture]:
    """Return what the part at `path` may show as pictures, by the ids that it uses."""
    folder, _, name = path.rpartition("/")
    xml = parts.get(f"{folder}/_rels/{name}.rels")
    found: dict[str, WordPicture] = {}
    for relation in _parse(xml) if xml else ():
        target = _value(relation, "Target")
        if not _value(relation, "Type").endswith("/image"):
            continue
        if _value(relation, "TargetMode") == "External":
            found[_value(relation, "Id")] = WordPicture(address=target)
        else:
            inside = posixpath.normpath(posixpath.join(f"/{folder}", target)).lstrip("/")
            found[_value(relation, "Id")] = WordPicture(path=inside)
    return found


def _mark_pictures(
    root: ET.Element, related: dict[str, WordPicture], pictures: list[WordPicture]
) -> None:
    """Put a mark in the place of each picture; add the pictures in the order of their marks."""
    for node in list(root.iter()):
        if not _is(node, "drawing", "pict") or any(_is(one, "txbxContent") for one in node.iter()):
            continue  # what a text box holds is marked by itself
        marks = ""
        for picture in _pictures_of(node, related):
            marks += f"\ue0f2{len(pictures)}\ue0f3"
            pictures.append(picture)
        if marks:
            node.tag = _qualified(root, "t")
            node[:] = []
            node.text = marks


def _pictures_of(drawing: ET.Element, related: dict[str, WordPicture]) -> Iterator[WordPicture]:
    """Yield the pictures of a drawing, with its description and as much of each as it shows."""
    described = [node for node in drawing.iter() if _is(node, "docPr", "cNvPr", "shape", "rect")]
    descriptions = (_value(node, name) for name in ("descr", "alt", "title") for node in described)
    alt = " ".join(next(filter(None, descriptions), "").split())
    for holder in drawing.iter():
        for image in holder:
            ids = [_value(image, name) for name in ("embed", "link", "id", "href")]
            found = next((related[one] for one in ids if one in related), None)
            if _is(image, "blip", "imagedata") and found is not None:
                yield replace(found, alt=alt, crop=_crop(image, _child(holder, "srcRect")))


def _crop(image: ET.Element, rectangle: ET.Element | None) -> Crop:
    if rectangle is not None:
        return Crop(*(_share(_value(rectangle, side), 100_000) for side in "ltrb"))
    return Crop(*(_share(_value(image, side), 65_536) for side in _VML_SIDES))


def _share(text: str, whole: int) -> float:
    """Return a share written as `25000` of 100,000, `25%`, `16384f` of 65,536 or `.25`."""
    found = re.fullmatch(r"(-?\d{0,9}(?:\.\d{1,9})?)(%|f?)", text)
    if found is None or not found[1].strip("-."):
        return 0
    if found[2] == "%":
        return float(found[1]) / 100
    return float(found[1]) / (1 if "." in found[1] else whole)


def _holds_picture(element: ET.Element) -> bool:
    return any(_is(node, "blip", "imagedata") for node in element.iter())


# --- instructions and equations --------------------------------------------------------------


def _fields(nodes: list[ET.Element]) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield where each field begins, where its instruction ends, and where the field ends."""
    opened: list[tuple[int, int]] = []
    for at, node in enumerate(nodes):
        kind = _value(node, "fldCharType") if _is(node, "fldChar") else ""
        if kind == "begin":
            opened.append((at, 0))
        elif kind == "separate" and opened:
            opened[-1] = (opened[-1][0], at)
        elif kind == "end" and opened:
            begin, separate = opened.pop()
            yield begin, (separate or at, at)


_FIELD_PART = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


def _link_instruction(instruction: str) -> str:
    r"""Return a HYPERLINK field's code without its switches; the one of use is `\l`, a place."""
    parts = _FIELD_PART.findall(instruction)
    if not parts or parts[0][1].upper() != "HYPERLINK":
        return ""
    address = anchor = ""
    switch = ""
    for quoted, bare in parts[1:]:
        if bare.startswith("\\"):
            switch = bare[:2].lower()
            switch = "" if switch in {"\\n", "\\m", "\\h"} else switch
            continue
        value = quoted.replace("\\\\", "\\") or bare
        if switch == "\\l":
            anchor = value
        elif not switch:
            address = address or value
        switch = ""
    if not address:
        return f' HYPERLINK \\l "{anchor}" ' if anchor else ""
    address = web_address(address) or address
    return f' HYPERLINK "{address}{f"#{anchor}" if anchor and "#" not in address else ""}" '


_FRACTION = re.compile(r"EQ\s+\\f\s*\(([^()\\]{1,60}?)[,;]([^()\\]{1,60}?)\)", re.IGNORECASE)
_SYMBOL = re.compile(r"SYMBOL\s+(0x[0-9a-f]{1,5}|\d{1,6})(.*)", re.IGNORECASE)


def _shown_by_field(instruction: str) -> str:
    """Return what a field shows for EQ with a fraction, and for SYMBOL; else an empty string."""
    if fraction := _FRACTION.fullmatch(instruction):
        return f"{fraction[1].strip()}/{fraction[2].strip()}"
    symbol = _SYMBOL.fullmatch(instruction)
    if symbol is None or re.search(r"\\f\s", symbol[2]):  # of a font with signs of its own
        return ""
    number = int(symbol[1], 0)
    if "\\u" in symbol[2]:
        return chr(number) if 31 < number < 0xD800 else ""
    return bytes([number]).decode(WINDOWS_1252, "replace") if 31 < number < 256 else ""


def _linear(element: ET.Element) -> str:
    """Return an equation on one line: a fraction with a slash, a power with a caret."""
    words = "".join(map(_linear, element)) if len(element) else (element.text or "")
    part = partial(_linear_of, element)
    match element.tag.rpartition("}")[2]:
        case "f":
            words = f"{part('num')}/{part('den')}"
        case "sSup":
            words = f"{part('e')}^{part('sup')}"
        case "sSub":
            words = f"{part('e')}_{part('sub')}"
        case "sSubSup":
            words = f"{part('e')}_{part('sub')}^{part('sup')}"
        case "rad":
            words = f"√({part('e')})"
        case "nary":
            sign = _value(_child(_child(element, "naryPr"), "chr")) or "∫"
            limits = (("_", part("sub")), ("^", part("sup")))
            shown = "".join(f"{mark}{limit}" for mark, limit in limits if limit)
            words = f"{sign}{shown} {part('e')}"
        case "m":
            rows = (map(_linear, _children(row, "e")) for row in _children(element, "mr"))
            words = f"[{'; '.join(map(', '.join, rows))}]"
        case "d":
            words = f"({words})"
    return words if len(element) or _is(element, "t") else ""


def _linear_of(element: ET.Element, name: str) -> str:
    child = _child(element, name)
    words = _linear(child) if child is not None else ""
    return f"({words})" if re.search(r"[-+=/ ]", words) else words


def _is_deleted(run: ET.Element) -> bool:
    """Whether a run of an equation is a tracked deletion."""
    properties = _children(run, "rPr") if _is(run, "r") else ()
    return any(_child(one, "del") is not None for one in properties)


# --- elements --------------------------------------------------------------------------------


def _parse(xml: bytes) -> ET.Element:
    return ET.fromstring(xml)  # noqa: S314  (checked before: no entities, limited size and depth)


def _is(element: ET.Element | None, *names: str) -> bool:
    return element is not None and element.tag.rpartition("}")[2] in names


def _children(element: ET.Element | None, name: str) -> Iterator[ET.Element]:
    return (child for child in (element if element is not None else ()) if _is(child, name))


def _child(element: ET.Element | None, name: str) -> ET.Element | None:
    return next(_children(element, name), None)


def _qualified(element: ET.Element, name: str) -> str:
    return f"{element.tag.rpartition('}')[0]}}}{name}" if "}" in element.tag else name


def _value(element: ET.Element | None, name: str = "val") -> str:
    """Return an attribute, with or without a namespace; empty where there is none."""
    if element is None:
        return ""
    found = (value for key, value in element.items() if key.rpartition("}")[2] == name)
    return next(found, "")


def _int(text: str, *, otherwise: int = 0) -> int:
    return int(text) if re.fullmatch(r"\d{1,9}", text) else otherwise


def _shading(properties: ET.Element | None, outer: Colour | None) -> Colour | None:
    """Return the colour behind what has these properties."""
    return _fill(_child(properties, "shd"), outer)


def _fill(shading: ET.Element | None, outer: Colour | None) -> Colour | None:
    """Return the colour of a shading; None for a pattern, or a colour that is not known."""
    if shading is None or _value(shading, "fill") in {"", "auto"}:
        is_pattern = _value(shading) not in {"", "clear", "nil"}
        return None if is_pattern else outer
    return read_colour(f"#{_value(shading, 'fill')}")


def _words(element: ET.Element | None, *, strip: bool = True) -> str:
    parts: list[str] = []
    for node in element.iter() if element is not None else ():
        if _is(node, "t", "delText"):
            parts.append(node.text or "")
        elif _is(node, "tab", "br", "p"):
            parts.append(" ")
    return _joined(parts) if strip else "".join(parts)


def _joined(parts: Iterator[str] | list[str]) -> str:
    return " ".join("".join(parts).split())
