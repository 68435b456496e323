"""HTML as a tree of elements: parse it, walk it, write it.

One parser for what the sanitiser wrote (issues), for whatever an editor imports and for the HTML in
emails that come back. It takes time in proportion to its input, however broken that is: the
standard library's parser does not (CVE-2025-6069), and neither does nh3, which opens each unclosed
emphasis again in every paragraph that follows, as the HTML standard asks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape, unescape
from typing import NamedTuple

LISTS = frozenset({"ul", "ol", "menu", "dir"})
HEADINGS = {f"h{level}": level for level in range(1, 7)}
TABLE_PARTS = frozenset({"caption", "tr", "td", "th"})
# Elements that hold whole paragraphs and are not mere divisions of a page.
CONTAINERS = LISTS | TABLE_PARTS | {"blockquote", "li", "table"}
# Elements that start and end a paragraph.
BLOCKS = CONTAINERS.union(
    HEADINGS,
    ("address", "article", "aside", "body", "center", "dd", "details", "div", "dl", "dt"),
    ("fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "html"),
    ("legend", "main", "p", "pre", "search", "section", "summary", "tbody", "tfoot", "thead"),
)
# Elements without content or end tag.
VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"}
    | {"source", "track", "wbr"}
)
MAX_DEPTH = 100
MAX_TO_LOOK_AT = 10  # children of an item, so that time grows with the input and no faster


class NestedTooDeeply(Exception):
    """The HTML has elements nested deeper than the caller allows."""


@dataclass(slots=True)
class Element:
    """An element with its children; the root of a tree has no tag."""

    tag: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    @property
    def elements(self) -> list[Element]:
        """The children that are elements."""
        return [child for child in self.children if isinstance(child, Element)]

    @property
    def classes(self) -> list[str]:
        """The names in the class attribute."""
        return self.attributes.get("class", "").split()

    @property
    def text(self) -> str:
        """All text inside, spaces as they are; each block has its lines to itself."""
        return "".join(map(_text_of, self.children))

    @property
    def is_empty(self) -> bool:
        """Whether a reader would see nothing of it."""
        return not self.text.strip() and not any(self.find("img", "hr", "table"))

    @property
    def is_right_to_left(self) -> bool:
        """Whether the first letter with a direction belongs to a right-to-left script."""
        directions = map(unicodedata.bidirectional, self.text)
        return next((found for found in directions if found in {"L", "R", "AL"}), "L") != "L"

    def find(self, *tags: str) -> Iterator[Element]:
        """Yield the elements with one of these tags, at any depth, in document order."""
        for child in self.elements:
            if child.tag in tags:
                yield child
            yield from child.find(*tags)


def _text_of(node: Element | str) -> str:
    if isinstance(node, str):
        return node
    if node.tag == "br":
        return "\n"
    return f"\n{node.text}\n" if node.tag in BLOCKS else node.text


def write(node: Element | str) -> str:
    """Return the HTML of a tree."""
    if isinstance(node, str):
        return escape(node, quote=False).replace("\xa0", "&nbsp;")
    inner = "".join(map(write, node.children))
    if not node.tag:
        return inner
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in node.attributes.items())
    if node.tag in VOID:
        return f"<{node.tag}{attributes}>"
    if node.tag == "pre" and inner.startswith("\n"):
        inner = "\n" + inner  # a parser drops the first
    return f"<{node.tag}{attributes}>{inner}</{node.tag}>"


def parse(
    html: str,
    *,
    repair: bool = False,
    max_depth: int = MAX_DEPTH,
    unwrap_deeper: bool = True,
    is_opaque: Callable[[Element], bool] | None = None,
) -> Element:
    """Return the root of the HTML's tree, with tags and attribute names in lower case.

    Without `repair`, end tags are expected to be there, as the sanitiser writes them. With it, the
    tags that authors may leave out are added: the ends of paragraphs, items and cells, and the list
    around items and the row around cells that have none.

    Elements deeper than `max_depth` leave their children to the one above, or, without
    `unwrap_deeper`, raise NestedTooDeeply. An opaque element has its text as its only child, with a
    space in place of each tag. Only its own end tag ends it, whatever else is closed inside.
    """
    parser = _Parser(
        repair=repair, max_depth=max_depth, unwrap_deeper=unwrap_deeper, is_opaque=is_opaque
    )
    for token in _tokens(html):
        parser.feed(token)
    return parser.root


# --- from tags to a tree ---------------------------------------------------------------------

# An element whose end tag may be left out ends before the next of its kind within one of these.
_ENDS_WITHIN = {
    "li": LISTS,
    "dt": {"dl"},
    "dd": {"dl"},
    "td": {"tr", "table"},
    "th": {"tr", "table"},
    "tr": {"table"},
    "tbody": {"table"},
    "tfoot": {"table"},
}


class _Open(NamedTuple):
    """An element whose end tag has not come yet."""

    tag: str  # as in the source
    element: Element
    is_container: bool
    is_added: bool  # a list around items that have none


class _Parser:
    """Builds a tree from tags and text, whichever tags are missing or misplaced."""

    def __init__(
        self,
        *,
        repair: bool,
        max_depth: int,
        unwrap_deeper: bool,
        is_opaque: Callable[[Element], bool] | None,
    ) -> None:
        self.root = Element()
        self._repair = repair
        self._max_depth = max_depth
        self._unwrap_deeper = unwrap_deeper
        self._is_opaque = is_opaque
        self._open: list[_Open] = []
        self._unwrapped: list[str] = []  # open too, but too deep to be in the tree
        self._opaque: Element | None = None
        self._opaque_depth = 0

    def feed(self, token: _Token) -> None:
        """Add the next tag or text to the tree."""
        if self._opaque is not None:
            self._feed_opaque(self._opaque, token)
        elif isinstance(token, _StartTag):
            self._start(token)
        elif isinstance(token, _EndTag):
            self._end(token.tag)
        else:
            if not token.isspace():
                self._leave_added_list()
            self._innermost().children.append(token)

    def _start(self, token: _StartTag) -> None:
        element = Element(token.tag, token.attributes)
        if token.tag not in {"li", "br", "wbr"}:
            self._leave_added_list()
        if token.tag in VOID:
            self._innermost().children.append(element)
        elif self._is_opaque is not None and self._is_opaque(element):
            self._innermost().children.append(element)
            self._opaque, self._opaque_depth = element, 1
        elif self._unwrapped:
            self._unwrapped.append(token.tag)
        else:
            if self._repair and token.tag in BLOCKS:
                self._close_before(token.tag)
            if len(self._open) < self._max_depth:
                self._push(self._with_parents(element) if self._repair else element, token.tag)
            elif self._unwrap_deeper:
                self._unwrapped.append(token.tag)
            else:
                raise NestedTooDeeply

    def _push(self, element: Element, tag: str, *, is_added: bool = False) -> None:
        self._innermost().children.append(element)
        is_container = element.tag in CONTAINERS
        self._open.append(_Open(tag, element, is_container=is_container, is_added=is_added))

    def _leave_added_list(self) -> None:
        """Close a list that was added around items: something else follows the last one."""
        if self._open and self._open[-1].is_added:
            self._open.pop()

    def _end(self, tag: str) -> None:
        if self._unwrapped:
            if self._unwrapped[-1] == tag:
                self._unwrapped.pop()
            return
        for depth in range(len(self._open) - 1, -1, -1):
            if self._open[depth].tag == tag:
                del self._open[depth:]
                return
            if tag not in BLOCKS and self._open[depth].tag in BLOCKS:
                return  # an emphasis has ended with its paragraph

    def _close_before(self, tag: str) -> None:
        """Close the elements that end where this one starts: a paragraph, an item, a cell."""
        for depth in range(len(self._open) - 1, -1, -1):
            opened = self._open[depth]
            if opened.tag == "p" or (opened.tag in HEADINGS and tag in HEADINGS):
                del self._open[depth:]
            if opened.is_container:
                break
        self._end_added_item(tag)
        limits = _ENDS_WITHIN.get(tag, ())
        for depth in range(len(self._open) - 1, -1, -1):
            if self._open[depth].tag in limits:
                del self._open[depth + 1 :]
                return
            if tag == "li" and self._open[depth].tag in {"td", "th", "blockquote"}:
                return

    def _end_added_item(self, tag: str) -> None:
        """Close an item without an end tag, and the list added around it, where a block follows."""
        if len(self._open) < 2 or not self._open[-2].is_added or tag == "li" or tag in LISTS:
            return
        first = self._open[-1].element.children[:MAX_TO_LOOK_AT]
        if any(isinstance(child, str) and child.strip() for child in first):
            del self._open[-2:]

    def _with_parents(self, element: Element) -> Element:
        """Open the list or row that an item or cell lacks; a part of no table is a division."""
        container = self._container()
        if element.tag == "li" and container not in LISTS:
            self._push(Element("ul"), "ul", is_added=True)
        elif element.tag in {"td", "th"} and container == "table":
            self._push(Element("tr"), "tr")
        elif element.tag in TABLE_PARTS and container != (
            "tr" if element.tag in {"td", "th"} else "table"
        ):
            return Element("div", element.attributes)
        return element

    def _container(self) -> str:
        return next((opened.tag for opened in reversed(self._open) if opened.is_container), "")

    def _innermost(self) -> Element:
        return self._open[-1].element if self._open else self.root

    def _feed_opaque(self, opaque: Element, token: _Token) -> None:
        if isinstance(token, str):
            opaque.children.append(token)
        elif token.tag == opaque.tag:
            self._opaque_depth += -1 if isinstance(token, _EndTag) else 1
            if not self._opaque_depth:
                self._opaque = None
        else:
            opaque.children.append(" ")


# --- from characters to tags -----------------------------------------------------------------

_TAG_NAME = re.compile(r"[a-zA-Z][^\s/>]*+")
# To the end of a tag; a quotation mark means something only behind an equals sign.
_TAG_END = re.compile(r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')|=)*+>""")
_ATTRIBUTE = re.compile(r"""([^\s=>/"']++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>]*+)))?""")
# Elements whose content is not markup.
_RAW = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes")
}


class _StartTag(NamedTuple):
    tag: str
    attributes: dict[str, str]


class _EndTag(NamedTuple):
    tag: str


_Token = _StartTag | _EndTag | str


def _tokens(source: str) -> Iterator[_Token]:
    """Split HTML into tags and text in one pass; character references are resolved in the text.

    Each step moves forward or ends the document, so the time grows with the input and no faster.
    """
    at = 0
    while at < len(source):
        bracket = source.find("<", at)
        if bracket != at:
            yield unescape(source[at : bracket if bracket >= 0 else None])
        if bracket < 0:
            return
        token, at = _tag(source, bracket)
        if token is not None:
            yield token
        if isinstance(token, _StartTag) and token.tag in _RAW:
            end = _RAW[token.tag].search(source, at)
            stop = end.start() if end else len(source)
            yield unescape(source[at:stop])
            at = stop


def _tag(source: str, at: int) -> tuple[_Token | None, int]:
    """Return what starts with the `<` here, None for a comment, and where to go on."""
    if source.startswith("<!--", at):
        return None, _after(source, "-->", at + 4)
    if source.startswith(("<!", "<?"), at):
        return None, _after(source, ">", at)
    closing = source.startswith("</", at)
    name = _TAG_NAME.match(source, at + 1 + closing)
    if name is None:
        return "<", at + 1
    end = _TAG_END.match(source, name.end())
    if end is None:  # a tag that never ends: its words are kept
        return unescape(source[at:]), len(source)
    tag = name[0].lower()
    if closing:
        return _EndTag(tag), end.end()
    return _StartTag(tag, _attributes(source[name.end() : end.end() - 1])), end.end()


def _after(source: str, mark: str, at: int) -> int:
    found = source.find(mark, at)
    return len(source) if found < 0 else found + len(mark)


def _attributes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(text):
        found.setdefault(name.lower(), unescape("".join(values)))
    return found
