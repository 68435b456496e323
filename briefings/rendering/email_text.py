"""A section's body as plain text, as somebody would type it.

Links are numbered, and their addresses follow the section, one on each line, where an email program
makes them clickable and no line break can cut them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urljoin

from briefings.rendering.section_html import QuotedFrom, lead_to_comments, parse_section
from briefings.rendering.text_tables import Row, text_table
from briefings.rendering.text_wrap import WIDTH, wrap_text
from newsroom import roman_numerals
from newsroom.html_tree import BLOCKS, Element

_SPACES = re.compile(r"[ \t\n\r\f\v\xa0]+")
_SUPERSCRIPT = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_SUBSCRIPT = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
_ORDINALS = frozenset({"st", "nd", "rd", "th", "o", "a", "er", "e"})
RULE = "* * *"
LONG_ITEM = 3  # lines; longer items have blank lines between them
MAX_PREFORMATTED = 200  # characters of up to four bytes each; email allows lines of 998


def email_text(
    body: str, *, base_url: str, first_link: int = 1, quoted: tuple[QuotedFrom, ...] = ()
) -> tuple[str, int]:
    """Return a section's body as text, and the number for the next section's first link.

    Quotations of the comments in `quoted` lead there.
    """
    root = parse_section(body)
    lead_to_comments(root, quoted)
    writer = _TextWriter(base_url=base_url, first_link=first_link)
    text = "\n\n".join(writer.blocks(root, width=WIDTH))
    links = "\n".join(f"[{number}] {address}" for address, number in writer.links.items())
    return "\n\n".join(filter(None, [text, links])), first_link + len(writer.links)


class _TextWriter:
    """Writes the blocks of a tree as text and numbers the links."""

    def __init__(self, *, base_url: str, first_link: int) -> None:
        self.base_url = base_url
        self.first_link = first_link
        self.links: dict[str, int] = {}
        self.writers: dict[str, Callable[[Element, int], list[str]]] = {
            "ul": self.list_items,
            "ol": self.list_items,
            "blockquote": self.quote,
            "pre": self.preformatted,
            "table": self.table,
            "hr": lambda _rule, _width: [RULE],
            "h3": self.heading,
            "h4": self.heading,
        }

    def blocks(self, node: Element, *, width: int) -> list[str]:
        """Return the text of each block inside an element."""
        texts: list[str] = []
        run: list[Element | str] = []

        def end_run() -> None:
            words = self.inline(run).strip(" \n")
            if words.strip():
                texts.append(wrap_text(words, width=width))
            run.clear()

        for child in node.children:
            if isinstance(child, str) or child.tag == "a" or not _holds_blocks(child):
                run.append(child)
                continue
            end_run()
            write = self.writers.get(child.tag)
            texts += write(child, width) if write else self.blocks(child, width=width)
        end_run()
        return texts

    def inline(self, nodes: list[Element | str]) -> str:
        """Return running text; the only line breaks in it are those of <br>."""
        text = "".join(
            _SPACES.sub(" ", node) if isinstance(node, str) else self.inline_element(node)
            for node in nodes
        )
        return re.sub(r" *\n *", "\n", re.sub(r" {2,}", " ", text))

    def inline_element(self, node: Element) -> str:
        """Return the text of one inline element."""
        if node.tag == "br":
            return "\n"
        if node.tag == "img":
            words = " ".join(node.attributes.get("alt", "").split())
            return f" [{words}] " if words else ""
        words = self.inline(node.children)
        match node.tag:
            case "a":
                return self.link(words, node.attributes.get("href", "").strip())
            case "sup":
                return _superscript(words)
            case "sub":
                return words.translate(_SUBSCRIPT)
            case "s" if words.strip():
                return f"~{words}~"
        return f" {words} " if node.tag in BLOCKS else words  # a paragraph within a link

    def link(self, words: str, href: str) -> str:
        """Return a link's text and number, or the address alone where that is the text."""
        if not href:
            return words
        scheme, _, rest = href.partition(":")
        if scheme.lower() in {"mailto", "tel"}:
            recipient = rest.partition("?")[0]
            return words if recipient in words else f"{words} <{recipient}>".lstrip()
        try:
            address = urljoin(self.base_url, href)
        except ValueError:
            return words
        address = re.sub(r"\s", "%20", address)
        if words.strip().rstrip("/") in {
            address.rstrip("/"),
            address.partition("://")[2].rstrip("/"),
        }:
            return address
        number = self.links.setdefault(address, self.first_link + len(self.links))
        kept = words.rstrip(" \n")
        return f"{kept}\xa0[{number}]{words[len(kept) :]}".lstrip("\xa0")

    def heading(self, node: Element, width: int) -> list[str]:
        """Return a heading within a section."""
        words = " ".join(self.inline(node.children).split())
        return [wrap_text(words, width=width)] if words else []

    def quote(self, node: Element, width: int) -> list[str]:
        """Return a quotation with > before each line."""
        inner = "\n\n".join(self.blocks(node, width=max(width - 2, 24)))
        return (
            [re.sub(r"^", "> ", inner, flags=re.MULTILINE).replace("> \n", ">\n")] if inner else []
        )

    def preformatted(self, node: Element, _width: int) -> list[str]:
        """Return preformatted text, indented by four."""
        lines = [
            line[start : start + MAX_PREFORMATTED]
            for line in node.text.strip("\n").expandtabs(4).split("\n")
            for start in range(0, len(line) or 1, MAX_PREFORMATTED)
        ]
        return ["\n".join(f"    {line}".rstrip() for line in lines)] if any(lines) else []

    def list_items(self, node: Element, width: int) -> list[str]:
        """Return a list with hanging indents; without blank lines where all items are short."""
        is_reversed = "reversed" in node.attributes
        first = len(node.elements) if is_reversed else 1
        number = _whole_number(node.attributes.get("start", ""), otherwise=first)
        number_type = node.attributes.get("type", "1")
        items: list[str] = []
        is_compact = True
        for item in node.elements:
            number = _whole_number(item.attributes.get("value", ""), otherwise=number)
            mark = f"{_numeral(number, number_type)}. " if node.tag == "ol" else "• "
            blocks = self.blocks(item, width=max(width - len(mark), 24))
            if not blocks:
                continue
            number += -1 if is_reversed else 1
            is_compact = is_compact and _is_compact(item) and blocks[0].count("\n") < LONG_ITEM
            separator = "\n" if _is_compact(item) else "\n\n"
            indent = " " * len(mark)
            hanging = re.sub(r"\n(?!\n)", f"\n{indent}", separator.join(blocks))
            items.append(mark + hanging.replace(f"{indent}\n", "\n"))
        return [("\n" if is_compact else "\n\n").join(items)] if items else []

    def table(self, node: Element, width: int) -> list[str]:
        """Return a table and its caption."""
        rows = [
            Row(
                cells=[
                    words
                    for cell in line.elements
                    for words in [self.cell(cell), *[""] * (_span(cell) - 1)]
                ],
                is_header=all(cell.tag == "th" for cell in line.elements),
            )
            for line in _own_rows(node)
        ]
        caption = next((child for child in node.elements if child.tag == "caption"), None)
        texts = self.heading(caption, width) if caption else []
        table = text_table([row for row in rows if any(row.cells)], width=width)
        return [*texts, table] if table else texts

    def cell(self, node: Element) -> str:
        """Return the text of a cell on one line."""
        return " ".join(" ".join(self.blocks(node, width=10_000)).split())


def _whole_number(text: str, *, otherwise: int) -> int:
    """Return the number in an attribute of a list or an item."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,6}", text, re.ASCII) else otherwise


def _superscript(words: str) -> str:
    """Return superscript as text: m², 1st, x^k."""
    if words.strip() in _ORDINALS or not words.strip():
        return words
    superscript = words.translate(_SUPERSCRIPT)
    return f"^{words}" if set(superscript) & set(words) - {" "} else superscript


def _numeral(number: int, number_type: str) -> str:
    """Return a list's number as HTML's type says: 1, a, A, i or I; figures where none fits."""
    if number_type in {"a", "A"} and 1 <= number <= 26:
        numeral = chr(ord("a") + number - 1)
    elif number_type in {"i", "I"} and 1 <= number <= roman_numerals.LARGEST:
        numeral = roman_numerals.to_roman(number)
    else:
        return str(number)
    return numeral.upper() if number_type.isupper() else numeral


def _holds_blocks(node: Element) -> bool:
    return node.tag in BLOCKS or any(node.find(*BLOCKS))


def _is_compact(item: Element) -> bool:
    """Whether a list item is one paragraph, with nothing but lists under it."""
    blocks = [child for child in item.elements if _holds_blocks(child)]
    paragraphs = [block for block in blocks if block.tag not in {"ul", "ol"}]
    has_loose_text = any(
        child.strip() if isinstance(child, str) else child not in blocks for child in item.children
    )
    return len(paragraphs) + has_loose_text <= 1


def _own_rows(table: Element) -> list[Element]:
    rows: list[Element] = []
    for child in table.elements:
        if child.tag == "tr":
            rows.append(child)
        elif child.tag in {"thead", "tbody"}:
            rows += _own_rows(child)
    return rows


def _span(cell: Element) -> int:
    span = cell.attributes.get("colspan", "")
    return min(int(span), 20) if span.isascii() and span.isdigit() and len(span) < 5 else 1
