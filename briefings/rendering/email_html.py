"""A section's body as HTML that every email client can show.

Outlook renders with Word's engine: it pads table cells and little else, so whatever needs padding,
a background or a rule becomes a table of one cell. Such tables say that they are for layout
(`role="presentation"`), so that screen readers still announce quotations and lists as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urljoin

from django.utils.translation import gettext

from briefings.models import SectionKind
from briefings.rendering.section_html import (
    DIRECTED,
    QuotedFrom,
    lead_to_comments,
    names_a_source,
    parse_section,
    raise_heading,
)
from newsroom.html_tree import Element, write

# A table may be wider than a phone: then it scrolls by itself, with the keyboard too.
_SCROLLING = {"class": "wide block", "tabindex": "0", "role": "group"}
# The width between the margins, in CSS pixels; Outlook does not know max-width.
COLUMN_WIDTH = 536


def email_html(
    body: str, *, kind: str, headed: bool, base_url: str, quoted: tuple[QuotedFrom, ...] = ()
) -> str:
    """Return a section's body as the email's HTML; its links are completed from `base_url`.

    Without a heading of the section's own, headings in it move up a level, so that none is skipped.
    Quotations of the comments in `quoted` lead there.
    """
    root = parse_section(body)
    lead_to_comments(root, quoted)
    _EmailAdapter(kind=SectionKind(kind), base_url=base_url).adapt_children(root)
    if not headed:
        for heading in root.find("h3", "h4"):
            raise_heading(heading)
    if kind == SectionKind.ROUNDUP:
        root.children = [
            # A numbered list keeps its form: as rows it would lose its numbers.
            _ruled_list(child) if isinstance(child, Element) and child.tag == "ul" else child
            for child in root.children
        ]
        root.children = _with_gaps(root.children)
    return write(root)


class _EmailAdapter:
    """Walks a tree once and replaces each element by its form for email clients."""

    def __init__(self, *, kind: SectionKind, base_url: str) -> None:
        self.base_url = base_url
        self.quote_class = "voice" if kind == SectionKind.FEEDBACK else "pull"
        self.adapters: dict[str, Callable[[Element], Element]] = {
            "a": self.link,
            "img": self.picture,
            "p": self.paragraph,
            "blockquote": self.quote,
            "table": self.table,
            "pre": self.preformatted,
            "hr": self.rule,
        }

    def adapt_children(self, node: Element) -> None:
        """Adapt everything inside an element, the innermost first."""
        adapted: list[Element | str] = []
        for child in node.children:
            if isinstance(child, str):
                adapted.append(child)
                continue
            if child.tag == "p" and child.is_empty:
                continue  # an empty line that somebody typed for space
            self.adapt_children(child)
            if child.tag in DIRECTED and child.is_right_to_left:
                child.attributes["dir"] = "rtl"
            adapt = self.adapters.get(child.tag)
            adapted.append(adapt(child) if adapt else child)
        node.children = _with_gaps(adapted)

    def link(self, link: Element) -> Element:
        """Complete the address; an anchor without one becomes its text."""
        href = link.attributes.get("href", "").strip()
        if not href:
            return Element("span", {}, link.children)
        return Element("a", {"href": _complete(href, self.base_url)}, link.children)

    def picture(self, picture: Element) -> Element:
        """Complete the address and keep the picture within the column."""
        given = picture.attributes
        side = given.get("class", "").removeprefix("align-")
        is_aligned = side in {"left", "right"}
        max_width = COLUMN_WIDTH // 2 if is_aligned else COLUMN_WIDTH
        width, height = _pixels(given.get("width", "")), _pixels(given.get("height", ""))
        attributes = {
            "src": _complete(given.get("src", ""), self.base_url),
            "alt": given.get("alt", ""),
            "class": f"picture {side}".strip(),
            # Outlook takes the attribute, all others the style: a picture of unknown size must not
            # widen Outlook's column, nor be enlarged elsewhere.
            "width": str(min(width or max_width, max_width)),
        }
        if width and height and width <= max_width:
            attributes["height"] = str(height)
        if not width:
            attributes["class"] += " unsized"
        if is_aligned:
            attributes["align"] = side
        return Element("img", attributes)

    def paragraph(self, paragraph: Element) -> Element:
        """Put a picture that has a paragraph to itself on a line of its own."""
        if not paragraph.text.strip():
            paragraph.attributes["class"] = "figure"
        return paragraph

    def quote(self, quote: Element) -> Element:
        """Put a reader's words on a background of their own, other quotations beside a rule."""
        last = quote.elements[-1] if quote.elements else None
        if last and last.tag == "p" and len(quote.elements) > 1 and names_a_source(last):
            last.attributes["class"] = "source sans quiet"
        return _cell(quote, f"{self.quote_class} serif ink", table_class="block")

    def table(self, table: Element) -> Element:
        """Return the table with rules, in a box that scrolls where it is wider than the email."""
        table.attributes = {
            "class": "figures",
            "width": "100%",
            "cellpadding": "0",
            "cellspacing": "0",
            "border": "0",
        }
        for cell in _own_cells(table):
            cell.attributes["class"] = "cell head sans" if cell.tag == "th" else "cell sans"
            style = cell.attributes.get("style", "")
            if "align:" in style:  # Word follows the attribute more reliably than the style
                cell.attributes["align"] = style.rpartition(":")[2].strip()
            elif cell.tag == "th":
                cell.attributes["align"] = "left"
        return Element("div", {**_SCROLLING, "aria-label": gettext("Table")}, [table])

    def preformatted(self, pre: Element) -> Element:
        """Put preformatted text on a background."""
        return _cell(pre, "verbatim ink", table_class="block")

    def rule(self, _rule: Element) -> Element:
        """Draw a rule as wide as the column."""
        return _cell(Element(children=["\xa0"]), "rule", table_class="block")


def _with_gaps(nodes: list[Element | str]) -> list[Element | str]:
    """Return the nodes with a gap after each block, because Outlook gives tables no margin."""
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


def _own_cells(node: Element) -> Iterator[Element]:
    """Yield a table's own cells, not those of a table inside it."""
    for child in node.elements:
        if child.tag in {"td", "th"}:
            yield child
        elif child.tag in {"thead", "tbody", "tr"}:
            yield from _own_cells(child)


def _ruled_list(bullets: Element) -> Element:
    """Return a round-up's list as rows between rules, still a list to a screen reader."""
    rows: list[Element | str] = []
    for item in bullets.elements:
        if item.is_empty:
            continue
        item_class = "first-item" if not rows else "item"
        attributes = {"class": f"{item_class} serif ink", "role": "listitem", **item.attributes}
        rows.append(Element("tr", {}, [Element("td", attributes, item.children)]))
    table = _layout_table(rows, table_class="items")
    return Element("div", {"role": "list", "class": "block"}, [table])


def _cell(content: Element, cell_class: str, *, table_class: str) -> Element:
    """Return a layout table of one cell with the content."""
    row = Element("tr", {}, [Element("td", {"class": cell_class}, [content])])
    return _layout_table([row], table_class=table_class)


def _layout_table(rows: list[Element | str], *, table_class: str) -> Element:
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
    """Return an address that works in an email; an invalid one stays as it is."""
    try:
        return urljoin(base_url, address.strip())
    except ValueError:
        return address


def _pixels(text: str) -> int:
    """Return a size in pixels; 0 for none, for a percentage and for nonsense."""
    digits = text.strip().removesuffix("px")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 5 else 0
