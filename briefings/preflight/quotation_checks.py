"""Checks of typed quotations: that they say who is quoted, and that the reader agreed.

Those that were made from a response are blocks, and `quoted_block_checks` checks them.
"""

from __future__ import annotations

import operator
import re
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q

from briefings.local_time import long_day
from briefings.models import Comment, CommentState, QuoteChoice, SectionKind
from briefings.preflight.findings import Finding, Level, Place, has_words, shortened
from briefings.quotations.quotable import has_refused
from briefings.quotations.quoted_blocks import is_block
from briefings.rendering.section_html import names_a_source
from newsroom.html_tree import BLOCKS, Element

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from briefings.models import Briefing, Section

_DASH = r"(?:[—–―]|--|(?<=\s)-)"
# What closes a quotation, by what opens it.
_CLOSING = {
    "“": "”",
    "„": "“”",
    "‘": "’",
    "‚": "‘’",
    "«": "»",
    "»": "«",
    "‹": "›",
    '"': '"',
    "'": "'",
}
# The end of a quotation that says after a dash who is quoted: "… closed.” — Ada Lane". After a
# word, ’ is an apostrophe.
_SOURCE_AFTER_DASH = re.compile(
    rf"(?:[.!?…”\"»)]\s*|[.,!?…][’']\s*|\n\s*){_DASH}\s*\w[^\n]{{0,160}}$"
)
# The example in our own advice.
_EXAMPLE = re.compile(rf"{_DASH}\s*Name, place\.?\s*$")
# A beginning that says it: "Ada Lane writes: “The ferry …".
_SOURCE_BEFORE = re.compile(r"\w[^“„‘«\"\n]{1,160}:\s*[“„‘«\"]")


# --- who is quoted ---------------------------------------------------------------------------


def check_attribution(body: Element, place: Place) -> Iterator[Finding]:
    """Yield the quotations in a section of readers' words that do not say who is quoted."""
    for quote in _unattributed(body):
        if is_block(quote):
            continue  # it names its reader as they chose: see `quoted_block_checks`
        words = shortened(quote.text)
        yield Finding(
            code="no-attribution",
            level=Level.BLOCKS,
            place=place,
            sentence=f"{place.where}: the quotation “{words}” does not say who is quoted.",
            fix="Add a line below it that starts with a dash: — Name, place. If the reader wants no"
            " name, say so: — A teacher in Leeds.",
            quote=words.rstrip("…"),
        )


def _unattributed(parent: Element) -> Iterator[Element]:
    for before, child, after in _with_neighbours(parent):
        if child.tag != "blockquote":
            yield from _unattributed(child)
        elif has_words(child.text) and not (
            _names_its_source(child) or _introduces(before) or _follows(after)
        ):
            yield child


def _with_neighbours(
    parent: Element,
) -> Iterator[tuple[Element | str | None, Element, Element | str | None]]:
    """Yield the elements inside one, with what stands before and after each."""
    children = [child for child in parent.children if isinstance(child, Element) or child.strip()]
    for before, child, after in zip(
        [None, *children], children, [*children[1:], None], strict=False
    ):
        if isinstance(child, Element):
            yield before, child, after


def _names_its_source(quote: Element) -> bool:
    """Whether a quotation says itself who is quoted, mostly in its last line."""
    text = quote.text.strip()
    if _EXAMPLE.search(text):
        return False
    if len(quote.elements) > 1 and names_a_source(quote.elements[-1]):
        return True
    return bool(
        _SOURCE_AFTER_DASH.search(text) or _SOURCE_BEFORE.match(text) or _goes_on_after(text)
    )


def _goes_on_after(text: str) -> bool:
    """Whether words follow a quotation in quotation marks: "“The ferry was full,” says Ada Lane".

    Where a mark closes a quotation, a comma or the like stands at one side of it; otherwise it is
    an apostrophe, or belongs to a quoted word.
    """
    mark = f"[{_CLOSING.get(text[:1], '”»')}]"
    ends = rf"(?:[.,!?…;:]{mark}(?!\w)|{mark}\s*[,.(\[])"
    return bool(re.search(rf"{ends}\s*[(\[]?\s*\w[^\n]{{3,160}}$", text[1:]))


def _introduces(before: Element | str | None) -> bool:
    """Whether the words above a quotation say who is quoted: "Ada Lane wrote:"."""
    text = before if isinstance(before, str) else before.text if before is not None else ""
    return text.rstrip().endswith(":") and has_words(text)


def _follows(after: Element | str | None) -> bool:
    """Whether the line below a quotation says who is quoted."""
    return (
        isinstance(after, Element)
        and after.tag == "p"
        and names_a_source(after)
        and not _EXAMPLE.search(after.text.strip())
    )


# --- whether they agreed ---------------------------------------------------------------------

# This many words in a row are not the same by chance, nor are two rows in the same order that have
# as many together.
_WORDS_IN_A_ROW = 8
_WORDS_OF_A_PART = 3
# A shorter quotation counts if it is the whole comment, or has the name of its writer.
_WORDS_OF_A_COMMENT = 4
# Shorter words of a name may be in anybody's.
_MIN_NAME_CHARS = 3
_WORD = re.compile(r"[^\W_]+")
_QUOTATION_MARK = re.compile(r"[“”„«»\"]")
# Where a quotation leaves words out, or words of somebody else stand in it.
_GAP = re.compile(r"…|\.\.\.|\[[^\]]*\]|[“”„«»\"]")
_SOURCE = re.compile(rf"{_DASH}[^—–―\n]{{1,160}}$")
# The words by which the database finds comments: the longest ones of the longest rows.
_SEARCHED = re.compile(r"[a-z0-9]{4,}")
_SEARCHED_WORDS = 2
_SEARCHED_ROWS = 6
_MAX_COMMENTS = 200
# What an editor can do.
_REMOVE = "Remove the quotation."
_ASK = "Ask them, or remove the quotation."
_WAIT = "Wait for the answer, or remove the quotation."


# Words in a row, without case and punctuation.
_Words = tuple[str, ...]


class _Quotation(NamedTuple):
    """A quotation, or a paragraph that may have one.

    That is its text, the lines beside it that say who is quoted, its first paragraph, its place,
    and the words that may be a reader's. These are in rows, without what stands between them.
    """

    text: str
    beside: str
    begins: str
    place: Place
    rows: list[_Words]
    runs: set[_Words]
    parts: list[list[_Words]]  # of each paragraph, what is left of a quotation that was cut


class _Said(NamedTuple):
    """A comment with its words."""

    comment: Comment
    words: _Words
    runs: set[_Words]


def check_consents(
    sections: Iterable[tuple[Section, Element, Place]], *, briefing: Briefing
) -> Iterator[Finding]:
    """Yield the quotations of comments whose readers did not agree to be quoted so.

    A comment is known by its words: a quotation that is in no comment is left alone. In a section
    of readers' words, every paragraph may be a quotation; in others, those with quotation marks.
    """
    quotations = [
        _Quotation(
            text=quote.text,
            beside=beside,
            begins=next(_texts_of(quote)),
            place=place,
            rows=rows,
            runs=set().union(*map(_runs, rows)),
            parts=[list(_parts_of(text)) for text in _texts_of(quote)],
        )
        for section, body, place in sections
        for quote, beside in _quotes(body, is_feedback=section.kind == SectionKind.FEEDBACK)
        if (rows := list(dict.fromkeys(_rows_of(quote))))
    ]
    comments = _comments_with(quotations, briefing) if quotations else []
    known = [_Said(one, words := _words(one.body), _runs(words)) for one in comments]
    for quotation in quotations:
        findings = [
            _finding(said.comment, quotation, briefing)
            for said in known
            if _is_quoted(said, quotation)
        ]
        # If two readers wrote the same, it is enough that one of them agreed.
        if None not in findings:
            yield from (found for found in findings[:1] if found)


def _quotes(parent: Element, *, is_feedback: bool) -> Iterator[tuple[Element, str]]:
    """Yield what may be quotations, with the lines beside each that say who is quoted."""
    for before, child, after in _with_neighbours(parent):
        if is_block(child):
            continue
        if child.tag != "blockquote" and any(inner.tag in BLOCKS for inner in child.elements):
            yield from _quotes(child, is_feedback=is_feedback)
        elif child.tag == "blockquote" or is_feedback or _QUOTATION_MARK.search(child.text):
            lines = [
                line.text if isinstance(line, Element) else line
                for line, is_source in ((before, _introduces(before)), (after, _follows(after)))
                if line is not None and is_source
            ]
            yield child, "\n".join(lines)


def _parts_of(text: str) -> Iterator[_Words]:
    """Yield the parts of a quotation that are long enough to say something."""
    for words in map(_words, _GAP.split(_SOURCE.sub("", text))):
        if len(words) >= _WORDS_OF_A_PART:
            yield words


def _rows_of(quote: Element) -> Iterator[_Words]:
    """Yield the words of a quotation, apart where something stands between them."""
    for text in _texts_of(quote):
        for part in (text, _SOURCE.sub("", text)):
            for words in map(_words, _GAP.split(part)):
                if len(words) >= _WORDS_OF_A_COMMENT:
                    yield words


def _texts_of(element: Element) -> Iterator[str]:
    """Yield the text of each innermost block."""
    if any(child.tag in BLOCKS for child in element.elements):
        for child in element.elements:
            yield from _texts_of(child)
    else:
        yield element.text.strip()


def _words(text: str) -> _Words:
    """Return the words of a text without case and punctuation."""
    return tuple(_WORD.findall(text.lower()))


def _comments_with(quotations: list[_Quotation], briefing: Briefing) -> list[Comment]:
    """Return the briefing's comments that may be quoted there, by a few of the words."""
    wanted = [
        reduce(operator.and_, (Q(body__icontains=word) for word in words))
        for quotation in quotations
        for words in _searched(quotation)
    ]
    if not wanted:
        return []
    comments = Comment.objects.filter(
        reduce(operator.or_, wanted), issue__briefing=briefing, contributor=None
    )
    found = comments.exclude(state=CommentState.UNCONFIRMED).prefetch_related("quote_consents")
    return list(found.order_by("-pk")[:_MAX_COMMENTS])


def _searched(quotation: _Quotation) -> Iterator[list[str]]:
    """Yield words that stand together in a comment if it is quoted: a few of a few rows."""
    rows = [
        row[start : start + _WORDS_IN_A_ROW]
        for row in quotation.rows
        for start in range(0, len(row), _WORDS_IN_A_ROW)
    ]
    for row in sorted(rows, key=len, reverse=True)[:_SEARCHED_ROWS]:
        found = {word for one in row for word in _SEARCHED.findall(one)} or set(row)
        yield sorted(found, key=lambda word: (-len(word), word))[:_SEARCHED_WORDS]


def _is_quoted(said: _Said, quotation: _Quotation) -> bool:
    if said.words in quotation.rows or not said.runs.isdisjoint(quotation.runs):
        return True
    text = _spaced(said.words)
    if any(_spaced(row) in text for row in quotation.rows) and _is_named(said.comment, quotation):
        return True
    return any(_is_cut_from(text, parts) for parts in quotation.parts)


def _is_cut_from(text: str, parts: list[_Words]) -> bool:
    """Whether several parts stand in a text in their order, and have enough words together."""
    found: list[_Words] = []
    start = 0
    for part in parts:
        if (at := text.find(_spaced(part), start)) >= 0:
            found.append(part)
            start = at + len(_spaced(part)) - 1
    return len(found) > 1 and sum(map(len, found)) >= _WORDS_IN_A_ROW


def _spaced(words: _Words) -> str:
    return f" {' '.join(words)} "


def _runs(words: _Words) -> set[_Words]:
    """Return all rows of words that are long enough not to be the same by chance."""
    ends = range(_WORDS_IN_A_ROW, len(words) + 1)
    return {words[end - _WORDS_IN_A_ROW : end] for end in ends}


def _finding(comment: Comment, quotation: _Quotation, briefing: Briefing) -> Finding | None:
    """Return what is wrong with quoting a comment; None if its reader agreed."""
    words, where = shortened(quotation.begins), quotation.place.where
    begins = words.rstrip("…")
    reader = f"{where}: the reader who wrote “{words}”"
    if comment.is_withdrawn or comment.quoting == QuoteChoice.NO:
        code, level, what, fix = _why_not(comment, briefing)
        return Finding(
            code=code,
            level=level,
            place=quotation.place,
            sentence=f"{reader} {what}",
            fix=fix,
            about=quotation.text if level is Level.WARNS else "",
            quote=begins,
        )
    if comment.quoting == QuoteChoice.ANONYMOUS and _is_named(comment, quotation):
        return Finding(
            code="quoted-by-name",
            level=Level.BLOCKS,
            place=quotation.place,
            sentence=f"{reader} agreed to be quoted without a name.",
            fix=f"Write “— A reader” instead of “{comment.name}”.",
            quote=begins,
        )
    return None


def _why_not(comment: Comment, briefing: Briefing) -> tuple[str, Level, str, str]:
    """Return why a comment may not be quoted: a code, whether it blocks, words, and what to do.

    It warns only where nobody has asked: the form of a comment does, and an email may afterwards.
    """
    if comment.is_withdrawn:
        return "quotation-withdrawn", Level.BLOCKS, "has withdrawn the comment.", _REMOVE
    if not comment.email:
        return "quotation-withdrawn", Level.BLOCKS, "had their data erased.", _REMOVE
    if has_refused(comment):
        return "quotation-withdrawn", Level.BLOCKS, "does not want to be quoted.", _REMOVE
    if comment.quote_asked_at:
        asked = long_day(comment.quote_asked_at.astimezone(briefing.zone).date())
        what = f"was asked on {asked} whether we may quote them, and has not answered yet."
        return "quotation-waits", Level.BLOCKS, what, _WAIT
    if comment.quote_consents.all():
        what = "has not agreed to be quoted."
        return "quotation-without-consent", Level.BLOCKS, what, _ASK
    what = "has not said whether we may quote them."
    return "quotation-without-consent", Level.WARNS, what, _ASK


def _is_named(comment: Comment, quotation: _Quotation) -> bool:
    """Whether a quotation has the name of its writer or a part of it, which they did not write."""
    written = f"{quotation.text}\n{quotation.beside}"
    name, text, body = map(_spaced, map(_words, (comment.name, written, comment.body)))
    if name.strip() and name in text and name not in body:
        return True
    others = set(_WORD.findall(written)) - set(_WORD.findall(comment.body))
    return any(
        word in others and len(word) >= _MIN_NAME_CHARS and word[:1].isupper()
        for word in _WORD.findall(comment.name)
    )
