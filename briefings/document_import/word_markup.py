"""Bring Word's markup into the form that the converter reads, before it converts it.

The converter knows Word's own styles and plain runs. Here, house styles are resolved to those,
deleted and hidden text is taken out and named, and words that stand outside ordinary runs (fields,
equations, ruby, drop caps) become ordinary runs. List numbers travel in `LIST_NUMBER` marks, and
pictures in `PICTURE` marks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field
from itertools import pairwise
from xml.etree import ElementTree as ET

from briefings.document_import.html_markup import WHITE, Colour, is_unseen, read_colour
from briefings.document_import.word_fields import (
    SHOW_NOTHING,
    find_fields,
    is_deleted_in_equation,
    linear_equation,
    link_instruction,
    shown_by_field,
    symbol_of,
)
from briefings.document_import.word_pictures import (
    WordPicture,
    drop_dangling,
    holds_picture,
    holds_text_box,
    mark_pictures,
    read_relationships,
)
from briefings.document_import.word_styles import (
    MAX_LEVEL,
    OF_DOCUMENT,
    Numbering,
    Styles,
    fill_of,
    read_numbering,
    resolve_own_levels,
    shading_of,
)
from briefings.document_import.word_xml import (
    child_of,
    int_of,
    is_tag,
    joined,
    parse_part,
    qualified,
    value_of,
    words_of,
)

# A number and its type at the start of a list item, between two private characters.
LIST_NUMBER = re.compile("((?:<(?![ou]l|li)[^>]+>)*)\ue0f0(\\d{1,9})([1aAiI])\ue0f1")
_STORIES = re.compile(r"^word/(?:document\d*|footnotes|endnotes)\.xml$")
_CHART_TEXT = re.compile(r"^word/(charts/chart|diagrams/data)\d*\.xml$")
_OBJECTS = frozenset({"drawing", "pict", "object", "AlternateContent"})
_NOTES = frozenset({"footnoteReference", "endnoteReference"})
_SHOWN = frozenset({"t", "tab", "br", "sym", "noBreakHyphen"}) | _OBJECTS | _NOTES
_ON = ("vanish", "specVanish", "webHidden")
# What both a paragraph style and a character style in it set, Word does not show.
_TOGGLES = ("b", "i", "strike")
_CHARACTER_MARKS = ("b", "i", "strike", "dstrike", "u", "vertAlign", "position")


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
    styles = Styles(parts.get("word/styles.xml"))
    if "word/numbering.xml" in parts:
        root = parse_part(parts["word/numbering.xml"])
        resolve_own_levels(root)
        prepared.parts["word/numbering.xml"] = ET.tostring(root)
    numbering = read_numbering(prepared.parts.get("word/numbering.xml"))
    for path in filter(_STORIES.match, parts):
        root = parse_part(parts[path])
        _Story(root, styles, numbering, prepared.left_out).prepare()
        drop_dangling(root, parts, path, prepared.left_out)
        mark_pictures(root, read_relationships(parts, path), prepared.pictures)
        prepared.parts[path] = ET.tostring(root)
    styles.rename()
    prepared.parts["word/styles.xml"] = ET.tostring(styles.root)
    for path in filter(_CHART_TEXT.match, parts):
        words = joined(
            node.text or "" for node in parse_part(parts[path]).iter() if is_tag(node, "t")
        )
        if words:
            kind = "chart" if "charts" in path else "diagram"
            prepared.left_out.append(f"Words in a {kind}: {words}")
    return prepared


class _Story:
    """Rewrites one part: the document itself, its footnotes or endnotes."""

    def __init__(
        self, root: ET.Element, styles: Styles, numbering: Numbering, left_out: list[str]
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
        for line_end in [node for node in self.root.iter() if is_tag(node, "cr")]:
            line_end.tag = self._name("br")
        for page_end in [node for node in self.root.iter() if is_tag(node, "br")]:
            if value_of(page_end, "type") in {"page", "column"}:
                page_end.tag, page_end.text = self._name("t"), " "
        self._choose_drawings()
        self._spell_out_symbols()
        self._take_out_placeholders()
        self._keep_boxes_to_tick()
        self._take_out_deleted()
        self._join_paragraphs()
        self._replace("fldSimple", self._field_runs)
        self._replace("oMathPara", lambda element: [self._run(linear_equation(element))])
        self._replace("oMath", lambda element: [self._run(linear_equation(element))])
        for ruby in [node for node in self.root.iter() if is_tag(node, "ruby")]:
            self._spell_out(ruby)
        self._spell_out_fields()
        self._take_out_instructions()
        page = value_of(child_of(self.root, "background"), "color")
        behind = WHITE if page.upper() in {"", "AUTO", "FFFFFF"} else None
        for paragraph, background, table_style in self._paragraphs(self.root, behind, ""):
            self._prepare_paragraph(paragraph, background, table_style)
        self._join_drop_caps()
        self._name_symbols()

    def _spell_out_symbols(self) -> None:
        """Write signs of known fonts as text, which also what hides or compares words reads."""
        for symbol in [node for node in self.root.iter() if is_tag(node, "sym")]:
            if sign := symbol_of(value_of(symbol, "font"), value_of(symbol, "char")):
                symbol.tag, symbol.text = self._name("t"), sign

    def _name_symbols(self) -> None:
        """Name the signs of other fonts, which may look like anything, and take them out."""
        symbols = [node for node in self.root.iter() if is_tag(node, "sym")]
        self._left_out += dict.fromkeys(
            f"A sign of the font {value_of(one, 'font') or '(none)'}"
            f" (number {value_of(one, 'char').upper()})."
            for one in symbols
        )
        for symbol in symbols:
            symbol.tag, symbol.text = self._name("t"), ""

    def _paragraphs(
        self, parent: ET.Element, background: Colour | None, table_style: str
    ) -> Iterator[tuple[ET.Element, Colour | None, str]]:
        """Yield each paragraph with the colour behind it and the style of its table.

        The colour is None where it is not known.
        """
        for node in list(parent):
            inner, style_id = background, table_style
            if is_tag(node, "tbl"):
                style_id = value_of(child_of(child_of(node, "tblPr"), "tblStyle"))
                inner = None if self._styles.has_shading(style_id) else background
                inner = shading_of(child_of(node, "tblPr"), inner)
            elif is_tag(node, "tc"):
                inner = shading_of(child_of(node, "tcPr"), background)
            elif is_tag(node, "txbxContent"):
                inner = None
            if is_tag(node, "p") and "drawingml" not in node.tag:
                yield node, inner, style_id
            yield from self._paragraphs(node, inner, style_id)

    def _prepare_paragraph(
        self, paragraph: ET.Element, background: Colour | None, table_style: str
    ) -> None:
        properties = child_of(paragraph, "pPr")
        of_all = self._styles.of_paragraphs
        style_id = value_of(child_of(properties, "pStyle")) or of_all
        level = value_of(child_of(properties, "outlineLvl"))
        has_level = properties is not None and level in set("012345678")
        is_heading = has_level or self._styles.is_heading(style_id)
        has_design = is_heading or style_id == of_all or self._styles.is_designed(style_id)
        hidden = self._hide_runs(
            paragraph,
            (style_id, table_style, OF_DOCUMENT),
            background,
            marks=("strike",) if has_design else _TOGGLES,
        )
        if hidden:
            self._left_out.append(f"Hidden text: {hidden}")
        self._rewrite_link_fields(paragraph)
        if properties is not None and has_level:
            heading = self._styles.add_heading(min(int(level) + 1, MAX_LEVEL))
            style = child_of(properties, "pStyle")
            if style is None:
                style = ET.SubElement(properties, self._name("pStyle"))
            style.set(self._name("val"), heading or style_id)
        self._number(paragraph, properties, style_id, is_heading=is_heading)

    # --- deleted and hidden -----------------------------------------------------------------

    def _take_out_deleted(self) -> None:
        taken_out: set[ET.Element] = set()
        for parent in list(self.root.iter()):
            for child in list(parent) if parent not in taken_out else ():
                is_row = (
                    is_tag(child, "tr") and child_of(child_of(child, "trPr"), "del") is not None
                )
                is_run = is_tag(child, "del", "moveFrom") and not is_tag(parent, "rPr", "trPr")
                is_run = is_run or is_deleted_in_equation(child)
                if not (is_row or is_run):
                    continue
                if (words := words_of(child)) and not is_tag(child, "moveFrom"):
                    self._left_out.append(f"Deleted text (tracked change): {words}")
                elif holds_picture(child) and not is_tag(child, "moveFrom"):
                    self._left_out.append("A deleted picture (tracked change).")
                parent.remove(child)
                taken_out.update(child.iter())

    def _take_out_placeholders(self) -> None:
        """Take out what a form field shows until somebody writes in it."""
        for parent in list(self.root.iter()):
            for child in [node for node in parent if is_tag(node, "sdt")]:
                if child_of(child_of(child, "sdtPr"), "showingPlcHdr") is not None:
                    if words := words_of(child):
                        self._left_out.append(f"A field that nobody filled in: {words}")
                    parent.remove(child)

    def _keep_boxes_to_tick(self) -> None:
        """Leave the sign that a box shows; the converter would make a form's field of the box."""
        for properties in [node for node in self.root.iter() if is_tag(node, "sdtPr")]:
            for box in [node for node in properties if is_tag(node, "checkbox")]:
                properties.remove(box)

    def _hide_runs(
        self,
        paragraph: ET.Element,
        style_ids: tuple[str, ...],
        background: Colour | None,
        *,
        marks: tuple[str, ...],
    ) -> str:
        """Take hidden words out of a paragraph and return them; give runs their styles' marks.

        `style_ids` are the paragraph's, its table's and the document's; `marks` are those that the
        paragraph's style may put on. The others only strike.
        """
        hidden: list[str] = []
        shading = self._styles.inherited(style_ids[0], "pPr", "shd")
        background = fill_of(shading, background)
        background = shading_of(child_of(paragraph, "pPr"), background)
        boxes = [node for node in paragraph.iter() if is_tag(node, "txbxContent")]
        in_boxes = {run for box in boxes for run in box.iter()}  # of paragraphs of their own
        for run in paragraph.iter():
            if not is_tag(run, "r") or "math" in run.tag or run in in_boxes:
                continue
            properties = child_of(run, "rPr")
            run_style = value_of(child_of(properties, "rStyle"))
            is_unseen_text = self._is_unseen(run, (run_style, *style_ids), background)
            if is_unseen_text or self._is_hidden(properties, run_style, *style_ids):
                hidden.append(words_of(run, strip=False))
                if holds_picture(run) and not is_unseen_text:
                    self._left_out.append("A hidden picture.")
                shown = _SHOWN - _OBJECTS if is_unseen_text else _SHOWN
                for child in [node for node in run if is_tag(node, *shown)]:
                    run.remove(child)
            else:
                of_paragraph = [
                    name
                    for name in marks
                    if self._puts_on(name, *(style_ids if name == "strike" else style_ids[:1]))
                ]
                if properties is None and of_paragraph:
                    properties = ET.Element(self._name("rPr"))
                    run.insert(0, properties)
                if properties is not None:
                    self._toggle_marks(properties, run_style, of_paragraph)
                    self._use_marks(properties, run_style)
        return joined(hidden)

    def _puts_on(self, name: str, *style_ids: str) -> bool:
        """Whether the nearest of these styles that says so puts a mark on."""
        names = (name, "dstrike") if name == "strike" else (name,)
        for style_id in style_ids:
            found = [self._styles.inherited(style_id, "rPr", one) for one in names]
            if any(element is not None for element in found):
                return any(map(self._is_on, found))
        return False

    def _toggle_marks(self, properties: ET.Element, run_style: str, names: list[str]) -> None:
        """Write the marks of a paragraph's style at a run that does not say for itself."""
        for name in names:
            if child_of(properties, name) is None:
                mark = ET.SubElement(properties, self._name(name))
                if self._puts_on(name, run_style):
                    mark.set(self._name("val"), "0")

    def _use_marks(self, properties: ET.Element, run_style: str) -> None:
        """Write a run's marks, also those of its style, as the converter knows them."""
        for name in _CHARACTER_MARKS:
            mark = self._styles.inherited(run_style, "rPr", name)
            if mark is not None and child_of(properties, name) is None:
                properties.append(copy(mark))
        struck = child_of(properties, "dstrike")
        if struck is not None and child_of(properties, "strike") is None:
            struck.tag = self._name("strike")
        raised = re.fullmatch(r"(-?)\d{1,4}", value_of(child_of(properties, "position")))
        if raised and int(raised[0]) and child_of(properties, "vertAlign") is None:
            align = ET.SubElement(properties, self._name("vertAlign"))
            align.set(self._name("val"), "subscript" if raised[1] else "superscript")

    def _is_hidden(self, properties: ET.Element | None, *style_ids: str) -> bool:
        for name in _ON:
            own = child_of(properties, name)
            found = (
                [own]
                if own is not None
                else [self._styles.inherited(style_id, "rPr", name) for style_id in style_ids]
            )
            nearest = next((element for element in found if element is not None), None)
            if self._is_on(nearest):
                return True
        return False

    def _is_unseen(
        self, run: ET.Element, style_ids: tuple[str, ...], background: Colour | None
    ) -> bool:
        """Whether a run's words have the colour of what is behind them."""
        properties = child_of(run, "rPr")
        colour, shading, highlight = (
            self._own_or_inherited(properties, style_ids, name)
            for name in ("color", "shd", "highlight")
        )
        background = fill_of(shading, background)
        if value_of(highlight) not in {"", "none"}:
            background = read_colour(value_of(highlight))
        return is_unseen(read_colour(f"#{value_of(colour)}"), background)

    def _own_or_inherited(
        self, properties: ET.Element | None, style_ids: tuple[str, ...], name: str
    ) -> ET.Element | None:
        own = child_of(properties, name)
        if own is not None:
            return own
        found = (self._styles.inherited(style_id, "rPr", name) for style_id in style_ids)
        return next((element for element in found if element is not None), None)

    # --- fields, equations, objects ---------------------------------------------------------

    def _replace(self, name: str, make: Callable[[ET.Element], list[ET.Element]]) -> None:
        for parent in list(self.root.iter()):
            for child in [node for node in parent if is_tag(node, name)]:
                at = list(parent).index(child)
                parent.remove(child)
                for offset, element in enumerate(make(child)):
                    parent.insert(at + offset, element)

    def _field_runs(self, field_element: ET.Element) -> list[ET.Element]:
        """Return a simple field's result; a link, or one without, as the complex field it means."""
        instruction = value_of(field_element, "instr")
        is_link = instruction.strip().upper().startswith("HYPERLINK")
        if not is_link and words_of(field_element):
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
            if is_tag(node, "instrText"):
                codes.append(node)
            elif is_tag(node, "fldChar") and codes:
                instruction = "".join(code.text or "" for code in codes)
                if link := link_instruction(instruction):
                    codes[0].text = link
                    for code in codes[1:]:
                        code.text = ""
                codes = []

    def _spell_out_fields(self) -> None:
        """Write out what fields without a result show, or name the field."""
        nodes = list(self.root.iter())
        for begin, (instruction_end, end) in find_fields(nodes):
            if any(is_tag(node, *_SHOWN) for node in nodes[instruction_end:end]):
                continue
            codes = [node for node in nodes[begin:end] if is_tag(node, "instrText")]
            instruction = " ".join("".join(code.text or "" for code in codes).split())
            if not instruction or instruction.partition(" ")[0].upper() in SHOW_NOTHING:
                continue
            words = shown_by_field(instruction, nodes[begin])
            if not words:
                self._left_out.append(f"A field of Word: {instruction}. Write what it shows.")
                continue
            for code in codes:
                code.text = ""
            nodes[begin][:] = []
            nodes[begin].tag, nodes[begin].text = self._name("t"), words
            nodes[end].tag = self._name("t")
            if instruction_end != end:
                nodes[instruction_end].tag = self._name("t")

    def _take_out_instructions(self) -> None:
        """Take out what stands in the instructions of fields, with other fields in them.

        A field that never ends has no result: its words stay.
        """
        nodes = list(self.root.iter())
        fields = dict(find_fields(nodes))
        unseen: set[ET.Element] = set()
        instruction_ends = inner_ends = 0
        for at, node in enumerate(nodes):
            separate, end = fields.get(at, (0, 0))
            if at < instruction_ends:
                inner_ends = max(inner_ends, end)
            instruction_ends = max(instruction_ends, separate)
            is_in_instruction = at < instruction_ends and is_tag(node, *_SHOWN)
            if is_in_instruction or (at <= inner_ends and is_tag(node, "fldChar", "instrText")):
                unseen.add(node)
        for parent in nodes if unseen else ():
            for child in [node for node in parent if node in unseen]:
                parent.remove(child)

    def _choose_drawings(self) -> None:
        """Leave one of two forms of each drawing: the newer for pictures, the older for its words.

        The converter reads the text boxes of the older one alone, and pictures of both.
        """
        for parent in list(self.root.iter()):
            for child in [node for node in parent if is_tag(node, "AlternateContent")]:
                newer, older = child_of(child, "Choice"), child_of(child, "Fallback")
                if newer is None or not holds_picture(newer) or holds_text_box(newer):
                    continue
                if older is not None and holds_text_box(older):
                    continue
                at = list(parent).index(child)
                parent.remove(child)
                for offset, drawing in enumerate(list(newer)):
                    parent.insert(at + offset, drawing)

    def _name_objects(self) -> None:
        """Name charts, diagrams, inserted documents and embedded objects: they have no words."""
        for node in self.root.iter():
            if is_tag(node, "graphicData"):
                kind = value_of(node, "uri").rpartition("/")[2]
                what = {"chart": "A chart", "diagram": "A diagram"}.get(kind)
                if what:
                    self._left_out.append(f"{what}. Insert it in the editor as a picture.")
            elif is_tag(node, "altChunk"):
                self._left_out.append(
                    "A document inside this one. Open it in Word, save it again and import it."
                )
            elif is_tag(node, "textpath") and (words := value_of(node, "string").strip()):
                self._left_out.append(f"WordArt: {words}")
            elif is_tag(node, "OLEObject"):
                self._left_out.append("An embedded object. Insert it in the editor as a picture.")

    def _spell_out(self, ruby: ET.Element) -> None:
        """Put ruby in brackets behind the words that it explains."""
        words = words_of(child_of(ruby, "rubyBase")), words_of(child_of(ruby, "rt"))
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

    def _number(
        self,
        paragraph: ET.Element,
        properties: ET.Element | None,
        style_id: str,
        *,
        is_heading: bool,
    ) -> None:
        """Put a paragraph into the list of its style, and its number in front of its words.

        The number of a heading, and one with words of its own such as 'Rule 2:', become words.
        """
        own = child_of(properties, "numPr")
        inherited = self._styles.inherited(style_id, "pPr", "numPr")
        numbers = own if own is not None else inherited
        if numbers is None:
            return
        number_id = value_of(child_of(numbers, "numId")) or value_of(child_of(inherited, "numId"))
        level = int_of(value_of(child_of(numbers, "ilvl")))
        if number_id in {"", "0"} or properties is None:
            return
        if own is not None:
            properties.remove(own)
        becomes_words = is_heading or self._numbering.says_words(number_id, level)
        if not becomes_words:
            added = ET.SubElement(properties, self._name("numPr"))
            ET.SubElement(added, self._name("ilvl")).set(self._name("val"), str(level))
            ET.SubElement(added, self._name("numId")).set(self._name("val"), number_id)
        if not words_of(paragraph):
            return
        if (numbered := self._numbering.next_number(number_id, level)) is not None:
            shown = f"\ue0f0{numbered[0]}{numbered[1]}\ue0f1"
            if becomes_words:
                shown = f"{self._numbering.label(number_id, level)} "
            paragraph.insert(list(paragraph).index(properties) + 1, self._run(shown))

    def _join_paragraphs(self) -> None:
        """Join a paragraph whose end is hidden or deleted to the next one.

        Word's style separator hides it, so that a heading runs into its paragraph.
        """
        for parent in list(self.root.iter()):
            for child, after in pairwise(list(parent)):
                mark = child_of(child_of(child, "pPr"), "rPr")
                is_hidden = any(self._is_on(child_of(mark, name)) for name in _ON[:2])
                is_deleted = child_of(mark, "del") is not None
                if not (is_hidden or is_deleted) or not (is_tag(child, "p") and is_tag(after, "p")):
                    continue
                runs = [node for node in child if not is_tag(node, "pPr")]
                shown = [run for run in runs if not self._is_on(_run_property(run, "vanish"))]
                if not any(map(words_of, shown)):
                    continue
                style_id = value_of(child_of(child_of(child, "pPr"), "pStyle"))
                if is_hidden and self._styles.is_heading(style_id):
                    self._make_bold(runs)
                at = 1 if child_of(after, "pPr") is not None else 0
                for offset, run in enumerate(runs):
                    after.insert(at + offset, run)
                parent.remove(child)

    def _make_bold(self, runs: list[ET.Element]) -> None:
        for run in [node for one in runs for node in one.iter() if is_tag(node, "r")]:
            properties = child_of(run, "rPr")
            if properties is None:
                properties = ET.Element(self._name("rPr"))
                run.insert(0, properties)
            if child_of(properties, "b") is None:
                ET.SubElement(properties, self._name("b"))

    @staticmethod
    def _is_on(element: ET.Element | None) -> bool:
        return element is not None and value_of(element) not in {"0", "false", "off"}

    def _join_drop_caps(self) -> None:
        """Put a dropped capital, a paragraph of its own in Word, in front of its paragraph."""
        for parent in list(self.root.iter()):
            children = list(parent)
            for child, after in pairwise(children):
                frame = child_of(child_of(child, "pPr"), "framePr")
                if (
                    is_tag(child, "p")
                    and is_tag(after, "p")
                    and value_of(frame, "dropCap") in _DROPPED
                ):
                    at = 1 if child_of(after, "pPr") is not None else 0
                    for run in [node for node in child if not is_tag(node, "pPr")]:
                        after.insert(at, run)
                        at += 1
                    parent.remove(child)

    def _name(self, name: str) -> str:
        return qualified(self.root, name)


_DROPPED = frozenset({"drop", "margin"})


def _run_property(run: ET.Element, name: str) -> ET.Element | None:
    return child_of(child_of(run, "rPr"), name)
