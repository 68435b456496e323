"""A section's words as plain text, as somebody would type them.

Written from the section itself, not scraped from the letter. Links are numbered and their addresses
stand under the section, one on each line, where a mail program makes them clickable and no line
break can cut them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urljoin

from briefings.rendering.html_tree import BLOCKS, Element, grow
from briefings.rendering.text_tables import Row, text_table
from briefings.rendering.text_wrap import WIDTH, wrap_text

_SPACES = re.compile(r"[ \t\n\r\f\v\xa0]+")
_RAISED = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_LOWERED = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
_ORDINALS = frozenset({"st", "nd", "rd", "th", "o", "a", "er", "e"})
BREAK = "* * *"
LONG_ITEM = 3  # lines from which bullets stand apart
LONGEST_VERBATIM = 200  # letters of up to four octets each; mail allows a line of 998


def email_text(body: str, *, base_url: str, first_note: int = 1) -> tuple[str, int]:
    """Type a section's body; gives its text and the number for the next section's first link."""
    typist = _Typist(base_url=base_url, first_note=first_note)
    text = "\n\n".join(typist.blocks(grow(body), width=WIDTH))
    notes = "\n".join(f"[{number}] {address}" for address, number in typist.notes.items())
    return "\n\n".join(filter(None, [text, notes])), first_note + len(typist.notes)


class _Typist:
    """Types blocks of a tree and keeps count of the links."""

    def __init__(self, *, base_url: str, first_note: int) -> None:
        self.base_url = base_url
        self.first_note = first_note
        self.notes: dict[str, int] = {}
        self.ways: dict[str, Callable[[Element, int], list[str]]] = {
            "ul": self.bullets,
            "ol": self.bullets,
            "blockquote": self.quote,
            "pre": self.verbatim,
            "table": self.table,
            "hr": lambda _rule, _width: [BREAK],
            "h3": self.heading,
            "h4": self.heading,
        }

    def blocks(self, node: Element, *, width: int) -> list[str]:
        """Type what stands in an element, paragraph by paragraph."""
        typed: list[str] = []
        run: list[Element | str] = []

        def end_run() -> None:
            words = self.inline(run).strip(" \n")
            if words.strip():
                typed.append(wrap_text(words, width=width))
            run.clear()

        for child in node.children:
            if isinstance(child, str) or child.tag == "a" or not _holds_blocks(child):
                run.append(child)
                continue
            end_run()
            way = self.ways.get(child.tag)
            typed += way(child, width) if way else self.blocks(child, width=width)
        end_run()
        return typed

    def inline(self, nodes: list[Element | str]) -> str:
        """Type running words; a line break is the only break in them."""
        typed = "".join(
            _SPACES.sub(" ", node) if isinstance(node, str) else self.phrase(node) for node in nodes
        )
        return re.sub(r" *\n *", "\n", re.sub(r" {2,}", " ", typed))

    def phrase(self, node: Element) -> str:
        """Type one inline element."""
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
                return _raised(words)
            case "sub":
                return words.translate(_LOWERED)
            case "s" if words.strip():
                return f"~{words}~"
        return f" {words} " if node.tag in BLOCKS else words  # a paragraph within a link

    def link(self, words: str, href: str) -> str:
        """Type a link's words and the number of its address, unless the words are the address."""
        if not href:
            return words
        scheme, _, rest = href.partition(":")
        if scheme.lower() in {"mailto", "tel"}:
            there = rest.partition("?")[0]
            return words if there in words else f"{words} <{there}>".lstrip()
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
        number = self.notes.setdefault(address, self.first_note + len(self.notes))
        kept = words.rstrip(" \n")
        return f"{kept}\xa0[{number}]{words[len(kept) :]}".lstrip("\xa0")

    def heading(self, node: Element, width: int) -> list[str]:
        """Type a heading within a section."""
        words = " ".join(self.inline(node.children).split())
        return [wrap_text(words, width=width)] if words else []

    def quote(self, node: Element, width: int) -> list[str]:
        """Type a quote as mail has always marked one."""
        inner = "\n\n".join(self.blocks(node, width=max(width - 2, 24)))
        return (
            [re.sub(r"^", "> ", inner, flags=re.MULTILINE).replace("> \n", ">\n")] if inner else []
        )

    def verbatim(self, node: Element, width: int) -> list[str]:
        """Type verbatim text, set in by four."""
        del width
        lines = [
            line[start : start + LONGEST_VERBATIM]
            for line in node.words.strip("\n").expandtabs(4).split("\n")
            for start in range(0, len(line) or 1, LONGEST_VERBATIM)
        ]
        return ["\n".join(f"    {line}".rstrip() for line in lines)] if any(lines) else []

    def bullets(self, node: Element, width: int) -> list[str]:
        """Type a list, each item hanging from its mark; a list of short items stands close."""
        start = node.attributes.get("start", "")
        number = int(start) if re.fullmatch(r"-?[0-9]{1,6}", start, re.ASCII) else 1
        items: list[str] = []
        close = True
        for item in node.elements:
            mark = f"{number}. " if node.tag == "ol" else "• "
            blocks = self.blocks(item, width=max(width - len(mark), 24))
            if not blocks:
                continue
            number += 1
            close = close and _is_close(item) and blocks[0].count("\n") < LONG_ITEM
            joint = "\n" if _is_close(item) else "\n\n"
            indent = " " * len(mark)
            hung = re.sub(r"\n(?!\n)", f"\n{indent}", joint.join(blocks))
            items.append(mark + hung.replace(f"{indent}\n", "\n"))
        return [("\n" if close else "\n\n").join(items)] if items else []

    def table(self, node: Element, width: int) -> list[str]:
        """Type a table and its caption."""
        rows = [
            Row(
                cells=[
                    words
                    for cell in line.elements
                    for words in [self.cell(cell), *[""] * (_span(cell) - 1)]
                ],
                is_head=all(cell.tag == "th" for cell in line.elements),
            )
            for line in _own_rows(node)
        ]
        caption = next((child for child in node.elements if child.tag == "caption"), None)
        typed = self.heading(caption, width) if caption else []
        table = text_table([row for row in rows if any(row.cells)], width=width)
        return [*typed, table] if table else typed

    def cell(self, node: Element) -> str:
        """Type a cell on one line."""
        return " ".join(" ".join(self.blocks(node, width=10_000)).split())


def _raised(words: str) -> str:
    """Type what stands above the line: m², 1st, x^k."""
    if words.strip() in _ORDINALS or not words.strip():
        return words
    raised = words.translate(_RAISED)
    return f"^{words}" if set(raised) & set(words) - {" "} else raised


def _holds_blocks(node: Element) -> bool:
    return node.tag in BLOCKS or any(node.find(*BLOCKS))


def _is_close(item: Element) -> bool:
    """Whether a list's item is one paragraph, with at most lists under it."""
    blocks = [it for it in item.elements if _holds_blocks(it)]
    paragraphs = [it for it in blocks if it.tag not in {"ul", "ol"}]
    has_loose_words = any(
        words.strip() if isinstance(words, str) else words not in blocks for words in item.children
    )
    return len(paragraphs) + has_loose_words <= 1


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
