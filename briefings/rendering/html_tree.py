"""A section's words as a tree: what the letter's HTML and its plain text are both made from."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

from briefings.richtext import sanitise

VOID = frozenset({"br", "hr", "img", "wbr"})
BLOCKS = frozenset(
    {"p", "h3", "h4", "pre", "blockquote", "ul", "ol", "li", "hr"}
    | {"table", "caption", "thead", "tbody", "tr", "th", "td"}
)
# Quotes within quotes within lists: no reader follows deeper, and no parser should have to.
DEEPEST = 14


@dataclass(slots=True)
class Element:
    """A tag with what stands in it; the root has no tag."""

    tag: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    @property
    def elements(self) -> list[Element]:
        """The children that are elements."""
        return [child for child in self.children if isinstance(child, Element)]

    @property
    def classes(self) -> list[str]:
        """The names in its class attribute."""
        return self.attributes.get("class", "").split()

    @property
    def words(self) -> str:
        """All text in here, as it stands; a block has its lines to itself."""
        return "".join(map(_words_of, self.children))

    @property
    def is_empty(self) -> bool:
        """Whether a reader would see nothing."""
        return not self.words.strip() and not any(self.find("img", "hr", "table"))

    @property
    def runs_right_to_left(self) -> bool:
        """Whether the first letter with a direction is of a script that runs right to left."""
        directions = map(unicodedata.bidirectional, self.words)
        return next((it for it in directions if it in {"L", "R", "AL"}), "L") != "L"

    @property
    def names_a_source(self) -> bool:
        """Whether this line, within a quotation, says who is quoted."""
        return self.words.lstrip().startswith(("—", "–", "―", "-- ", "- "))

    def move_up_a_rank(self) -> None:
        """Let a heading take the place of the one above it, which is missing."""
        self.tag = {"h3": "h2", "h4": "h3"}[self.tag]

    def find(self, *tags: str) -> Iterator[Element]:
        """Walk the elements of these tags, at any depth, in order."""
        for child in self.elements:
            if child.tag in tags:
                yield child
            yield from child.find(*tags)


def _words_of(child: Element | str) -> str:
    if isinstance(child, str):
        return child
    if child.tag == "br":
        return "\n"
    return f"\n{child.words}\n" if child.tag in BLOCKS else child.words


class _Grower(HTMLParser):
    """Grow a tree from well-formed HTML; what is nested too deeply moves up."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element()]
        self.beyond: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self.open[-1].children.append(element)
        elif len(self.open) > DEEPEST:
            self.beyond.append(tag)
        else:
            self.open[-1].children.append(element)
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if self.beyond:
            self.beyond.pop()
        elif self.open[-1].tag == tag:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def grow(html: str) -> Element:
    """Parse a section's body, sanitised again so that the parser meets only what it knows."""
    grower = _Grower()
    grower.feed(sanitise(html))
    grower.close()
    return grower.open[0]


def write(node: Element | str) -> str:
    """Turn a tree into HTML."""
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
