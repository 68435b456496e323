"""Recognise lists whose bullets and numbers were typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from briefings.document_import.blocks import Block, ListBlock, Paragraph, RichText, join

MAX_LEVELS = 3
# Characters that are nothing but bullets; the last is what Word's symbol font becomes in text.
_BULLET = re.compile("[ \t\u00a0]*[•‣◦▪▫⁃●○■□➢➤►▶∙\uf0b7][ \t\u00a0]*(?=\\S)")
# Characters with other uses too: bullets only where another one follows.
_POSSIBLE_BULLET = re.compile("[ \t\u00a0]*[-*–—·+][ \t\u00a0]+(?=\\S)")
_NUMBER = re.compile("[ \t\u00a0]*(\\d{1,2})[.)][ \t\u00a0]+(?=\\S)")


def item_text_start(line: str) -> int:
    """Return where the words of a bulleted or numbered line start; 0 without a bullet."""
    found = _BULLET.match(line) or _POSSIBLE_BULLET.match(line) or _NUMBER.match(line)
    return found.end() if found else 0


def collect_lists(blocks: list[Block]) -> list[Block]:
    """Make a list of each row of paragraphs that start with a typed bullet or number."""
    collected: list[Block] = []
    row: list[Paragraph] = []
    for block in chain.from_iterable(map(_bulleted_lines, blocks)):
        if row and not (isinstance(block, Paragraph) and _continues_list(row[-1], block)):
            collected += _lists(row)
            row = []
        if isinstance(block, Paragraph) and item_text_start(block.content.text):
            row.append(block)
        else:
            collected.append(block)
    return collected + _lists(row)


def _bulleted_lines(block: Block) -> Iterator[Block]:
    """Split a paragraph whose lines have bullets, as pages that use line breaks for lists do."""
    if not isinstance(block, Paragraph) or "\n" not in block.content.text:
        yield block
        return
    lines = block.content.lines()
    bulleted = [item_text_start(line.text) > 0 for line in lines]
    if sum(bulleted) < 2 and not any(_BULLET.match(line.text) for line in lines):
        yield block
        return
    first = bulleted.index(True)
    if first:
        yield Paragraph(join(lines[:first], "\n"), block.role)
    for line in lines[first:]:
        yield Paragraph(line, block.role)


def _continues_list(last: Paragraph, other: Paragraph) -> bool:
    """Whether a paragraph continues a list: a bullet after a bullet, or the next number."""
    before = _NUMBER.match(last.content.text)
    found = _NUMBER.match(other.content.text)
    if before or found:
        return bool(before and found and int(found[1]) == int(before[1]) + 1)
    return item_text_start(other.content.text) > 0


def _lists(row: list[Paragraph]) -> list[Block]:
    """Make one list of bulleted paragraphs; a single one needs an unmistakable bullet."""
    if not row or (len(row) == 1 and not _BULLET.match(row[0].content.text)):
        return list(row)
    number = _NUMBER.match(row[0].content.text)
    items = [(item.indent, item.content.cut(item_text_start(item.content.text))) for item in row]
    return [_nested(items, ordered=bool(number), start=int(number[1]) if number else 1, level=1)]


def _nested(
    items: list[tuple[int, RichText]], *, ordered: bool, start: int, level: int
) -> ListBlock:
    """Return a list; items indented further than its first one are lists under the item before."""
    indent = items[0][0]
    made: list[tuple[Block, ...]] = []
    deeper: list[tuple[int, RichText]] = []
    for item in [*items, (-1, RichText())]:
        if item[0] > indent and level < MAX_LEVELS:
            deeper.append(item)
            continue
        if deeper:
            made[-1] += (_nested(deeper, ordered=ordered, start=1, level=level + 1),)
            deeper = []
        if item[1]:
            made.append((Paragraph(item[1]),))
    return ListBlock(tuple(made), ordered=ordered, start=start)
