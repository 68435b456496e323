"""A section's body in the dress of its kind, out of what every mail client can draw.

Outlook draws with Word's engine: it pads table cells and little else, so whatever needs padding, a
ground or a rule becomes a table of one cell. Tables made for looks say so (`role="presentation"`);
quotes stay quotes and lists stay lists to whoever listens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urljoin

from briefings.models import SectionKind
from briefings.rendering.html_tree import Element, grow, write

# A table may be wider than a phone: then it scrolls by itself, by keyboard too.
_WIDE = {"class": "wide block", "tabindex": "0", "role": "group", "aria-label": "Table"}
# The column between its margins, in CSS pixels; Outlook knows no max-width.
COLUMN = 536
ALIGNABLE = frozenset({"p", "h3", "h4", "li", "blockquote", "td", "th", "caption", "pre"})


def email_html(body: str, *, kind: str, headed: bool, base_url: str) -> str:
    """Turn sanitised HTML into the letter's; addresses are completed from `base_url`.

    Without a heading of the section's own, headings in it move up a rank, so that none is skipped.
    """
    tailor = _Tailor(kind=SectionKind(kind), base_url=base_url)
    root = grow(body)
    tailor.fit(root)
    if not headed:
        for heading in root.find("h3", "h4"):
            heading.move_up_a_rank()
    if kind == SectionKind.ROUNDUP:
        root.children = [
            _ruled(child) if isinstance(child, Element) and child.tag in {"ul", "ol"} else child
            for child in root.children
        ]
        root.children = _with_gaps(root.children)
    return write(root)


class _Tailor:
    """Walks a tree once and gives each element its dress."""

    def __init__(self, *, kind: SectionKind, base_url: str) -> None:
        self.base_url = base_url
        self.quote_class = "voice" if kind == SectionKind.FEEDBACK else "pull"
        self.cuts: dict[str, Callable[[Element], Element]] = {
            "a": self.link,
            "img": self.picture,
            "p": self.paragraph,
            "blockquote": self.quote,
            "table": self.table,
            "pre": self.verbatim,
            "hr": self.rule,
        }

    def fit(self, node: Element) -> None:
        """Dress what stands in this element, the innermost first."""
        fitted: list[Element | str] = []
        for child in node.children:
            if isinstance(child, str):
                fitted.append(child)
                continue
            if child.tag == "p" and child.is_empty:
                continue  # an empty line that somebody typed for space
            self.fit(child)
            if child.tag in ALIGNABLE and child.runs_right_to_left:
                child.attributes["dir"] = "rtl"
            cut = self.cuts.get(child.tag)
            fitted.append(cut(child) if cut else child)
        node.children = _with_gaps(fitted)

    def link(self, link: Element) -> Element:
        """Complete the address; an anchor that leads nowhere is its words only."""
        href = link.attributes.get("href", "").strip()
        if not href:
            return Element("span", {}, link.children)
        return Element("a", {"href": _complete(href, self.base_url)}, link.children)

    def picture(self, picture: Element) -> Element:
        """Complete the address and keep the picture within its column."""
        given = picture.attributes
        side = given.get("class", "").removeprefix("align-")
        aligned = side in {"left", "right"}
        widest = COLUMN // 2 if aligned else COLUMN
        width, height = _number(given.get("width", "")), _number(given.get("height", ""))
        attributes = {
            "src": _complete(given.get("src", ""), self.base_url),
            "alt": given.get("alt", ""),
            "class": f"picture {side}".strip(),
            # Outlook takes the attribute, all others the style: a picture of unknown size must not
            # push Outlook's column wide, nor be blown up elsewhere.
            "width": str(min(width or widest, widest)),
        }
        if width and height and width <= widest:
            attributes["height"] = str(height)
        if not width:
            attributes["class"] += " unsized"
        if aligned:
            attributes["align"] = side
        return Element("img", attributes)

    def paragraph(self, paragraph: Element) -> Element:
        """Let a picture that has a paragraph to itself have a line to itself."""
        if not paragraph.words.strip():
            paragraph.attributes["class"] = "figure"
        return paragraph

    def quote(self, quote: Element) -> Element:
        """Set a reader's words on a ground of their own, others beside a rule."""
        last = quote.elements[-1] if quote.elements else None
        if last and last.tag == "p" and len(quote.elements) > 1 and last.names_a_source:
            last.attributes["class"] = "source sans quiet"
        return _cell(quote, f"{self.quote_class} serif ink", table_class="block")

    def table(self, table: Element) -> Element:
        """Give a table of figures its rules; it may be wider than a phone, the letter may not."""
        table.attributes = {
            "class": "figures",
            "width": "100%",
            "cellpadding": "0",
            "cellspacing": "0",
            "border": "0",
        }
        for cell in _cells(table):
            cell.attributes["class"] = "cell head sans" if cell.tag == "th" else "cell sans"
            style = cell.attributes.get("style", "")
            if "align:" in style:  # Word follows the attribute more surely than the style
                cell.attributes["align"] = style.rpartition(":")[2].strip()
            elif cell.tag == "th":
                cell.attributes["align"] = "left"
        return Element("div", _WIDE, [table])

    def verbatim(self, pre: Element) -> Element:
        """Set verbatim text on a ground."""
        return _cell(pre, "verbatim ink", table_class="block")

    def rule(self, rule: Element) -> Element:
        """Draw a rule as wide as the column."""
        del rule
        return _cell(Element(children=["\xa0"]), "rule", table_class="block")


def _with_gaps(nodes: list[Element | str]) -> list[Element | str]:
    """Put a gap between a block and what follows; Outlook gives a table no margin."""
    spaced: list[Element | str] = []
    for node in nodes:
        follows_block = (
            bool(spaced) and isinstance(spaced[-1], Element) and "block" in spaced[-1].classes
        )
        if follows_block and (isinstance(node, Element) or node.strip()):
            spaced.append(Element("div", {"class": "gap", "aria-hidden": "true"}, ["\xa0"]))
        if isinstance(node, Element) or node.strip() or not follows_block:
            spaced.append(node)
    return spaced


def _cells(node: Element) -> Iterator[Element]:
    """A table's own cells, not those of a table within one."""
    for child in node.elements:
        if child.tag in {"td", "th"}:
            yield child
        elif child.tag in {"thead", "tbody", "tr"}:
            yield from _cells(child)


def _ruled(bullets: Element) -> Element:
    """Turn a round-up's bullets into rows between rules, still a list to a screen reader."""
    rows: list[Element | str] = []
    for item in bullets.elements:
        if item.is_empty:
            continue
        look = "first-item" if not rows else "item"
        attributes = {"class": f"{look} serif ink", "role": "listitem", **item.attributes}
        rows.append(Element("tr", {}, [Element("td", attributes, item.children)]))
    return Element("div", {"role": "list", "class": "block"}, [_layout(rows, table_class="items")])


def _cell(content: Element, look: str, *, table_class: str) -> Element:
    """Put something into a table of one cell."""
    row = Element("tr", {}, [Element("td", {"class": look}, [content])])
    return _layout([row], table_class=table_class)


def _layout(rows: list[Element | str], *, table_class: str) -> Element:
    attributes = {
        "role": "presentation",
        "class": table_class,
        "width": "100%",
        "cellpadding": "0",
        "cellspacing": "0",
        "border": "0",
    }
    return Element("table", attributes, rows)


def _complete(address: str, base_url: str) -> str:
    """Make an address that works far from the site; one that cannot be read stays as it is."""
    try:
        return urljoin(base_url, address.strip())
    except ValueError:
        return address


def _number(text: str) -> int:
    """Read a size in pixels; 0 for none, for per cent and for nonsense."""
    digits = text.strip().removesuffix("px")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 5 else 0
