"""Recognise the head of an issue: headline, strapline, byline, and the lines around them."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from briefings.document_import.blocks import (
    MAX_BYLINE,
    MAX_STRAPLINE,
    Block,
    Heading,
    HorizontalRule,
    ListBlock,
    Paragraph,
    RichText,
    SourceDocument,
    SourceRole,
    line_text,
    text_of,
)
from briefings.document_import.lines import (
    JOB,
    are_names,
    is_boilerplate,
    is_dateline,
    is_greeting,
    is_headline,
    is_name,
    join_lines,
    split_short_lines,
)
from briefings.document_import.section_kinds import names_kind, names_note

MAX_HEADLINE_CANDIDATES = 3
MAX_NAMEPLATE = 4  # words
MAX_OPENING = 6  # words above a note that opens an issue


@dataclass(slots=True, kw_only=True)
class Head:
    """The head of an issue; `body` is what follows it."""

    title: str
    strapline: str
    byline: str
    left_out: list[str]
    body: list[Block]
    may_be_nameplate: bool = False  # the title is a few words above a strapline with its author


def read_head(
    source: SourceDocument, *, briefing_title: str = "", lines_at_foot: Iterable[str] = ()
) -> Head:
    """Return the head of a document. A name at its foot is how a bare name above is recognised."""
    return _HeadReader(source, briefing_title=briefing_title, lines_at_foot=lines_at_foot).read()


class _HeadReader:
    """Takes blocks from the top of a document, one recogniser a shape, until the article starts."""

    def __init__(
        self, source: SourceDocument, *, briefing_title: str, lines_at_foot: Iterable[str]
    ) -> None:
        self.rest: deque[Block] = deque(source.blocks)
        self.title = source.title
        self.strapline = source.strapline
        self.byline = source.byline
        self.left_out: list[str] = []
        self._heading_repeats_title = bool(source.title)
        self._briefing_title = briefing_title.casefold()
        self._lines_at_foot = {line.casefold() for line in lines_at_foot}
        self._has_headings = any(isinstance(block, Heading) for block in self.rest)
        self._split_lines: list[Paragraph] = []
        # In a document without headings: the lines that may be the headline.
        self._candidates: list[RichText] = []
        self._lines_above_strapline = 0

    def read(self) -> Head:
        """Take what belongs to the head."""
        recognisers = (
            self._several_short_lines,
            self._horizontal_rule,
            self._briefing_title_above,
            self._boilerplate,
            self._dateline,
            self._byline,
            self._strapline_with_byline,
            self._marked_strapline,
            self._heading,
            self._strapline_above,
            self._strapline_below,
            self._strapline_below_note,
            self._headline_candidate,
        )
        while self.rest and any(recognise() for recognise in recognisers):
            pass
        self._rejoin_split_lines()
        self._choose_headline()
        return Head(
            title=self.title,
            strapline=self.strapline,
            byline=self.byline,
            left_out=self.left_out,
            body=list(self.rest),
            may_be_nameplate=self._lines_above_strapline == 1 and _may_be_nameplate(self.title),
        )

    # --- recognisers: each looks at the first block, takes it and returns whether it did ------

    def _several_short_lines(self) -> bool:
        """Split a paragraph of short lines, so that each is looked at by itself."""
        lines = split_short_lines(self.rest[0])
        if len(lines) < 2 or self._is_broken_strapline(lines):
            return False
        self.rest.popleft()
        self.rest.extendleft(reversed(lines))
        self._split_lines = lines
        return True

    def _horizontal_rule(self) -> bool:
        """Drop a rule: it only separates the head from the article."""
        return isinstance(self.rest[0], HorizontalRule) and self._take()

    def _briefing_title_above(self) -> bool:
        """Leave out the briefing's own title above the headline."""
        if not self._briefing_title or self.title or self._first.casefold() != self._briefing_title:
            return False
        return self._leave_out()

    def _boilerplate(self) -> bool:
        """Leave out the invitation to sign up above or below the headline."""
        return is_boilerplate(self.rest[0]) and self._leave_out()

    def _dateline(self) -> bool:
        """Leave out the date and the number: the issue gets its own."""
        return is_dateline(self._first) and self._leave_out()

    def _byline(self) -> bool:
        """Take 'By Ada Lane', what the source calls a byline, or a name that signs at the foot."""
        text = self._first
        found = read_byline(text, signatures=self._lines_at_foot)
        if self.byline or not text:
            return False
        if found is not None:
            return self._take_byline(found)
        is_marked = self._role is SourceRole.BYLINE and len(text) <= MAX_BYLINE
        signs_at_foot = (
            is_name(text) and text.casefold() in self._lines_at_foot and self._has_headline
        )
        if is_marked or signs_at_foot or self._is_bare_name(text):
            self.byline = text
            return self._take()
        return False

    def _strapline_with_byline(self) -> bool:
        """Take a strapline that ends '…, by Ada Lane'; without the comma, only by a headline."""
        found = read_strapline_with_byline(self._first, signatures=self._lines_at_foot)
        if found is None or self.strapline or isinstance(self.rest[0], Heading):
            return False
        if self.byline and self.byline.casefold() != found.name.casefold():
            return False
        if not (found.is_separated or self._has_headline or self._headline_follows()):
            return False
        self.strapline = found.before
        self._lines_above_strapline = len(self._candidates)
        return self._take_byline(found)

    def _marked_strapline(self) -> bool:
        """Take what the source's style or class calls a strapline or subtitle."""
        if self._role is not SourceRole.STRAPLINE or not self._may_be_strapline:
            return False
        self.strapline = " ".join(self._first.split())
        return self._take()

    def _heading(self) -> bool:
        """Take the headline where headings are marked; a smaller one above it is a strapline."""
        block = self.rest[0]
        if not isinstance(block, Heading):
            return False
        if self._heading_repeats_title and self._first == self.title:
            self._heading_repeats_title = False
            return self._take()
        if self.title:
            return False
        after = self.rest[1] if len(self.rest) > 1 else None
        if isinstance(after, Heading) and after.level < block.level:
            if self._may_be_strapline:
                self.strapline = self._first
                return self._take()
            return self._leave_out()
        self.title = self._first
        return self._take()

    def _strapline_above(self) -> bool:
        """Take a short paragraph directly above a marked headline as the strapline."""
        if self.title or not self._has_headings or not self._may_be_strapline:
            return False
        following = next(self._following(), None)
        if not isinstance(following, Heading):
            return False
        self.strapline = self._first
        return self._take()

    def _strapline_below(self) -> bool:
        """Take a line between headline and byline, or all in italics or bold, as the strapline."""
        block = self.rest[0]
        if not self._has_headline or not self._may_be_strapline or not isinstance(block, Paragraph):
            return False
        is_above_byline = not self.byline and len(self.rest) > 1 and _is_byline(self.rest[1])
        if self._candidates and _is_series_strapline(self._candidates[0].text, beside=self._first):
            return False  # the line above is the strapline and this one the headline
        marks = ("em", "strong") if self.title else ("em",)  # a bold line may open a section
        if not (is_above_byline or block.content.is_wholly(*marks)):
            return False
        self.strapline = self._first
        return self._take()

    def _strapline_below_note(self) -> bool:
        """Take the strapline and its author from below the few words and the note that open it."""
        first, *below = islice(self.rest, 4)
        is_opening = len(self._first.split()) <= MAX_OPENING or names_note(self._first)
        if (
            self._has_headings
            or self._has_headline
            or not (is_opening and is_headline(self._first))
            or not isinstance(first, Paragraph)
            or not below
            or not isinstance(below[0], Paragraph)
            or is_headline(text_of(below[0]))
        ):
            return False
        for block in below[1:]:
            found = read_strapline_with_byline(line_text(block), signatures=self._lines_at_foot)
            if found and found.is_separated and not (self.strapline or self.byline):
                self.strapline = found.before
                self._lines_above_strapline = 1
                self.rest.remove(block)
                self.rest.appendleft(block)
                return self._take_byline(found)
        return False

    def _headline_candidate(self) -> bool:
        """Take, where no heading is marked, a line that may be the headline."""
        block = self.rest[0]
        if (
            self._has_headings
            or len(self._candidates) == MAX_HEADLINE_CANDIDATES
            or not isinstance(block, Paragraph)
        ):
            return False
        if not is_headline(self._first, may_end_sentence=True) or len(self.rest) < 2:
            return False
        if is_greeting(self._first) or (
            isinstance(self.rest[1], ListBlock) and (names_kind(self._first) or self.strapline)
        ):
            return False  # 'The week in schools' above its bullets is a section's heading
        if names_note(self._first) and any(is_headline(line_text(one)) for one in self._below()):
            return False  # 'Programming note' above the headline is one, too
        self._candidates.append(block.content)
        return self._take()

    # --- what the recognisers ask -----------------------------------------------------------

    @property
    def _first(self) -> str:
        return line_text(self.rest[0])

    @property
    def _role(self) -> SourceRole:
        block = self.rest[0]
        return block.role if isinstance(block, Paragraph) else SourceRole.NONE

    @property
    def _has_headline(self) -> bool:
        return bool(self.title or self._candidates)

    @property
    def _may_be_strapline(self) -> bool:
        return not self.strapline and 0 < len(self._first) <= MAX_STRAPLINE

    def _is_bare_name(self, text: str) -> bool:
        """Whether a line is a name between a strapline and the article.

        Where headings are marked, a line that is not cannot be one in capitals.
        """
        block, *below = islice(self.rest, 2)
        is_plain = isinstance(block, Paragraph) and not block.content.is_wholly("strong")
        if not (self.strapline and self._has_headline and is_plain and is_name(text) and below):
            return False
        after = below[0]
        has_marked = self._has_headings or any(
            isinstance(one, Paragraph) and one.content.is_wholly("strong") for one in self.rest
        )
        return has_marked and isinstance(after, Paragraph) and not is_headline(text_of(after))

    def _is_broken_strapline(self, lines: list[Paragraph]) -> bool:
        """Whether lines are one marked strapline that somebody broke, without a name or a date."""
        return (
            self._role is SourceRole.STRAPLINE
            and self._may_be_strapline
            and not any(map(_is_small_line, lines))
        )

    def _headline_follows(self) -> bool:
        block = next(self._following(), None)
        return isinstance(block, Heading) or (
            isinstance(block, Paragraph) and is_headline(block.content.text, may_end_sentence=True)
        )

    def _below(self) -> Iterator[Block]:
        """Yield the blocks below a note's text that opens an issue."""
        return islice(self.rest, 2, 6)

    def _following(self) -> Iterator[Block]:
        """Yield the blocks close below the first one, without the small lines between them."""
        near = islice(self.rest, 1, 4)
        return (block for block in near if not _is_small_line(block))

    # --- what the recognisers do ------------------------------------------------------------

    def _take(self) -> bool:
        self.rest.popleft()
        return True

    def _take_byline(self, found: Byline) -> bool:
        """Take the names; the job title is the contributor's and not the issue's."""
        self.byline = found.name
        if found.job:
            self.left_out.append(found.job)
        return self._take()

    def _leave_out(self) -> bool:
        self.left_out += filter(None, text_of(self.rest[0]).split("\n"))
        return self._take()

    def _rejoin_split_lines(self) -> None:
        """Make the lines that were split, and not taken, one paragraph again."""
        left = [line for line in self._split_lines if any(line is block for block in self.rest)]
        if len(left) > 1:
            for _ in left:
                self.rest.popleft()
            self.rest.appendleft(join_lines(left))

    def _choose_headline(self) -> None:
        """Choose headline and strapline among the candidates; the others start the article."""
        candidates = list(self._candidates)
        if len(candidates) > 1 and not self.strapline:
            first, second = candidates[0].text, candidates[1].text
            if _is_series_strapline(first, beside=second):
                self.strapline = candidates.pop(0).text
            elif _is_series_strapline(second, beside=first):
                self.strapline = candidates.pop(1).text
        if candidates and not self.title:
            self.title = candidates.pop(0).text
        self.rest.extendleft(map(Paragraph, reversed(candidates)))


def _may_be_nameplate(title: str) -> bool:
    """Whether a line may be the title of a publication: a few words, and no sentence."""
    words = title.split()
    return title[-1:] not in ".!?…" and (
        len(words) <= MAX_NAMEPLATE or (title.isupper() and len(words) <= 2 * MAX_NAMEPLATE)
    )


def _is_small_line(block: Block) -> bool:
    return (
        isinstance(block, HorizontalRule)
        or is_boilerplate(block)
        or is_dateline(text_of(block)[:200])
        or _is_byline(block)
    )


def _is_byline(block: Block) -> bool:
    return isinstance(block, Paragraph) and (
        block.role is SourceRole.BYLINE or read_byline(block.content.text) is not None
    )


# --- headline or strapline -------------------------------------------------------------------

_LONG_LINE = 60
# Straplines of newsletters speak like this, headlines of events do not.
_OF_A_SERIES = re.compile(
    r"\b(?:weekly|(?:every|each) (?:week|month|\w+day)|insight|newsletter|briefing (?:for|on)"
    r"|all you need|your (?:guide|round-?up|briefing)|the latest)\b",
    re.IGNORECASE,
)


def _is_series_strapline(line: str, *, beside: str) -> bool:
    """Whether a line is more likely the strapline of a newsletter than the headline beside it.

    By its words; where they do not tell, by being much the longer of the two. What ends as a
    sentence does is the first paragraph.
    """
    if bool(_OF_A_SERIES.search(line)) != bool(_OF_A_SERIES.search(beside)):
        return bool(_OF_A_SERIES.search(line))
    is_sentence = line.rstrip("”’\"')")[-1:] in ".!?…"
    return not is_sentence and len(line) >= _LONG_LINE and len(line) > 1.5 * len(beside)


# --- bylines ---------------------------------------------------------------------------------

_BY = re.compile(r"(?:(?:written|words|reported|edited|a briefing)\s+)?by:?\s+", re.IGNORECASE)
_BYLINE_LABEL = re.compile(
    r"(?:words|author|written by|from|editor|reporter)\s*:\s*", re.IGNORECASE
)
_BEFORE_BY = re.compile(
    r"(?P<separator>\s*[,:;|–—-])?\s+(?:(?:written|compiled|edited|reported|brought to you"
    r"|this (?:week|month|time|issue))\s+)?by\s+"
    r"|(?P<from>\s*[,|–—-])\s+from\s+(?=our\b)",
    re.IGNORECASE,
)
_AFTER_NAME = re.compile(r"\s*(?:[,|(]|\s[–—-]\s)\s*")


_JOB = re.compile(JOB, re.IGNORECASE)
_OUR = re.compile(r"our [a-z]", re.IGNORECASE)
_SMALL_WORD = re.compile(r"\b[a-z][\w’'-]{2,}(?=,? [A-ZÀ-Þ])")
_OF_A_PLACE = frozenset({"of", "for", "in", "at", "on"})
MAX_JOB = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Byline:
    """A name with what stands before and after it on the same line, and the job title."""

    name: str
    job: str = ""
    before: str = ""
    is_separated: bool = True  # by a comma or dash from what stands before


def read_byline(text: str, *, signatures: Container[str] = ()) -> Byline | None:
    """Return the byline of a line such as 'By Ada Lane' or 'By our chief reporter Ada Lane'.

    `signatures` are lines at the foot, without capitals: they tell where a name starts.
    """
    found = _BY.match(text) or _BYLINE_LABEL.match(text)
    if found is None or len(text) > 2 * MAX_BYLINE:
        return None
    return _names_and_job(text[found.end() :], signatures, needs_job=False)


def read_strapline_with_byline(text: str, *, signatures: Container[str] = ()) -> Byline | None:
    """Return the byline of 'What matters in schools this week, by our editor Ada Lane'."""
    if len(text) > MAX_STRAPLINE + MAX_JOB + MAX_BYLINE:
        return None
    every = list(_BEFORE_BY.finditer(text))
    if not every or not every[-1].start():
        return None
    found = every[-1]  # the last 'by' is the author's
    byline = _names_and_job(text[found.end() :], signatures, needs_job=True)
    before = text[: found.start()].strip().rstrip(",:;")
    if byline is None or len(before) > MAX_STRAPLINE:
        return None
    is_separated = (
        bool(found["separator"] or found["from"]) or before[-1:] == "." or byline.job[:4] == "our "
    )
    return replace(byline, before=before, is_separated=is_separated)


def _names_and_job(text: str, signatures: Container[str], *, needs_job: bool) -> Byline | None:
    """Return the names in 'Ada Lane', 'our chief reporter Ada Lane' or 'Ada Lane, chief reporter'.

    With `needs_job`, what follows the name has to be a job title.
    """
    words = text.strip().rstrip(".:,;")
    if are_names(words) and not _JOB.search(words):
        return Byline(name=words)
    if several := _several_names_after_jobs(words, signatures):
        return several
    if before := _names_after_job(words, signatures):
        return before
    if are_names(words):
        return Byline(name=words)
    separator = _AFTER_NAME.search(words)
    if separator is None or not are_names(words[: separator.start()]):
        return None
    after = words[separator.end() :].rstrip(")")
    if needs_job and (not _JOB.search(after) or len(after) > MAX_JOB):
        return None
    return Byline(name=words[: separator.start()], job=after)


def _several_names_after_jobs(words: str, signatures: Container[str]) -> Byline | None:
    """Return the names in 'our chief reporter Ada Lane and editor Ben Oduya'."""
    for joint in re.finditer(r" and | & ", words[: 2 * (MAX_JOB + MAX_BYLINE)]):
        first = _names_after_job(words[: joint.start()], signatures)
        second = _names_after_job(words[joint.end() :], signatures) if first else None
        if first and second:
            return Byline(name=f"{first.name} and {second.name}", job=f"{first.job}; {second.job}")
    return None


def _names_after_job(words: str, signatures: Container[str]) -> Byline | None:
    """Return the names that end 'our chief reporter in Leeds, Ada Lane'; None without a job.

    Behind 'our', any words in small letters are a job: 'our procurement addict Ada Lane'.
    """
    jobs = [found.end() for found in _JOB.finditer(words[: MAX_JOB + MAX_BYLINE])]
    if not jobs and _OUR.match(words):
        jobs = [found.end() for found in _SMALL_WORD.finditer(words[: MAX_JOB + MAX_BYLINE])]
    if not jobs:
        return None
    starts = [found.start() for found in re.finditer(r"(?<=[\s,:])\w", words)]
    endings = [start for start in starts if start >= jobs[-1] and are_names(words[start:])]
    if not endings:
        return None
    start = next((at for at in endings if words[at:].casefold() in signatures), endings[0])
    is_in_title = words[:start].rsplit(maxsplit=1)[-1].lower() in _OF_A_PLACE
    if start == endings[0] and is_in_title and len(endings) > 1:
        start = endings[1]  # 'our head of Policy Ada Lane'
    job = words[:start].strip(" \t\u00a0,:–—-")
    return Byline(name=words[start:], job=job) if len(job) <= MAX_JOB else None
