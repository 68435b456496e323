"""Recognise quotations: readers' words in paragraphs and lists."""

from __future__ import annotations

import operator
import re
from itertools import islice

from briefings.document_import.blocks import (
    Block,
    BlockQuote,
    ListBlock,
    Paragraph,
    RichText,
    text_of,
)

MIN_WORDS = 4
MAX_ATTRIBUTION = 100
MAX_IN_ONE_PARAGRAPH = 10
CLOSING = {"“": "”", '"': '"', "‘": "’", "'": "'", "«": "»"}
_ANNOUNCES = re.compile('[:,][ \t\n\u00a0]*(?=[“"‘«])')
_OF_READERS = re.compile(
    r"\b(?:reader|comment|correspondent|respondent|subscriber|wrote in|writes in|e-?mailed"
    r"|anonymous)",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"[.!?…][”’\"']?\s+[–—-]\s*(\w[^.!?…]*)$")
_SINGLE_CLOSE = re.compile("[.,!?…][’'](?=\\s|$)")


def are_quotations(block: ListBlock) -> bool:
    """Whether each item of a bulleted list is somebody's words: in quotation marks, or signed."""
    quoted = list(map(_is_quoted_item, block.items))
    others = [_is_signed_item(item) or _is_short_speech(item) for item in block.items]
    if block.ordered:  # a number is for order, or only keeps readers' words apart
        return all(text_of(item[0])[:1] in CLOSING for item in block.items) and all(quoted)
    return any(quoted) and all(map(operator.or_, quoted, others))


def quotes_readers(block: ListBlock) -> bool:
    """Whether a list is of quotations, with not more of the author's own words than of those."""
    return are_quotations(block) or 2 * sum(map(_is_quoted_item, block.items)) > len(block.items)


def _is_signed_item(item: tuple[Block, ...]) -> bool:
    """Whether an item ends with who said it: 'Never again. – a retired governor'."""
    found = _SIGNED.search(text_of(item[-1]))
    return found is not None and len(found[1]) <= MAX_ATTRIBUTION


def _is_short_speech(item: tuple[Block, ...]) -> bool:
    """Whether an item starts with a few words that somebody says: “Ask me,” said one."""
    text = text_of(item[0])
    end = _closing_end(text, 0) if text[:1] in CLOSING else None
    return end is not None and text[end - 2] in ",.!?…"


def _is_quoted_item(item: tuple[Block, ...]) -> bool:
    """Whether an item opens with somebody's words at length, or announces them."""
    if not all(isinstance(part, Paragraph) for part in item):
        return False
    text = text_of(item[0])
    if text[:1] not in CLOSING:
        return _announced_span(text, feedback=True) is not None
    end = _closing_end(text, 0)
    if end is None or not text[end:].strip() or len(text[:end].split()) >= MIN_WORDS:
        return True
    # “Tax them,” says one. “Tax them until they squeak.”
    quoted = re.findall(f"{text[0]}(.*?){CLOSING[text[0]]}", text, re.DOTALL)
    words = [len(one.split()) for one in quoted]
    return max(words, default=0) >= MIN_WORDS and 2 * sum(words) >= len(text.split())


def quote_items(blocks: list[Block]) -> list[Block]:
    """Turn lists of quotations into quotations: the bullets only keep them apart."""
    made: list[Block] = []
    for block in blocks:
        if isinstance(block, ListBlock) and are_quotations(block):
            made += map(BlockQuote, block.items)
        else:
            made.append(block)
    return made


def mark_quotations(blocks: list[Block], *, feedback: bool) -> list[Block]:
    """Turn paragraphs, and ends of paragraphs, that quote somebody at length into quotations.

    A paragraph of an article that quotes in passing stays whole. In a feedback section, or where
    a reader is announced, the quotation is set apart from its announcement.
    """
    made: list[Block] = []
    at = 0
    while at < len(blocks):
        block = blocks[at]
        used = 1
        if not isinstance(block, Paragraph):
            made.append(block)
        elif made and isinstance(made[-1], BlockQuote) and _is_attribution(block.content.text):
            made[-1] = BlockQuote((*made[-1].blocks, block))
        elif paragraphs := _quoted_paragraphs(blocks, at):
            made += _split_quoted_paragraphs(paragraphs)
            used = len(paragraphs)
        elif is_quotation(block.content.text, feedback=feedback):
            made.append(BlockQuote((block,)))
        else:
            made += _split_announced(block, feedback=feedback)
        at += used
    return made


def _quoted_paragraphs(blocks: list[Block], at: int) -> list[RichText]:
    """Return the paragraphs of one quotation that runs over several paragraphs.

    Each of them starts with an opening quotation mark, and only the last ends with a closing one.
    Empty if no such quotation starts here.
    """
    block = blocks[at]
    if not isinstance(block, Paragraph):
        return []
    start = _unclosed_start(block.content.text)
    if start is None:
        return []
    mark = block.content.text[start]
    paragraphs = [block.content]
    for following in blocks[at + 1 :]:
        if not isinstance(following, Paragraph) or not following.content.text.startswith(mark):
            break
        paragraphs.append(following.content)
        if _closing_end(following.content.text, 0) is not None:
            break
    return paragraphs if len(paragraphs) > 1 else []


def _split_quoted_paragraphs(paragraphs: list[RichText]) -> list[Block]:
    first, *middle, last = paragraphs
    start = _unclosed_start(first.text) or 0
    end = _closing_end(last.text, 0)
    quoted = (first.cut(start), *middle, last.cut(0, end))
    before = first.cut(0, start)
    after = last.cut(len(last.text) if end is None else end)
    return [
        *([Paragraph(before)] if before else []),
        BlockQuote(tuple(map(Paragraph, quoted))),
        *([Paragraph(after)] if after else []),
    ]


def is_quotation(text: str, *, feedback: bool) -> bool:
    """Whether a paragraph is one quotation, with at most a name after it.

    One that closes in the middle (“A,” she said, “B.”) is the author's own sentence.
    """
    if text[:1] not in CLOSING:
        return False
    end = _closing_end(text, 0)
    if end is None:
        return feedback and text[0] != "'"  # ’Tis
    rest = text[end:].strip()
    is_long_enough = feedback or len(text[:end].split()) >= MIN_WORDS
    return is_long_enough and (not rest or _is_attribution(rest) or rest.startswith("("))


def _split_announced(block: Paragraph, *, feedback: bool) -> list[Block]:
    """Split 'One reader says: “…”' into its announcement, a paragraph, and the quotation."""
    pieces: list[Block] = []
    rest = block.content
    while len(pieces) < 2 * MAX_IN_ONE_PARAGRAPH:
        span = _announced_span(rest.text, feedback=feedback)
        if span is None:
            break
        pieces.append(Paragraph(rest.cut(0, span[0])))
        pieces.append(BlockQuote((Paragraph(rest.cut(*span)),)))
        rest = rest.cut(span[1])
    if not pieces:
        return [block]
    return [*pieces, Paragraph(rest)] if rest else pieces


def _announced_span(text: str, *, feedback: bool) -> tuple[int, int] | None:
    """Return where a reader's words start and end in a paragraph that announces them."""
    for found in islice(_ANNOUNCES.finditer(text), MAX_IN_ONE_PARAGRAPH):
        start = found.end()
        if not feedback and not _OF_READERS.search(text[max(start - 200, 0) : start]):
            continue
        if found[0].startswith(",") and not (feedback and text[start + 1 : start + 2].isupper()):
            continue
        end = _closing_end(text, start) or len(text)
        rest = text[end:].strip()
        continues = rest and not (text[end - 2] in ".!?…" and not rest[0].islower())
        if len(text[start:end].split()) >= MIN_WORDS and not continues:
            return start, end
    return None


def _unclosed_start(text: str) -> int | None:
    """Return where the quotation starts that a paragraph opens and does not close."""
    if text[:1] == "‘":
        return 0 if _closing_end(text, 0) is None else None
    opened: list[int] = []
    for found in re.finditer('[“”"«»]', text):
        mark = found[0]
        if mark in "“«" or (mark == '"' and not opened):
            opened.append(found.start())
        elif opened:
            opened.pop()
    return opened[0] if opened else None


def _closing_end(text: str, start: int) -> int | None:
    """Return the offset after the mark that closes a quotation; None where it stays open."""
    mark = text[start]
    if mark in "‘'":
        # The apostrophe looks the same; one after a full stop, or the last character, closes.
        found = _SINGLE_CLOSE.search(text, start + 1)
        if found:
            return found.end()
        return len(text) if text.endswith(CLOSING[mark]) and len(text) > start + 1 else None
    if mark == '"':
        closing = text.find('"', start + 1)
        return closing + 1 if closing >= 0 else None
    depth = 0
    for found in re.finditer(f"[{mark}{CLOSING[mark]}]", text[start:]):
        depth += 1 if found[0] == mark else -1
        if depth == 0:
            return start + found.end()
    return None


def _is_attribution(text: str) -> bool:
    """Whether the text names who is quoted: '– a finance director, Leeds'."""
    return text[:1] in "–—" and bool(text) and len(text) <= MAX_ATTRIBUTION
