"""The foot of an issue: the sign-off, what every issue says there, and when the author is away."""

from __future__ import annotations

import re
from collections.abc import Callable

from briefings.document_import.absence import is_away_line
from briefings.document_import.blocks import Block, Heading, Paragraph, Rule, words_of
from briefings.document_import.boilerplate import is_boilerplate, is_boilerplate_line
from briefings.document_import.lines import apart, is_dateline, is_name, split_names, together

MAX_SIGN_OFF = 6  # lines
MAX_SMALL_PRINT = 100

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


class Ending:
    """Takes lines off the foot of a document; `rest` is what stays."""

    def __init__(self, blocks: list[Block], *, byline: str) -> None:
        self.rest = list(blocks)
        self.byline = byline
        self.note: list[Block] = []
        self.left_out: list[str] = []
        self._apart: list[Paragraph] = []

    def read(self) -> Ending:
        """Take what belongs to the foot, from the last line upwards."""
        for takes in (
            self._small_print,
            self._sign_off,
            self._small_print,
            self._away,
            self._small_print,
        ):
            takes()
            self._put_together()
        return self

    def _small_print(self) -> None:
        """Leave out the lines that every issue says at its end, and rules."""
        while self.rest:
            if _holds(self.rest[-1], is_boilerplate_line):
                self._take_apart()
            block = self.rest[-1]
            if not (isinstance(block, Rule) or is_boilerplate(block) or _is_date(block)):
                return
            self._leave_out(len(self.rest) - 1)

    def _sign_off(self) -> None:
        """Leave out the author's name at the end, what stands under it, and good wishes above."""
        if self.rest and _holds(self.rest[-1], self._is_signer):
            self._take_apart()
        for at in range(len(self.rest) - 1, max(len(self.rest) - 1 - MAX_SIGN_OFF, 0), -1):
            text = _line(self.rest[at])
            if self._is_signer(text):
                self.byline = self.byline or text.strip(" –—-")
                self._leave_out(at - (_VALEDICTION.match(_line(self.rest[at - 1])) is not None))
                return
            if not _is_small_print(self.rest[at]):
                return

    def _is_signer(self, text: str) -> bool:
        """Recognise the byline's names, in full or the first, perhaps with a post; any name."""
        name = text.strip(" \t\u00a0–—-,").casefold()
        if not name or len(text) > 2 * MAX_SMALL_PRINT:
            return False
        if not self.byline:
            return is_name(text.strip(" –—-,"))
        names = split_names(self.byline.casefold())
        return name in {self.byline.casefold(), *names, *(one.split()[0] for one in names)} or any(
            re.match(re.escape(one) + r"(?:\s*[,|(–—-]| is\b)", name) for one in names
        )

    def _away(self) -> None:
        """Set apart the line on the author's absence, and the short farewell that may follow it."""
        for last in (1, 2):
            if len(self.rest) <= last:
                return
            if is_away_line(_line(self.rest[-last])):
                self.note = self.rest[-last:]
                del self.rest[-last:]
                return
            if len(_line(self.rest[-last])) > MAX_SMALL_PRINT or not _line(self.rest[-last]):
                return

    def _take_apart(self) -> None:
        self._apart = apart(self.rest[-1])
        self.rest[-1:] = self._apart

    def _put_together(self) -> None:
        """Make the lines that were looked at singly, and not taken, one paragraph again."""
        left = [line for line in self._apart if any(line is block for block in self.rest)]
        if len(left) > 1:
            self.rest[-len(left) :] = [together(left)]
        self._apart = []

    def _leave_out(self, at: int) -> None:
        lines = [line for block in self.rest[at:] for line in words_of(block).split("\n") if line]
        self.left_out[:0] = lines
        del self.rest[at:]


def _line(block: Block) -> str:
    return block.prose.text if isinstance(block, Paragraph | Heading) else ""


def _is_date(block: Block) -> bool:
    return is_dateline(_line(block))


def _is_small_print(block: Block) -> bool:
    """What may stand under a name: a post, a way to reach its owner, a line of every issue."""
    text = _line(block)
    if not 0 < len(text) <= MAX_SMALL_PRINT:
        return is_boilerplate(block)
    return bool(_CONTACT.match(text)) or is_boilerplate(block) or text[-1] not in ".!?…:;,"


def _holds(block: Block, recognises: Callable[[str], bool]) -> bool:
    """Whether one of several short lines in a paragraph is of a shape."""
    lines = apart(block)
    return len(lines) > 1 and any(recognises(_line(line)) for line in lines)
