"""Read HTML; Markdown and Word documents come this way too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from briefings.document_import.blocks import (
    Block,
    BlockQuote,
    Cell,
    DocumentRefused,
    Heading,
    HorizontalRule,
    ListBlock,
    Mark,
    Paragraph,
    Picture,
    Preformatted,
    RichText,
    Run,
    SourceDocument,
    SourceRole,
    Table,
    collapse_spaces,
    join,
    text_of,
)
from briefings.document_import.html_markup import CODE, hides, is_left_out, prepare_page
from briefings.document_import.lines import collect_lists
from briefings.document_import.pictures import (
    EmbeddedPicture,
    PictureTaker,
    picture_of_data_url,
)
from briefings.link_addresses import web_address
from briefings.richtext import NUMBER_TYPES
from newsroom.html_tree import (
    BLOCKS,
    CONTAINERS,
    HEADINGS,
    LISTS,
    Element,
    NestedTooDeeply,
    parse,
)
from newsroom.invisible_characters import remove_invisible

MAX_TAGS = 60_000
MAX_DEPTH = 100
MAX_SPAN = 100
MAX_NUMBER = 100_000


def read_html(
    source: str, *, name: str, embedded: Mapping[str, EmbeddedPicture] | None = None
) -> SourceDocument:
    """Return the blocks of an HTML page or a piece of one.

    `embedded` are the pictures that came with it, by their `src`.
    The HTML is not sanitised first: styles and classes say what is bold and what a byline is, and
    what is hidden must be named as left out. The blocks are sanitised when they are written.
    """
    if source.count("<") > MAX_TAGS:
        raise DocumentRefused(
            f"{name} has more than {MAX_TAGS:,} HTML tags. Copy the article alone into a new"
            " document and import that."
        )
    try:
        root = parse(
            source, repair=True, max_depth=MAX_DEPTH, unwrap_deeper=False, is_opaque=is_left_out
        )
    except NestedTooDeeply:
        raise DocumentRefused(
            f"{name} has HTML elements nested more than {MAX_DEPTH} deep. Copy the article alone"
            " into a new document and import that."
        ) from None
    left_out = prepare_page(root)
    document = _PageReader(embedded or {}).read(root)
    document.left_out[:0] = left_out
    document.left_out += _remarks(source)
    return document


MAX_REMARK = 500  # characters
_BODY = re.compile(r"<body\b.*", re.DOTALL | re.IGNORECASE)
# What programs write: conditions, blocks of editors, names of parts of a page.
_OF_PROGRAMS = re.compile(
    r"(?:more|nextpage)$|[/\[.#<{*@!]|\w+:\w|react-|(?:start|end|begin|open|close)\b"
    r"|(?:start|end)fragment"
    r"|.*(?:[<>{}=]|\b(?:start|end|begins|ends)$)",
    re.IGNORECASE | re.DOTALL,
)


def _comments(source: str) -> Iterator[str]:
    start = source.find("<!--")
    while start >= 0 and (end := source.find("-->", start + 2)) >= 0:
        yield source[start + 4 : max(end, start + 4)]
        start = source.find("<!--", end)


def _remarks(source: str) -> Iterator[str]:
    """Yield what somebody wrote between the words of a page for those who edit it."""
    body = _BODY.search(source)
    found = _comments(body[0] if body else source)
    for words in dict.fromkeys(" ".join(remark.split()) for remark in found):
        if (
            len(words) <= MAX_REMARK
            and any(char.isalpha() for char in words)
            and not _OF_PROGRAMS.match(words)
        ):
            yield f"Comment: {words}"


@dataclass(frozen=True, slots=True)
class _Context:
    """What the elements around a piece of text say about it."""

    marks: tuple[Mark, ...] = ()
    level: int = 0  # of the heading around it
    role: SourceRole = SourceRole.NONE
    preformatted: bool = False
    loose: tuple[str, ...] = ()  # marks of a block's style, which a span may end


class _PageReader:
    """Walks a page's tree and collects paragraphs in the container around them."""

    def __init__(self, embedded: Mapping[str, EmbeddedPicture]) -> None:
        self.document = SourceDocument(blocks=[])
        self._embedded = embedded
        self._pictures = PictureTaker(self.document.left_out)
        self._data_urls = 0
        self._runs: list[Run | Picture] = []  # of the paragraph being read

    def read(self, root: Element) -> SourceDocument:
        """Return what the page holds."""
        body = _Container(root)
        self._read_children(root, body, _Context())
        self._end_paragraph(body, _Context())
        self.document.blocks = body.blocks
        self.document.pictures = self._pictures.taken
        return self.document

    def _read_children(self, parent: Element, container: _Container, context: _Context) -> None:
        for child in parent.children:
            if isinstance(child, str):
                text = remove_invisible(child)
                self._runs.append(
                    Run(text if context.preformatted else text.replace("\n", " "), context.marks)
                )
            elif child.tag == "br":
                self._runs.append(Run("\n", context.marks))
            elif child.tag == "hr":
                self._end_paragraph(container, context)
                container.add(HorizontalRule())
            elif child.tag == "img":
                self._add_picture(child, context)
            elif child.tag == "input":
                self._name_field(child)
            elif is_left_out(child):
                self._leave_out(child)
            else:
                self._read_element(child, container, context)

    def _read_element(self, element: Element, container: _Container, outer: _Context) -> None:
        if element.tag in BLOCKS:
            self._end_paragraph(container, outer)
        if element.tag == "a":
            self._name_lost_link(_address_of(element), element)
        context = _context_within(element, outer)
        if element.tag not in CONTAINERS:
            self._read_children(element, container, context)
            if element.tag in BLOCKS:
                self._end_paragraph(container, context)
            return
        inner = _Container(element)
        self._read_children(element, inner, context)
        self._end_paragraph(inner, context)
        container.add_container(inner)

    def _end_paragraph(self, container: _Container, context: _Context) -> None:
        """Put the paragraph being read into its container."""
        runs, self._runs = self._runs, []
        if context.preformatted:
            text = "".join(run.text for run in runs).strip("\n").rstrip()
            if text:
                container.add(Preformatted(text))
            return
        paragraph = collapse_spaces(runs)
        is_heading = context.level and (context.level == 1 or context.role is SourceRole.NONE)
        for content in [paragraph] if is_heading and paragraph else paragraph.lines("\n\n+"):
            if is_heading:
                container.add(Heading(join(content.lines(), " "), context.level))
            else:
                container.add(Paragraph(content, context.role))

    def _add_picture(self, image: Element, context: _Context) -> None:
        """Keep a picture on the web by its address, take one inside the document, name others."""
        src = remove_invisible(image.attributes.get("src", "").strip())
        alt = " ".join(remove_invisible(image.attributes.get("alt", "")).split())
        if image.attributes.get("width") == "1" or image.attributes.get("height") == "1":
            return  # a tracking pixel
        if src.lower().startswith(("https://", "http://")):
            self._runs.append(Picture(src, alt, context.marks))
        elif picture := self._embedded_picture(src):
            if taken := self._pictures.take(picture, alt=alt):
                self._runs.append(Picture(taken, alt, context.marks))
        else:
            where = src[:200] if src and not src.startswith("data:") else "inside the document"
            self.document.left_out.append(
                f"A picture ({where}){f': {alt}' if alt else ''}."
                " Upload it in the editor where it belongs."
            )

    def _embedded_picture(self, src: str) -> EmbeddedPicture | None:
        if src in self._embedded:
            return self._embedded[src]
        self._data_urls += src.startswith("data:")
        return picture_of_data_url(src, number=self._data_urls)

    def _name_lost_link(self, address: str, link: Element) -> None:
        names_place = {"name", "id", "class"} & link.attributes.keys()
        if not address and link.text.strip() and not names_place:
            self.document.left_out.append(
                f"The link of “{' '.join(link.text.split())[:200]}”, which has no address. Its text"
                " is kept."
            )
        if address and not _is_full_address(address) and not address.startswith("#"):
            self.document.left_out.append(
                f"The link to “{address[:200]}”, which is not a full web address. Its text is kept."
            )

    def _name_field(self, field: Element) -> None:
        """Name what a form's field or button says."""
        kind = field.attributes.get("type", "").lower()
        names = ("value", "placeholder") if kind not in _WORDLESS_FIELDS else ()
        words = next(filter(None, (field.attributes.get(name, "") for name in names)), "")
        if words := " ".join(remove_invisible(words).split()):
            self.document.left_out.append(f"A field: {words[:200]}")

    def _leave_out(self, element: Element) -> None:
        """Keep the page's title, and name the words of anything else that is left out."""
        words = "" if element.tag in CODE else remove_invisible(element.text)
        if what := _MEDIA.get(element.tag):
            sources = (element, *element.find("source", "embed", "param"))
            address = next(filter(None, map(_source_of, sources)), "")
            words = f"{what}{f': {address}' if address else ''}. {words}"
        elif words and hides(element.attributes.get("style", "")):
            words = f"Hidden text: {words}"
        words = " ".join(words.split())
        if not words:
            return
        if element.tag == "title" and not self.document.page_title:
            self.document.page_title = words
        else:
            self.document.left_out.append(words)


# --- what tags, classes and styles say -------------------------------------------------------

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
_WORDLESS_FIELDS = frozenset({"hidden", "checkbox", "radio", "file", "image", "color", "range"})
_MEDIA = {
    "audio": "A recording",
    "embed": "An embedded object",
    "iframe": "An embedded page",
    "object": "An embedded object",
    "video": "A video",
}


def _source_of(element: Element) -> str:
    names = ("src", "data", "value")
    found = (element.attributes.get(name, "") for name in names)
    return remove_invisible(next(filter(None, found), ""))[:200]


def _context_within(element: Element, outer: _Context) -> _Context:
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
        address = _address_of(element)
        if _is_full_address(address):
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


def _address_of(link: Element) -> str:
    """Return a link's full address, or, where it has none that is one, what was written."""
    written = remove_invisible(link.attributes.get("href", "")).strip()
    return web_address(written) or written


def _is_full_address(address: str) -> bool:
    """Whether an address works outside the page it was on."""
    return bool(_FULL_ADDRESS.match(address))


_LIST_STYLE = re.compile(
    r"list-style(?:-type)?\s*:\s*((?:lower|upper)-(?:alpha|latin|roman)|decimal)\b",
    re.IGNORECASE,
)
_LIST_STYLES = {
    "decimal": "1",
    **dict.fromkeys(("lower-alpha", "lower-latin"), "a"),
    **dict.fromkeys(("upper-alpha", "upper-latin"), "A"),
    "lower-roman": "i",
    "upper-roman": "I",
}


# --- containers: quotations, lists, tables and their parts -----------------------------------


class _Container:
    """Collects the blocks inside a container element, which becomes a block itself at its end."""

    def __init__(self, element: Element) -> None:
        self.tag = element.tag
        self.attributes = element.attributes
        self.blocks: list[Block] = []
        self.parts: list[_Container] = []  # a list's items, a table's rows, a row's cells
        self.caption = RichText()

    def add(self, block: Block) -> None:
        """Add a block; between the items of a list it becomes an item of its own."""
        if self.tag in LISTS:
            item = _Container(Element("li"))
            item.blocks.append(block)
            self.parts.append(item)
        else:
            self.blocks.append(block)

    def add_container(self, inner: _Container) -> None:
        """Add what a container inside this one has become."""
        if inner.tag == "caption":
            self.caption = _text_of_blocks(inner.blocks)
        elif inner.tag in {"li", "tr", "td", "th"}:
            self.parts.append(inner)
        elif inner.tag in LISTS:
            self._add_list(inner)
        elif inner.tag == "table":
            for block in _table_blocks(inner):
                self.add(block)
        elif inner.blocks:
            self.add(BlockQuote(tuple(inner.blocks)))

    def _add_list(self, inner: _Container) -> None:
        for block in _lists(inner):
            if self.tag in LISTS and self.parts:
                # a list between items belongs to the one before
                self.parts[-1].blocks.append(block)
            else:
                self.add(block)


def _lists(container: _Container) -> Iterator[Block]:
    """Yield a list; several where an item's number or its type does not follow the one before."""
    parts = [item for item in container.parts if item.blocks]
    if container.tag != "ol":
        lists, parts = _without_empty_bullets(parts)
        yield from lists
    if not parts:
        return
    attributes = container.attributes
    is_reversed = "reversed" in attributes
    step = -1 if is_reversed else 1
    first = len(parts) if is_reversed else 1
    start = number = _start(attributes.get("start", ""), otherwise=first)
    kind = _number_type(parts[0].attributes) or _number_type(attributes) or "1"
    role = SourceRole.FOOTNOTES if _is_footnote(parts[0]) else SourceRole.NONE
    items: list[tuple[Block, ...]] = []
    for item in parts:
        value = _start(item.attributes.get("value", ""), otherwise=number)
        own = _number_type(item.attributes) or _number_type(attributes) or kind
        if (value != number or own != kind) and container.tag == "ol":
            if items:
                yield ListBlock(
                    tuple(items),
                    ordered=True,
                    start=start,
                    number_type=kind,
                    is_reversed=is_reversed,
                    role=role,
                )
            items, start, number, kind = [], value, value, own
        items.append(tuple(item.blocks))
        number += step
    yield ListBlock(
        tuple(items),
        ordered=container.tag == "ol",
        start=start,
        number_type=kind,
        is_reversed=is_reversed,
        role=role,
    )


def _without_empty_bullets(parts: list[_Container]) -> tuple[list[Block], list[_Container]]:
    """Return the lists above the first item, and the items.

    A bullet with nothing but a list beside it is how a deeper level is written that goes on after
    a paragraph: its list belongs to the item before, or stands by itself.
    """
    lists: list[Block] = []
    items: list[_Container] = []
    for item in parts:
        if not all(isinstance(block, ListBlock) for block in item.blocks):
            items.append(item)
        elif items:
            items[-1].blocks += item.blocks
        else:
            lists += item.blocks
    return lists, items


def _number_type(attributes: dict[str, str]) -> str:
    """Return how a list numbers, by its type attribute or its style; empty if neither tells."""
    named = _LIST_STYLE.search(attributes.get("style", ""))
    found = _LIST_STYLES[named[1].lower()] if named else attributes.get("type", "")
    return found if found in NUMBER_TYPES else ""


def _table_blocks(table: _Container) -> list[Block]:
    """Return a table of text and figures as a table; one for layout as what it lays out."""
    outside_cells = [*table.blocks, *(block for row in table.parts for block in row.blocks)]
    rows = [row for row in table.parts if any(cell.blocks for cell in row.parts)]
    if _is_layout(rows):
        caption = [Paragraph(table.caption)] if table.caption else []
        cells = (cell for row in rows for cell in row.parts)
        return [*caption, *outside_cells, *(block for cell in cells for block in cell.blocks)]
    header_rows = 0
    while header_rows < len(rows) and all(cell.tag == "th" for cell in rows[header_rows].parts):
        header_rows += 1
    cells_of_rows = tuple(tuple(map(_cell, row.parts)) for row in rows)
    return [*outside_cells, Table(cells_of_rows, header_rows=header_rows, caption=table.caption)]


def _is_layout(rows: list[_Container]) -> bool:
    """Whether a table only lays out a page: it has one column, or whole articles in its cells."""
    if max((len(row.parts) for row in rows), default=0) < 2:
        return True
    cells = [cell.blocks for row in rows for cell in row.parts]
    with_tables = sum(any(isinstance(block, Table) for block in blocks) for blocks in cells)
    return 2 * with_tables > len(cells) or not all(map(_may_be_in_table, cells))


MAX_CELL = 500  # characters of a cell with more than a few paragraphs
MAX_PARAGRAPHS = 3


def _may_be_in_table(blocks: list[Block]) -> bool:
    """Whether a cell has a few paragraphs, or little else; more stands in tables for layout."""
    if all(isinstance(block, Paragraph) for block in blocks) and len(blocks) <= MAX_PARAGRAPHS:
        return True
    return sum(len(text_of(block)) for block in blocks) <= MAX_CELL and all(
        isinstance(block, Paragraph | _WITH_BLOCKS) for block in blocks
    )


_WITH_BLOCKS = ListBlock | Table | BlockQuote


def _cell(cell: _Container) -> Cell:
    blocks = collect_lists(cell.blocks)
    has_blocks = any(isinstance(block, _WITH_BLOCKS) for block in blocks)
    return Cell(
        RichText.plain("\n".join(map(text_of, blocks))) if has_blocks else _text_of_blocks(blocks),
        blocks=tuple(blocks) if has_blocks else (),
        is_header=cell.tag == "th",
        colspan=_number(cell.attributes.get("colspan", ""), most=MAX_SPAN),
        rowspan=_number(cell.attributes.get("rowspan", ""), most=MAX_SPAN),
    )


def _text_of_blocks(blocks: Iterable[Block]) -> RichText:
    parts = [
        RichText.plain(block.text) if isinstance(block, Preformatted) else block.content
        for block in blocks
        if isinstance(block, Paragraph | Preformatted)
    ]
    return join(parts, "\n")


def _start(text: str, *, otherwise: int) -> int:
    """Return where a list starts; it may be below zero."""
    sign = -1 if text.strip().startswith("-") else 1
    digits = text.strip().removeprefix("-")
    return sign * _number(digits, most=MAX_NUMBER, otherwise=sign * otherwise)


def _number(text: str, *, most: int, otherwise: int = 1) -> int:
    """Return the number in an attribute, at most `most`."""
    digits = text.strip()[:9]
    return min(int(digits), most) if digits.isdecimal() and digits.isascii() else otherwise


def _is_footnote(item: _Container) -> bool:
    """Whether a list item is a footnote, by the id that the Word converter writes."""
    return item.attributes.get("id", "").startswith(("footnote-", "endnote-"))
