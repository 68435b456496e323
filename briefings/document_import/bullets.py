"""Typed bullets and numbers to lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from briefings.document_import.blocks import Block, Listing, Paragraph
from briefings.document_import.prose import Prose, joined

MAX_LEVELS = 3
# Glyphs that are nothing but bullets; the last is what Word's symbol font leaves in plain text.
_GLYPH = re.compile("[ \t\u00a0]*[•‣◦▪▫⁃●○■□➢➤►▶∙\uf0b7][ \t\u00a0]*(?=\\S)")
# Signs that are also used otherwise: bullets only in company.
_SIGN = re.compile("[ \t\u00a0]*[-*–—·+][ \t\u00a0]+(?=\\S)")
_NUMBER = re.compile("[ \t\u00a0]*(\\d{1,2})[.)][ \t\u00a0]+(?=\\S)")


def begins_item(line: str) -> int:
    """Where the words of a bulleted or numbered line begin; 0 where there is no bullet."""
    found = _GLYPH.match(line) or _SIGN.match(line) or _NUMBER.match(line)
    return found.end() if found else 0


def gather_lists(blocks: list[Block]) -> list[Block]:
    """Make neighbouring paragraphs that begin with a typed bullet one list."""
    gathered: list[Block] = []
    run: list[Paragraph] = []
    for block in chain.from_iterable(map(_bulleted_lines, blocks)):
        if run and not (isinstance(block, Paragraph) and _follows(run[-1], block)):
            gathered += _lists(run)
            run = []
        if isinstance(block, Paragraph) and begins_item(block.prose.text):
            run.append(block)
        else:
            gathered.append(block)
    return gathered + _lists(run)


def _bulleted_lines(block: Block) -> Iterator[Block]:
    """Split a paragraph whose lines are bullets, as a page with line breaks for a list has it."""
    if not isinstance(block, Paragraph) or "\n" not in block.prose.text:
        yield block
        return
    lines = block.prose.lines()
    bullets = [begins_item(line.text) > 0 for line in lines]
    if sum(bullets) < 2 and not any(_GLYPH.match(line.text) for line in lines):
        yield block
        return
    first = bullets.index(True)
    if first:
        yield Paragraph(joined(lines[:first], "\n"), block.role)
    for line in lines[first:]:
        yield Paragraph(line, block.role)


def _follows(last: Paragraph, other: Paragraph) -> bool:
    """Whether a paragraph goes on with a list: a bullet after a bullet, or the next number."""
    before = _NUMBER.match(last.prose.text)
    found = _NUMBER.match(other.prose.text)
    if before or found:
        return bool(before and found and int(found[1]) == int(before[1]) + 1)
    return begins_item(other.prose.text) > 0


def _lists(run: list[Paragraph]) -> list[Block]:
    """One list of a run of bulleted paragraphs; a single one needs a glyph to be a list."""
    if not run or (len(run) == 1 and not _GLYPH.match(run[0].prose.text)):
        return list(run)
    number = _NUMBER.match(run[0].prose.text)
    items = [(item.indent, item.prose.cut(begins_item(item.prose.text))) for item in run]
    return [_nested(items, ordered=bool(number), start=int(number[1]) if number else 1, level=1)]


def _nested(items: list[tuple[int, Prose]], *, ordered: bool, start: int, level: int) -> Listing:
    """Items indented further than the first of their list are lists under the item before."""
    indent = items[0][0]
    made: list[tuple[Block, ...]] = []
    deeper: list[tuple[int, Prose]] = []
    for item in [*items, (-1, Prose(()))]:
        if item[0] > indent and level < MAX_LEVELS:
            deeper.append(item)
            continue
        if deeper:
            made[-1] += (_nested(deeper, ordered=ordered, start=1, level=level + 1),)
            deeper = []
        if item[1]:
            made.append((Paragraph(item[1]),))
    return Listing(tuple(made), ordered=ordered, start=start)
