"""Plain text to blocks: what blank lines, bullets and indents say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from briefings.document_import.blocks import Block, Heading, Paragraph, Quotation, Reading, Rule
from briefings.document_import.bullets import begins_item
from briefings.document_import.prose import Mark, Prose, Run, joined, tidy, visible

# The widths at which mail programs and editors break lines, in characters.
MARGINS = range(40, 101)
MAX_HEADING_LINE = 200
_LINE_END = re.compile("\r\n|[\n\r\x0b\x85\u2028]")
_UNDERLINE = re.compile(r"\s*(={3,}|-{3,})\s*")
_RULE = re.compile(r"\s*(?:[-=_*~#•·]\s*){3,}")
_HASHES = re.compile(r"(#{1,6})[ \t]+(?=\S)")
_QUOTED = re.compile(r"[ \t]*>[ \t]?")
_ADDRESS = re.compile(r"https?://[^\s<>“”\"]{3,2000}")


def read_plain(text: str) -> Reading:
    """Read plain text."""
    return Reading(blocks=list(_blocks(text)))


def _blocks(text: str) -> Iterator[Block]:
    pages = text.replace("\x0c", "\n\n").replace("\u2029", "\n\n")
    lines = [visible(line).expandtabs(4) for line in _LINE_END.split(pages.strip("\r\n"))]
    if all(line.strip() for line in lines) and not _broken_by_margin(lines):
        # A document without any blank line has its paragraphs one under the other.
        for line in lines:
            yield from _chunk([line])
        return
    chunk: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            chunk.append(line)
        elif chunk:
            yield from _chunk(chunk)
            chunk = []


def _chunk(lines: list[str]) -> Iterator[Block]:
    """The lines between two blank ones: a heading, a quotation, a rule, or paragraphs."""
    if all(map(_QUOTED.match, lines)):
        inner = "\n".join(_QUOTED.sub("", line, count=1) for line in lines)
        if inner.strip() and not inner.lstrip().startswith(">"):
            yield Quotation(tuple(_blocks(inner)))
            return
    if len(lines) == 2 and _UNDERLINE.fullmatch(lines[1]) and len(lines[0]) <= MAX_HEADING_LINE:
        yield Heading(_prose(lines[0]), 1 if "=" in lines[1] else 2)
        return
    held: list[str] = []
    for line in lines:
        hashes = _HASHES.match(line)
        if hashes or _RULE.fullmatch(line):
            yield from _paragraphs(held)
            held = []
            yield Heading(_prose(line[hashes.end() :]), len(hashes[1])) if hashes else Rule()
        else:
            held.append(line)
    yield from _paragraphs(held)


def _paragraphs(lines: list[str]) -> Iterator[Paragraph]:
    """Join lines that a margin broke, keep breaks that an author made; a bullet begins anew."""
    widest = max(map(len, lines), default=0)
    separator = " " if _broken_by_margin(lines) else "\n"
    held: list[str] = []
    for line in lines:
        apart = begins_item(line) or widest > MARGINS[-1] or _ends_item(held, line, separator)
        if held and apart and not _hangs(held[0], line):
            yield _paragraph(held, separator)
            held = []
        held.append(line)
    if held:
        yield _paragraph(held, separator)


def _paragraph(lines: list[str], separator: str) -> Paragraph:
    indent = len(lines[0]) - len(lines[0].lstrip())
    if begins_item(lines[0]):
        separator = " "
    return Paragraph(joined([_prose(line) for line in lines], separator), indent=indent)


def _broken_by_margin(lines: list[str]) -> bool:
    """Whether no line had room for the first word of the next."""
    widest = max((len(line.rstrip()) for line in lines), default=0)
    return widest in MARGINS and all(
        len(line.rstrip()) + 1 + len(after.split(maxsplit=1)[0]) > widest or begins_item(after)
        for line, after in pairwise(lines)
    )


def _ends_item(held: list[str], line: str, separator: str) -> bool:
    """Whether a line stands under a bullet without belonging to it."""
    return bool(held) and begins_item(held[0]) > 0 and separator == "\n" and bool(line)


def _hangs(item: str, line: str) -> bool:
    """Whether a line is indented as far as the words of the bullet above it."""
    words = begins_item(item)
    return words > 0 and not begins_item(line) and len(line) - len(line.lstrip()) >= words


def _prose(text: str) -> Prose:
    """Words in which a web address is a link."""
    runs: list[Run] = []
    start = 0
    for found in _ADDRESS.finditer(text):
        address = found[0].rstrip(".,;:!?)]}'’")
        end = found.start() + len(address)
        runs += [
            Run(text[start : found.start()]),
            Run(address, (Mark("a", address),)),
        ]
        start = end
    return tidy([*runs, Run(text[start:])])
