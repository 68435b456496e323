"""Recognise the foot of an issue: the sign-off, boilerplate, and when the author is away."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from briefings.document_import.blocks import (
    Block,
    Heading,
    HorizontalRule,
    ListBlock,
    Paragraph,
    line_text,
    text_of,
)
from briefings.document_import.lines import (
    JOB,
    MAX_HEADING_LINE,
    is_boilerplate,
    is_boilerplate_line,
    is_dateline,
    is_headline,
    is_name,
    join_lines,
    short_names,
    split_names,
    split_short_lines,
)
from briefings.document_import.section_kinds import names_note

MAX_SIGN_OFF = 6  # lines
MAX_SMALL_PRINT = 100  # characters
MAX_SENTENCE = 60  # of small print
MAX_FOOTER = 12  # lines

_VALEDICTION = re.compile(
    r"(?:(?:with )?(?:best|kind|warm|all good|many)(?:est)? ?(?:wishes|regards|thanks)?|regards"
    r"|yours(?: \w+)?|thanks(?: for reading)?|cheers|until (?:next|then).{0,30}"
    r"|see you (?:next|then|soon).{0,30})[\s,.!]*$",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"\S+@\S+\.\S+$|@\w{1,30}$|https?://\S+$"
    r"|(?:e-?mail|tel(?:ephone)?|phone|mobile|twitter|contact)\b.{0,80}$|\+?[\d() -]{7,20}$",
    re.IGNORECASE,
)
_POSTSCRIPT = re.compile(r"p\.? ?s\b", re.IGNORECASE)
# 'is the schools correspondent of …', as the line about an author has it.
_IS_JOB = (
    r" is (?:now |also )?(?!away\b|on\b|off\b|out\b|back\b|not\b|\w+ing (?!editor))"
    rf"[^.;:!?]{{0,100}}?{JOB}"
)


@dataclass(slots=True, kw_only=True)
class Foot:
    """The foot of an issue; `body` is what stands above it, `note` says that the author is away."""

    byline: str
    note: list[Block]
    note_heading: str
    left_out: list[str]
    body: list[Block]


def read_foot(blocks: list[Block], *, byline: str) -> Foot:
    """Return the foot of a document; a name that signs it is the byline if there is none yet."""
    return _FootReader(blocks, byline=byline).read()


class _FootReader:
    """Takes blocks from the end of a document upwards."""

    def __init__(self, blocks: list[Block], *, byline: str) -> None:
        self.rest = list(blocks)
        self.byline = byline
        self.note: list[Block] = []
        self.note_heading = ""
        self.left_out: list[str] = []
        self._split_lines: list[Paragraph] = []

    def read(self) -> Foot:
        """Take what belongs to the foot, from the last line upwards."""
        for take in (
            self._take_footer,
            self._take_boilerplate,
            self._take_sign_off,
            self._take_boilerplate,
            self._take_away_note,
            self._take_boilerplate,
        ):
            take()
            self._rejoin_split_lines()
        return Foot(
            byline=self.byline,
            note=self.note,
            note_heading=self.note_heading,
            left_out=self.left_out,
            body=self.rest,
        )

    def _take_footer(self) -> None:
        """Leave out the short lines below the last rule if one of them is about the mailing."""
        rules = [at for at, block in enumerate(self.rest) if isinstance(block, HorizontalRule)]
        start = rules[-1] if rules else 0
        below = self.rest[start + 1 :]
        lines = [line for block in below for line in text_of(block).split("\n") if line]
        others = [line for line in lines if not is_boilerplate_line(line)]
        if (
            start
            and len(others) < len(lines) <= MAX_FOOTER
            and all(isinstance(block, Paragraph | ListBlock) for block in below)
            and not any(map(_is_prose, others))
            and not any(is_away_line(line) or self._is_signature(line) for line in lines)
            and not any(_POSTSCRIPT.match(line) or names_note(line) for line in lines)
        ):
            self._leave_out(start)

    def _take_boilerplate(self) -> None:
        """Leave out the lines that every issue ends with, dates and rules."""
        while self.rest:
            if _has_line(self.rest[-1], is_boilerplate_line):
                self._split_last()
            block = self.rest[-1]
            if not (
                isinstance(block, HorizontalRule)
                or is_boilerplate(block)
                or is_dateline(line_text(block))
            ):
                return
            self._leave_out(len(self.rest) - 1)

    def _take_sign_off(self) -> None:
        """Leave out the author's name at the end, the lines under it and the greeting above."""
        if self.rest and _has_line(self.rest[-1], self._is_signature):
            self._split_last()
        for at in range(len(self.rest) - 1, max(len(self.rest) - 1 - MAX_SIGN_OFF, 0), -1):
            text = line_text(self.rest[at])
            if self._is_signature(text):
                self.byline = self.byline or text.strip(" –—-")
                has_greeting = _VALEDICTION.match(line_text(self.rest[at - 1])) is not None
                self._leave_out(at - has_greeting)
                return
            if not _may_follow_signature(self.rest[at]):
                return

    def _is_signature(self, text: str) -> bool:
        """Whether a line is the byline's name, whole or first, perhaps with a job title.

        Without a byline, any name is a signature.
        """
        name = text.strip(" \t\u00a0–—-,").casefold()
        if not name or len(text) > 2 * MAX_SMALL_PRINT:
            return False
        if not self.byline:
            return is_name(text.strip(" –—-,"))
        names = split_names(self.byline.casefold())
        if name in {self.byline.casefold(), *short_names(self.byline)}:
            return True
        return not _IS_ABSENT.search(name) and any(
            re.match(re.escape(one) + r"(?:\s*[,|(–—-]|" + _IS_JOB + ")", name) for one in names
        )

    def _take_away_note(self) -> None:
        """Set apart the line that says the author is away, with a short farewell after it."""
        for last in (1, 2):
            if len(self.rest) <= last:
                return
            text = line_text(self.rest[-last])
            if is_away_line(text) or self._is_absence_of_author(text):
                self.note = self.rest[-last:]
                del self.rest[-last:]
                self._take_heading_of_note()
                return
            if not 0 < len(text) <= MAX_SMALL_PRINT:
                return

    def _is_absence_of_author(self, text: str) -> bool:
        """Whether a line says of the author what 'I am away until May' says."""
        for name in {self.byline.casefold(), *short_names(self.byline)}:
            if name and text.casefold().startswith(f"{name} is "):
                return is_away_line(f"I am{text[len(name) + 3 :]}")
            if name and text.casefold().startswith(f"{name} will be "):
                return is_away_line(f"I will be{text[len(name) + 8 :]}")
        return False

    def _take_heading_of_note(self) -> None:
        """Keep a heading with its only paragraph: 'Next week' above 'I am away …'."""
        above = self.rest[-1]
        text = line_text(above)
        line = text.rstrip(": ") if names_note(text) else text
        is_heading = isinstance(above, Heading) or is_headline(line, longest=MAX_HEADING_LINE)
        if is_heading and len(self.rest) > 1:
            self.note_heading = line_text(self.rest.pop()).rstrip(": ")

    def _split_last(self) -> None:
        self._split_lines = split_short_lines(self.rest[-1])
        self.rest[-1:] = self._split_lines

    def _rejoin_split_lines(self) -> None:
        """Make the lines that were split, and not taken, one paragraph again."""
        left = [line for line in self._split_lines if any(line is block for block in self.rest)]
        if len(left) > 1:
            self.rest[-len(left) :] = [join_lines(left)]
        self._split_lines = []

    def _leave_out(self, at: int) -> None:
        lines = [line for block in self.rest[at:] for line in text_of(block).split("\n") if line]
        self.left_out[:0] = lines
        del self.rest[at:]


def _is_prose(line: str) -> bool:
    """Whether a line below a rule is an author's sentence and not small print."""
    return len(line) > MAX_SMALL_PRINT or (len(line) > MAX_SENTENCE and line[-1] in '.!?…”"')


def _may_follow_signature(block: Block) -> bool:
    """Whether a line may stand under a name: a job title, a way to contact, boilerplate."""
    text = line_text(block)
    if not 0 < len(text) <= MAX_SMALL_PRINT:
        return is_boilerplate(block)
    return bool(_CONTACT.match(text)) or is_boilerplate(block) or text[-1] not in ".!?…:;,"


def _has_line(block: Block, is_wanted: Callable[[str], bool]) -> bool:
    """Whether any of several short lines in a paragraph is wanted."""
    lines = split_short_lines(block)
    return len(lines) > 1 and any(is_wanted(line_text(line)) for line in lines)


# --- absence ---------------------------------------------------------------------------------

MAX_AWAY_LINE = 300

_ABSENT = (
    r"(?:away|on (?:holiday|vacation|(?:annual |parental )?leave|a break)"
    r"|off (?:next|this|for|until|on)|out of (?:the )?office"
    r"|taking (?:a|next|some|two|three) (?:\w+ )?(?:break|weeks?|time off|off|leave)"
    r"|back (?:on|in|after|from|next))\b"
)
# 'I am', 'we will be', 'I'm going to be': from a person to an absence.
_FIRST_PERSON = (
    r"(?:i|we)(?:\s+(?:am|are|will|shall)|['’](?:m|re|ll))"
    r"(?:\s+(?:now|then|also|both|all|going|to|be|just))*\s+"
)
_NO_ISSUE = (
    r"(?:there (?:is|will be)|there['’]ll be) no (?:\w+ ){0,3}"
    r"(?:issue|edition|briefing|newsletter|column|e-?mail)\b"
)
_NEXT_ISSUE = (
    r"(?:the|this|your|my) (?:next )?(?:issue|edition|briefing|newsletter|column|e-?mail|letter"
    r"|bulletin|memo|diary)"
    r" (?:is|will be|returns?|comes|will return|is back|will be back|goes|will go|is going|takes"
    r"|will take|is taking)\b"
)
_IS_ABSENT = re.compile(rf" (?:is|will be) (?:\w+ )?{_ABSENT}", re.IGNORECASE)
_AWAY = re.compile(
    r"(?=.*\b(?:until|weeks?|fortnight|months?|days?|tomorrow|back|see you|\w+day|\d{1,2}|january"
    r"|february|march|april|may|june|july|august|september|october|november|december|easter"
    r"|christmas|new year|spring|summer|autumn|winter)\b)"
    r"(?:(?:next|from|for|until|after|over|as)\b.{1,40}?,? )?"
    rf"(?:{_FIRST_PERSON}{_ABSENT}|{_NO_ISSUE}|{_NEXT_ISSUE})",
    re.IGNORECASE,
)


def is_away_line(text: str) -> bool:
    """Whether a line says 'I am away until May' or 'There will be no briefing next week'."""
    return len(text) <= MAX_AWAY_LINE and bool(_AWAY.match(text))
