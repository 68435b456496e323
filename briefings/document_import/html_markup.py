"""Bring the HTML of Word, Google Docs and web pages into one form before it is read.

What style sheets say becomes styles (`style_sheets`), the programs' own marks for comments,
footnotes, tracked changes, titles and list levels become ordinary elements, and what a colleague
wrote beside the text, or hid in the colour of the page, is taken out and named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from PIL import ImageColor

from briefings.document_import.drawn_lists import make_drawn_lists
from briefings.document_import.style_sheets import ALL_LEVELS, apply_style_sheets
from newsroom.html_tree import BLOCKS, LISTS, Element
from newsroom.invisible_characters import remove_invisible

_TITLE_CLASS = re.compile(r"title$|MsoTitle", re.IGNORECASE)
_COMMENT_MARK = re.compile(r"mso-comment-reference|mso-element\s*:\s*comment", re.IGNORECASE)
_COMMENTS = frozenset({"msocomtxt", "MsoCommentText"})
_COMMENT_REFERENCES = frozenset({"MsoCommentReference", "msocomanchor"})
_NOTE_ID = re.compile(
    r"(?!.*(?:ref|anchor|link|back))_?(?:ftn|edn|ftnt|fn|note|footnote|endnote|cite_note|cmnt|msocom)"
    r"[-_:]?(?:[\w.]{1,40}-)?\d{1,4}$|sd(?:foot|end)note\d{1,4}sym$",
    re.IGNORECASE,
)
_OF_NOTES = re.compile(
    r"(?:foot|end)note|\bnotes?\b|ftn|edn|\bfn|cite_|#n[-_]?\d{1,4}$", re.IGNORECASE
)
_NOTES_CLASS = re.compile(r"[\w-]*(?:foot|end)notes?[\w-]*$", re.IGNORECASE)
# The text of a link from a note back to where it is referred to.
_BACK_ARROW = re.compile("[\\s\u00a0\ufe0e\ufe0f]*[↩↑⤴←⏎^⮐⇑][\\s\u00a0\ufe0e\ufe0f]*")
_NOTE_LABEL = re.compile(r"\s*\[?(?:\d{1,4}|[a-z]{1,2}|[ivx]{1,6}|\*)\]?\s*$", re.IGNORECASE)
MAX_DIGITS = 7
_DOCS_LIST = re.compile(r"(lst-[\w-]*?)-(\d)$")
# Styles for quotations, as Word and other programs call them in several languages.
_QUOTE_CLASS = re.compile(
    r"(?!.*(?:autor|author|source|name|attribution|caption|by$))"
    r"(?:[\w-]*(?:quote|blocktext|zitat|citaat|citazione|cytat)[\w-]*|citation|citat|cita)$",
    re.IGNORECASE,
)
_LARGE = re.compile(
    r"font-size\s*:\s*(?:[3-9]\d|\d{3})(?:\.\d+)?p[tx]|font-size\s*:\s*(?:[3-9]|\d\d)(?:\.\d+)?em"
    r"|float\s*:\s*left",
    re.IGNORECASE,
)


def prepare_page(root: Element, *, name: str) -> list[str]:
    """Rewrite a page in place; return what was taken out of it, for the editor."""
    left_out: list[str] = []
    knows_backgrounds = apply_style_sheets(root, name=name)
    _take_out_unseen(root, left_out, knows_backgrounds=knows_backgrounds)
    is_office = _is_of_word(root)
    _number_references(root)
    _rewrite(root, left_out, is_office=is_office)
    _join_drop_caps(root)
    make_drawn_lists(root)
    _nest_docs_lists(root)
    _spell_out_levels(root, "")
    _collect_notes(root)
    return left_out


def _is_of_word(root: Element) -> bool:
    return any(
        "Mso" in element.attributes.get("class", "")
        or "microsoft" in " ".join(element.attributes.values()).lower()
        for element in _elements(root)
    )


def _elements(root: Element) -> Iterator[Element]:
    for child in root.elements:
        yield child
        yield from _elements(child)


# --- text in the colour of its background ----------------------------------------------------

Colour = tuple[int, ...]
WHITE: Colour = (255, 255, 255)
_TRANSPARENT: Colour = (-1, -1, -1)
_SAME = 6  # of 255: nobody sees a smaller difference
_COLOUR = re.compile(r"(?:^|;)\s*color\s*:\s*([^;!]{1,60})", re.IGNORECASE)
_BACKGROUND = re.compile(
    r"(?:^|;)\s*background(?:-color|-image)?\s*:\s*([^;!]{1,200})", re.IGNORECASE
)
_PICTURE = re.compile(r"\burl\(|gradient\(", re.IGNORECASE)
_SIZE = re.compile(
    r"(?:^|;)\s*font-size\s*:\s*(\d{1,4}(?:\.\d{1,4})?|\.\d{1,4})(px|pt|r?em|%)?", re.IGNORECASE
)
# The largest size that nobody can read, by its unit.
_TOO_SMALL = {"px": 1.0, "pt": 1.0, "em": 0.1, "rem": 0.1, "%": 10.0}
_NO_OPACITY = re.compile(
    r"(?:rgb|hsl)a?\([^()]{1,80}[,/]\s*0*\.?0*%?\s*\)|#(?:[\da-f]{3}0|[\da-f]{6}00)", re.IGNORECASE
)
_NO_COLOUR = frozenset({"", "none", "transparent", "inherit", "initial", "unset", "auto"})


def read_colour(text: str) -> Colour | None:
    """Return a colour of CSS as red, green and blue; None if it is none or half transparent."""
    try:
        colour = ImageColor.getrgb(text.strip())
    except ValueError:
        return None
    return colour[:3] if len(colour) == 3 or colour[3] == 255 else None


def is_unseen(colour: Colour | None, background: Colour | None) -> bool:
    """Whether text of a colour cannot be seen on its background; None is a colour not known."""
    if colour is None or background is None:
        return colour == _TRANSPARENT
    differences = (abs(one - other) for one, other in zip(colour, background, strict=True))
    return colour == _TRANSPARENT or max(differences) <= _SAME


def _sees_through(value: str) -> bool:
    """Whether a colour is wholly transparent: its fourth part is zero."""
    parts = 1 + value.count(",") + value.count("/")
    return bool(_NO_OPACITY.fullmatch(value)) and (value[0] == "#" or parts == 4 or "/" in value)


def _background(style: str, outer: Colour | None, *, attribute: str = "") -> Colour | None:
    """Return the background that a style or a `bgcolor` sets; None if it is not one colour."""
    declared = _BACKGROUND.findall(style)
    if any(map(_PICTURE.search, declared)):
        return None
    value = (declared[-1] if declared else attribute).strip().lower()
    if value in _NO_COLOUR or _sees_through(value):
        return outer
    return read_colour(value) or next(filter(None, map(read_colour, value.split())), None)


def _colour(element: Element, outer: Colour | None) -> Colour | None:
    declared = _COLOUR.findall(element.attributes.get("style", ""))
    value = (declared[-1] if declared else element.attributes.get("color", "")).strip().lower()
    if value == "transparent" or _sees_through(value):
        return _TRANSPARENT
    if value in _NO_COLOUR:
        return None if element.tag == "a" and "href" in element.attributes else outer
    return read_colour(value)


def _take_out_unseen(root: Element, left_out: list[str], *, knows_backgrounds: bool) -> None:
    """Take out the words that cannot be seen, unless that is all there is: a page in the dark."""
    finder = _UnseenText()
    finder.look(root, None, WHITE if knows_backgrounds else None, has_size=True)
    if not finder.sees_words:
        return
    for parent, at in finder.places:
        parent.children[at] = " "
    left_out += (f"Hidden text: {words}" for words in map(_joined, finder.blocks) if words)


class _UnseenText:
    """Finds words without size or in the colour of what is behind them: their places and words."""

    def __init__(self) -> None:
        self.places: list[tuple[Element, int]] = []
        self.blocks: list[list[str]] = [[]]
        self.sees_words = False

    def look(
        self, parent: Element, colour: Colour | None, background: Colour | None, *, has_size: bool
    ) -> None:
        """Look at an element's words, given what is around them."""
        for at, child in enumerate(parent.children):
            if isinstance(child, str):
                if not remove_invisible(child).strip():
                    continue
                if not has_size or is_unseen(colour, background):
                    self.places.append((parent, at))
                    self.blocks[-1].append(child)
                else:
                    self.sees_words = True
            elif not is_left_out(child):
                if child.tag in BLOCKS:
                    self.blocks.append([])
                style, attribute = (child.attributes.get(name, "") for name in ("style", "bgcolor"))
                inner = _background(style, background, attribute=attribute)
                if "background" in child.attributes:  # a picture
                    inner = None
                sizes = _SIZE.findall(style)
                seen = _is_large_enough(*sizes[-1]) if sizes else has_size
                self.look(child, _colour(child, colour), inner, has_size=seen)


def _is_large_enough(size: str, unit: str) -> bool:
    return float(size) > _TOO_SMALL.get(unit.lower(), 0)


def _joined(parts: list[str]) -> str:
    return " ".join(remove_invisible("".join(parts)).split())


# --- what is not part of the article ---------------------------------------------------------

CODE = frozenset({"script", "style", "template"})
# A page's controls, films and frames.
_CONTROLS = frozenset(
    {"nav", "button", "select", "textarea", "dialog", "noscript", "iframe", "object", "video"}
    | {"audio", "canvas", "embed", "svg", "noembed", "noframes"}
)
_HIDDEN = re.compile(
    r"(?<![\w-])clip\s*:\s*rect\(\s*([01])(?:px)?(?:[\s,]+\1(?:px)?){3}\s*\)"
    r"|clip-path\s*:\s*(?:inset\(\s*(?:50|100)%|circle\(\s*0)"
    r"|display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all"
    r"|(?<![\w-])(?:zoom\s*:\s*0*\.?0*\s*(?:[;!]|$)|transform\s*:[^;]{0,200}\bscale\(\s*0*\.?0*\s*[,)]"
    r"|filter\s*:\s*opacity\(\s*0*\.?0*%?\s*\))"
    r"|(?<![\w-])opacity\s*:\s*0*\.?0*\s*(?:[;!]|$)"
    # beside the screen
    r"|(?<![\w-])(?:left|right|top|bottom|text-indent|margin-left|margin-top)\s*:"
    r"\s*-(?:\d{4}|\d{3}(?:r?em|v[wh]|%))",
    re.IGNORECASE,
)
# Classes whose words are for screen readers alone, by the frameworks that everybody uses.
_FOR_SCREEN_READERS = re.compile(
    r"(?:^|(?<!\bnot)[_-])(?:sr|screen-?readers?)-?(?:only|text)(?:$|[_-])|^show-for-sr$"
    r"|visually-?hidden|hidden-visually|hidden-accessible|assistive-text|^element-invisible$",
    re.IGNORECASE,
)
_FLAT = re.compile(r"(?<![\w-])(?:max-)?height\s*:\s*0(?:px|pt)?\s*(?:[;!]|$)", re.IGNORECASE)
# A box of a point or two: pages hide words in one and keep them for screen readers.
_TINY = tuple(
    re.compile(rf"(?<![\w-])(?:max-)?{side}\s*:\s*[01](?:px|pt)?\s*(?:[;!]|$)", re.IGNORECASE)
    for side in ("width", "height")
)
_CUT_OFF = re.compile(r"overflow\s*:\s*hidden", re.IGNORECASE)


def is_hidden(element: Element) -> bool:
    """Whether an element's style, or a class that many pages have, hides it from the eye."""
    style = element.attributes.get("style", "")
    has_no_room = _FLAT.search(style) is not None or all(side.search(style) for side in _TINY)
    return (
        (has_no_room and _CUT_OFF.search(style) is not None)
        or _HIDDEN.search(style) is not None
        or any(map(_FOR_SCREEN_READERS.search, element.classes))
    )


def is_left_out(element: Element) -> bool:
    """Whether an element is not part of the article: code, controls, hidden, the page's title."""
    return (
        element.tag in CODE
        or element.tag in _CONTROLS
        or element.tag == "title"
        or "hidden" in element.attributes
        or is_hidden(element)
    )


# --- elements --------------------------------------------------------------------------------


def _rewrite(parent: Element, left_out: list[str], *, is_office: bool) -> None:
    children: list[Element | str] = []
    for child in parent.children:
        if isinstance(child, str):
            children.append(child)
            continue
        if _is_comment(child):
            if words := _words(child):
                left_out.append(f"Comment in the margin: {words}")
            continue
        if _is_deleted(child, is_office=is_office):
            if words := _words(child):
                left_out.append(f"Deleted text (tracked change): {words}")
            continue
        if "msocomoff" in child.classes:
            continue  # the line above Word's list of comments
        _rewrite(child, left_out, is_office=is_office)
        children += _rewritten(child, is_office=is_office)
    parent.children = children


def _is_comment(element: Element) -> bool:
    """Whether an element is a colleague's comment, or only leads to one."""
    attributes = element.attributes
    if element.tag == "a" and attributes.get("href", "").startswith(("#cmnt", "#_msocom")):
        # Google Docs: `cmnt_ref1` stands in the text, and its comment starts with `cmnt1`.
        return True
    if _COMMENT_REFERENCES.intersection(element.classes):
        return True
    if element.tag == "a" or not _COMMENTS.isdisjoint(element.classes):
        return element.tag != "a"
    if _COMMENT_MARK.search(attributes.get("style", "")):
        return True
    return element.tag in {"div", "p"} and any(
        link.attributes.get("id", "").startswith("cmnt")
        and not link.attributes["id"].startswith("cmnt_ref")
        for link in _first_links(element)
    )


def _first_links(element: Element) -> Iterator[Element]:
    """Yield the link that opens an element, before any text."""
    for child in element.children:
        if isinstance(child, str):
            if child.strip():
                return
        elif child.tag == "a":
            yield child
            return
        else:
            yield from _first_links(child)
            return


def _is_deleted(element: Element, *, is_office: bool) -> bool:
    cited = element.attributes.get("cite", "").lower().startswith("mailto:")
    return element.tag == "del" and (is_office or cited)


def _rewritten(element: Element, *, is_office: bool) -> list[Element | str]:
    """Return what stands in the place of an element."""
    if element.attributes.get("role", "").lower() == "heading" and element.tag in {"div", "p"}:
        level = element.attributes.get("aria-level", "").strip()
        element.tag = f"h{level if level in set('123456') else 2}"
        return [element]
    match element.tag:
        case "ins" if is_office or element.attributes.get("cite", "").startswith("mailto:"):
            return element.children
        case "q":
            return ["“", *element.children, "”"]
        case "rt" | "rp" | "annotation" | "annotation-xml" | "mfrac" | "msup" | "msub":
            return _on_one_line(element)
        case "a":
            return _rewritten_link(element)
        case "span" if {"MsoFootnoteReference", "MsoEndnoteReference"} & {*element.classes}:
            return [Element("sup", {}, element.children)]
        case "li" | "ol" | "section" | "div":
            _number_notes(element)
        case "p":
            return [_rewritten_paragraph(element)]
    return [element]


def _on_one_line(element: Element) -> list[Element | str]:
    """Return a part of a formula or of ruby, which need several lines, as it is written on one."""
    if element.tag == "rt":
        return [" (", *element.children, ")"] if element.text.strip() else [element]
    if not element.tag.startswith("m"):
        return []
    if len(element.elements) != 2:
        return [element]
    first, second = element.elements
    raised = {"msup": "sup", "msub": "sub"}.get(element.tag)
    fraction = [*_in_brackets(first), "/", *_in_brackets(second)]
    return [first, Element(raised, {}, [second])] if raised else fraction


def _in_brackets(part: Element) -> list[Element | str]:
    """Return a part of a fraction, in brackets if it is more than one sign."""
    return ["(", part, ")"] if part.tag == "mrow" and len(part.elements) > 1 else [part]


def _rewritten_link(link: Element) -> list[Element | str]:
    """Return a link to a note as its number; none that leads back, and none to a comment."""
    if _COMMENT_MARK.search(link.attributes.get("style", "")):
        return link.children  # the words that a comment is about
    href = link.attributes.get("href", "")
    if not href.startswith("#"):
        return [link]
    if _BACK_ARROW.fullmatch(link.text):
        return []
    label = link.text.strip("[] \n\t\u00a0")
    is_of_note = _OF_NOTES.search(href) and _NOTE_LABEL.fullmatch(label)
    if not is_of_note or _is_back_link(link):
        return [link]
    return [Element("sup", {}, [f"[{label}]"])]


def _number_notes(element: Element) -> None:
    """Name the items that a page calls footnotes as the Word converter does."""
    if element.tag == "li":
        notes = [element] if _NOTE_ID.match(element.attributes.get("id", "")) else []
    elif any(map(_NOTES_CLASS.match, element.classes)):
        lists = [element] if element.tag == "ol" else list(element.find("ol"))
        notes = [item for one in lists for item in one.elements if item.tag == "li"]
    else:
        return
    for note in notes:
        note.attributes["id"] = f"footnote-{note.attributes.get('id', '')}"


def _rewritten_paragraph(paragraph: Element) -> Element:
    """Return what a paragraph is by its class: a title or a quotation."""
    if any(map(_TITLE_CLASS.match, paragraph.classes)):
        paragraph.tag = "h1"
    elif any(map(_QUOTE_CLASS.match, paragraph.classes)):
        return Element("blockquote", {}, [paragraph])
    return paragraph


# --- dropped capitals, lists of Google Docs, footnotes ---------------------------------------


def _join_drop_caps(parent: Element) -> None:
    """Put a dropped capital, a table or a paragraph of its own, in front of its paragraph."""
    children: list[Element | str] = []
    capital = ""
    for at, child in enumerate(parent.children):
        if capital and (isinstance(child, Element) or child.strip()):
            if isinstance(child, Element):
                first = next(iter(child.children), "")
                if isinstance(first, str) and first.startswith("\n"):
                    child.children[0] = first.lstrip()
                child.children.insert(0, capital)
            capital = ""
        if not isinstance(child, Element):
            children.append(child)
            continue
        if _is_dropped(child) and _next_is_paragraph(parent, at):
            capital = child.text.strip(" \n\t\u00a0")
            continue
        _join_drop_caps(child)
        children.append(child)
    parent.children = children


def _is_dropped(element: Element) -> bool:
    """Whether an element holds nothing but a large capital letter, perhaps quoted."""
    if element.tag not in {"table", "div", "p"} or len(list(islice(_elements(element), 9))) > 8:
        return False
    text = element.text.strip(" \n\t\u00a0")
    first = text.lstrip("“‘\"'«„")
    if len(first) != 1 or not first.isupper() or len(text) > 2:
        return False
    styles = (one.attributes.get("style", "") for one in (element, *_elements(element)))
    return element.tag == "table" or any(map(_LARGE.search, styles))


def _next_is_paragraph(parent: Element, at: int) -> bool:
    """Whether a paragraph that goes on with a word follows the child at this place."""
    for child in parent.children[at + 1 : at + 4]:
        if isinstance(child, Element):
            return child.tag == "p" and child.text.strip()[:1].isalpha()
        if child.strip():
            return False
    return False


def _nest_docs_lists(parent: Element) -> None:
    """Put each list of a deeper level, a list of its own in Google Docs, under the item before."""
    children: list[Element | str] = []
    opened: list[tuple[str, int, Element]] = []
    for child in parent.children:
        if isinstance(child, str):
            children.append(child)
            if child.strip():
                opened = []
            continue
        found = next(filter(None, map(_DOCS_LIST.match, child.classes)), None)
        if child.tag not in LISTS or found is None:
            _nest_docs_lists(child)
            children.append(child)
            opened = []
            continue
        name, level = found[1], int(found[2])
        while opened and (opened[-1][0] != name or opened[-1][1] > level):
            opened.pop()
        above = opened[-1][2] if opened else None
        if above is not None and opened[-1][1] == level and above.tag == child.tag:
            above.children += child.children
            continue
        if above is not None and opened[-1][1] < level and above.elements:
            above.elements[-1].children.append(child)
        else:
            children.append(child)
        opened.append((name, level, child))
    parent.children = children


def _spell_out_levels(parent: Element, above: str) -> None:
    """Make paragraphs of items whose numbers a list cannot show: '1.2' below '1.'."""
    children: list[Element | str] = []
    for child in parent.children:
        if isinstance(child, str) or child.tag != "ol":
            children.append(child)
            if isinstance(child, Element):
                _spell_out_levels(child, above)
            continue
        start = child.attributes.get("start", "")
        first = int(start) if start.isdecimal() and len(start) < MAX_DIGITS else 1
        items = [item for item in child.elements if item.tag == "li"]
        for number, item in enumerate(items, start=first):
            _spell_out_levels(item, f"{above}{number}.")
        if above and items and ALL_LEVELS in items[0].attributes.get("style", ""):
            children += [_labelled(item, f"{above}{at}") for at, item in enumerate(items, first)]
        else:
            children.append(child)
    parent.children = children


def _labelled(item: Element, label: str) -> Element:
    """Return an item as a division that starts with its number."""
    first = next((one for one in item.children if isinstance(one, Element) or one.strip()), "")
    into = first if isinstance(first, Element) and first.tag in {"p", "div"} else item
    into.children.insert(0, f"{label} ")
    return Element("div", {}, item.children)


def _number_references(root: Element) -> None:
    """Number notes and the references to them as one list of all notes shows them.

    Programs number endnotes apart from footnotes, as in i, ii.
    """
    places: dict[str, str] = {}
    count = 0
    for block in root.find("p", "div"):
        link = next(_first_links(block), None)
        if link is None or not _is_back_link(link):
            continue
        names = {link.attributes.get(one, "") for one in ("id", "name")} - {""}
        if names.isdisjoint(places):
            count += 1
            places |= dict.fromkeys(names, str(count))
    for link in root.find("a"):
        number = places.get(link.attributes.get("href", "").removeprefix("#"))
        label = link.text.strip("[] \n\t\u00a0")
        if number and _NOTE_LABEL.fullmatch(label) and label != number:
            link.children = [number]


def _collect_notes(root: Element) -> None:
    """Turn the footnotes at the end of a page into one numbered list."""
    notes: list[Element] = []
    _take_notes(root, notes)
    if notes:
        root.children.append(Element("ol", {}, list(notes)))


def _take_notes(parent: Element, notes: list[Element]) -> None:
    children: list[Element | str] = []
    for child in parent.children:
        link = next(_first_links(child), None) if isinstance(child, Element) else None
        if (
            isinstance(child, Element)
            and child.tag in {"p", "div"}
            and link is not None
            and _is_back_link(link)
        ):
            link.children = []
            link.tag = "span"
            notes.append(Element("li", {"id": f"footnote-{len(notes) + 1}"}, [child]))
            while children and isinstance(children[-1], Element) and children[-1].tag == "hr":
                children.pop()
            continue
        if isinstance(child, Element):
            _take_notes(child, notes)
            if child.tag == "div" and not child.children:
                continue
        children.append(child)
    parent.children = children


def _is_back_link(link: Element) -> bool:
    """Whether a link leads from a footnote back to its place in the text."""
    name = link.attributes.get("id", "") or link.attributes.get("name", "")
    return (
        bool(_NOTE_ID.match(name))
        and link.attributes.get("href", "").startswith("#")
        and bool(_NOTE_LABEL.match(link.text))
    )


def _words(element: Element) -> str:
    words = " ".join(remove_invisible(element.text).split())
    return "" if _NOTE_LABEL.fullmatch(words) or re.fullmatch(r"\[\w{1,8}\]", words) else words
