"""Readers' words in a paragraph, set apart as quotations."""

from __future__ import annotations

import re
from itertools import islice

from briefings.document_import.blocks import Block, Paragraph, Quotation
from briefings.document_import.prose import Prose

MIN_WORDS = 4
MAX_ATTRIBUTION = 100
MAX_IN_ONE_PARAGRAPH = 10
CLOSING = {"“": "”", '"': '"', "‘": "’", "«": "»"}
_ANNOUNCES = re.compile('[:,][ \t\n\u00a0]*(?=[“"‘«])')
_OF_READERS = re.compile(
    r"\b(?:reader|comment|correspondent|respondent|subscriber|wrote in|writes in|e-?mailed"
    r"|anonymous)",
    re.IGNORECASE,
)
_SINGLE_CLOSE = re.compile("[.,!?…]’(?=\\s|$)")


def set_quotations(blocks: list[Block], *, feedback: bool) -> list[Block]:
    """Make quotations of paragraphs, and ends of paragraphs, that quote somebody at length.

    Where the author quotes in passing, in an article, the paragraph stays whole; in a feedback
    section, or where a reader is announced, the quotation is set apart from its announcement.
    """
    made: list[Block] = []
    at = 0
    while at < len(blocks):
        block = blocks[at]
        used = 1
        if not isinstance(block, Paragraph):
            made.append(block)
        elif made and isinstance(made[-1], Quotation) and _is_attribution(block.prose.text):
            made[-1] = Quotation((*made[-1].blocks, block))
        elif running := _running(blocks, at):
            made += _pieces_of_running(running)
            used = len(running)
        elif _is_quotation(block.prose.text, feedback=feedback):
            made.append(Quotation((block,)))
        else:
            made += _announced(block, feedback=feedback)
        at += used
    return made


def _running(blocks: list[Block], at: int) -> list[Prose]:
    """Recognise a quotation over paragraphs, each opened anew and only the last one closed."""
    block = blocks[at]
    if not isinstance(block, Paragraph):
        return []
    start = _left_open(block.prose.text)
    if start is None:
        return []
    mark = block.prose.text[start]
    held = [block.prose]
    for following in blocks[at + 1 :]:
        if not isinstance(following, Paragraph) or not following.prose.text.startswith(mark):
            break
        held.append(following.prose)
        if _close(following.prose.text, 0) is not None:
            break
    return held if len(held) > 1 else []


def _pieces_of_running(held: list[Prose]) -> list[Block]:
    first, *middle, last = held
    start = _left_open(first.text) or 0
    end = _close(last.text, 0)
    quoted = (first.cut(start), *middle, last.cut(0, end))
    before = first.cut(0, start)
    after = last.cut(len(last.text) if end is None else end)
    return [
        *([Paragraph(before)] if before else []),
        Quotation(tuple(Paragraph(prose) for prose in quoted)),
        *([Paragraph(after)] if after else []),
    ]


def _is_quotation(text: str, *, feedback: bool) -> bool:
    """Recognise a paragraph that is one quotation, with at most a name behind it.

    What closes in the middle (“A,” she said, “B.”) is an author's sentence.
    """
    if text[:1] not in CLOSING:
        return False
    end = _close(text, 0)
    if end is None:
        return feedback
    rest = text[end:].strip()
    enough = feedback or len(text[:end].split()) >= MIN_WORDS
    return enough and (not rest or _is_attribution(rest) or rest.startswith("("))


def _announced(block: Paragraph, *, feedback: bool) -> list[Block]:
    """Recognise 'One reader says: “…”': the announcement stays a paragraph, the rest is quoted."""
    pieces: list[Block] = []
    rest = block.prose
    while len(pieces) < 2 * MAX_IN_ONE_PARAGRAPH:
        span = _announced_span(rest.text, feedback=feedback)
        if span is None:
            break
        pieces.append(Paragraph(rest.cut(0, span[0])))
        pieces.append(Quotation((Paragraph(rest.cut(*span)),)))
        rest = rest.cut(span[1])
    if not pieces:
        return [block]
    return [*pieces, Paragraph(rest)] if rest else pieces


def _announced_span(text: str, *, feedback: bool) -> tuple[int, int] | None:
    """Where a reader's words begin and end in a paragraph that announces them."""
    for found in islice(_ANNOUNCES.finditer(text), MAX_IN_ONE_PARAGRAPH):
        start = found.end()
        if not feedback and not _OF_READERS.search(text[max(start - 200, 0) : start]):
            continue
        if found[0].startswith(",") and not (feedback and text[start + 1 : start + 2].isupper()):
            continue
        end = _close(text, start) or len(text)
        rest = text[end:].strip()
        goes_on = rest and not (text[end - 2] in ".!?…" and not rest[0].islower())
        if len(text[start:end].split()) >= MIN_WORDS and not goes_on:
            return start, end
    return None


def _left_open(text: str) -> int | None:
    """Where the quotation begins that a paragraph opens and does not close."""
    if text[:1] == "‘":
        return 0 if _close(text, 0) is None else None
    opened: list[int] = []
    for found in re.finditer('[“”"«»]', text):
        sign = found[0]
        if sign in "“«" or (sign == '"' and not opened):
            opened.append(found.start())
        elif opened:
            opened.pop()
    return opened[0] if opened else None


def _close(text: str, start: int) -> int | None:
    """The offset behind the mark that closes a quotation; None where it stays open."""
    mark = text[start]
    if mark == "‘":
        # The apostrophe looks the same; one behind a stop, or the last sign, closes.
        found = _SINGLE_CLOSE.search(text, start + 1)
        if found:
            return found.end()
        return len(text) if text.endswith("’") and len(text) > start + 1 else None
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
    """Recognise '– a finance director, Leeds', the name behind or under a quotation."""
    return text[:1] in "–—" and bool(text) and len(text) <= MAX_ATTRIBUTION
