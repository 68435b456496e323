"""The top of an issue: headline, strapline, byline, and the lines that only the top carries."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

from briefings.document_import.blocks import (
    Block,
    Heading,
    Paragraph,
    Reading,
    Role,
    Rule,
    words_of,
)
from briefings.document_import.boilerplate import is_boilerplate
from briefings.document_import.bylines import read_byline, read_strapline_with_byline
from briefings.document_import.documents import MAX_BYLINE, MAX_STRAPLINE, MAX_TITLE
from briefings.document_import.headlines import choose_headline, speaks_of_series
from briefings.document_import.lines import apart, is_dateline, is_headline, is_name, together
from briefings.document_import.prose import Prose

MAX_LINES = 3


class Opening:
    """Takes lines off the top of a document, one recogniser a shape, until the article begins.

    `rest` is what follows; lines that turned out to be headings of sections go back into it.
    """

    def __init__(self, reading: Reading, *, masthead: str = "", signed: Iterable[str] = ()) -> None:
        self.rest: deque[Block] = deque(reading.blocks)
        self.title = reading.title
        self.strapline = reading.strapline
        self.byline = reading.byline
        self._title_is_stated = bool(reading.title)
        self.left_out: list[str] = []
        self._masthead = masthead.casefold()
        self._signed = {line.casefold() for line in signed}
        self._headings = [block for block in self.rest if isinstance(block, Heading)]
        self._apart: list[Paragraph] = []
        self._lines: list[Prose] = []  # in a document without headings: what may be the headline

    def read(self) -> Opening:
        """Take what belongs to the top."""
        shapes = (
            self._line_by_line,
            self._rule,
            self._name_of_the_briefing,
            self._boilerplate,
            self._dateline,
            self._byline,
            self._strapline_with_byline,
            self._marked_strapline,
            self._heading,
            self._strapline_above,
            self._strapline_below,
            self._line,
        )
        while self.rest and any(takes() for takes in shapes):
            pass
        self._put_together()
        self._settle()
        return self

    # --- the shapes: each looks at the first block and takes it or leaves it ----------------

    def _line_by_line(self) -> bool:
        """Recognise several short lines in one paragraph, each of which is looked at by itself."""
        lines = apart(self.rest[0])
        if len(lines) < 2:
            return False
        self.rest.popleft()
        self.rest.extendleft(reversed(lines))
        self._apart = lines
        return True

    def _rule(self) -> bool:
        """Recognise a line across, which only separates the top from the article."""
        return isinstance(self.rest[0], Rule) and self._take()

    def _name_of_the_briefing(self) -> bool:
        """Recognise the briefing's own name above the headline."""
        if not self._masthead or self.title or self._first.casefold() != self._masthead:
            return False
        return self._leave_out()

    def _boilerplate(self) -> bool:
        """Recognise the invitation to sign up, which stands above or below the headline."""
        return is_boilerplate(self.rest[0]) and self._leave_out()

    def _dateline(self) -> bool:
        """Recognise the date and the number; the issue gets its own."""
        return is_dateline(self._first) and self._leave_out()

    def _byline(self) -> bool:
        """Recognise 'By Ada Lane', what its source calls a byline, and a name that signs below."""
        text = self._first
        found = read_byline(text)
        if self.byline or not text:
            return False
        if found is not None:
            self.byline = found.name
            if found.after:
                self.left_out.append(found.after)
            return self._take()
        names_itself = self._role is Role.BYLINE and len(text) <= MAX_BYLINE
        signs_below = is_name(text) and text.casefold() in self._signed and self._has_headline
        if names_itself or signs_below:
            self.byline = text
            return self._take()
        return False

    def _strapline_with_byline(self) -> bool:
        """Recognise '…, by Ada Lane' at the end of the strapline; without comma, by a headline."""
        found = read_strapline_with_byline(self._first)
        if found is None or self.strapline or self.byline or self._is_heading:
            return False
        if not (found.separated or self._has_headline or self._headline_follows()):
            return False
        self.strapline, self.byline = found.before, found.name
        return self._take()

    def _marked_strapline(self) -> bool:
        """Recognise what the source's style or class calls a strapline or a subtitle."""
        if self._role is not Role.STRAPLINE or not self._may_be_strapline:
            return False
        self.strapline = self._first
        return self._take()

    def _heading(self) -> bool:
        """Recognise the headline where headings are marked; a smaller one above is its kicker."""
        block = self.rest[0]
        if not isinstance(block, Heading):
            return False
        if self._title_is_stated and self._first == self.title:
            self._title_is_stated = False
            return self._take()  # the headline, of which the source has told before
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
        """Recognise a short paragraph directly above a marked headline."""
        if self.title or not self._headings or not self._may_be_strapline:
            return False
        following = next(self._following(), None)
        if not isinstance(following, Heading):
            return False
        self.strapline = self._first
        return self._take()

    def _strapline_below(self) -> bool:
        """Recognise, under the headline, a line above the byline or one all in italics or bold."""
        block = self.rest[0]
        if not self._has_headline or not self._may_be_strapline or not isinstance(block, Paragraph):
            return False
        above_byline = not self.byline and len(self.rest) > 1 and self._is_byline(self.rest[1])
        if self._lines and speaks_of_series(self._lines[0].text, beside=self._first):
            return False  # the other way round: this is the headline
        if not (above_byline or (self.title and block.prose.is_wholly("em", "strong"))):
            return False
        self.strapline = self._first
        return self._take()

    def _line(self) -> bool:
        """Recognise, where nothing is marked as a heading, lines that may be the headline."""
        block = self.rest[0]
        if self._headings or len(self._lines) == MAX_LINES or not isinstance(block, Paragraph):
            return False
        if not is_headline(self._first, ends_freely=True) or len(self.rest) < 2:
            return False
        self._lines.append(block.prose)
        return self._take()

    # --- what the shapes ask ---------------------------------------------------------------

    @property
    def _first(self) -> str:
        block = self.rest[0]
        return block.prose.text if isinstance(block, Paragraph | Heading) else ""

    @property
    def _role(self) -> Role:
        block = self.rest[0]
        return block.role if isinstance(block, Paragraph) else Role.NONE

    @property
    def _is_heading(self) -> bool:
        return isinstance(self.rest[0], Heading)

    @property
    def _has_headline(self) -> bool:
        return bool(self.title or self._lines)

    @property
    def _may_be_strapline(self) -> bool:
        return not self.strapline and 0 < len(self._first) <= MAX_STRAPLINE

    def _headline_follows(self) -> bool:
        block = next(self._following(), None)
        return isinstance(block, Heading) or (
            isinstance(block, Paragraph) and is_headline(block.prose.text, ends_freely=True)
        )

    def _following(self) -> Iterator[Block]:
        """What stands close below the first block, the small lines between them apart."""
        near = islice(self.rest, 1, 4)
        return (block for block in near if not self._is_small(block))

    def _is_small(self, block: Block) -> bool:
        return (
            isinstance(block, Rule)
            or is_boilerplate(block)
            or is_dateline(words_of(block)[:200])
            or self._is_byline(block)
        )

    def _is_byline(self, block: Block) -> bool:
        return isinstance(block, Paragraph) and (
            block.role is Role.BYLINE or read_byline(block.prose.text) is not None
        )

    def _take(self) -> bool:
        self.rest.popleft()
        return True

    def _leave_out(self) -> bool:
        self.left_out += filter(None, words_of(self.rest[0]).split("\n"))
        return self._take()

    def _put_together(self) -> None:
        """Make the lines that were looked at singly, and not taken, one paragraph again."""
        left = [line for line in self._apart if any(line is block for block in self.rest)]
        if len(left) > 1:
            for _ in left:
                self.rest.popleft()
            self.rest.appendleft(together(left))

    def _settle(self) -> None:
        """Choose the headline among the lines that may be it; the others begin the article."""
        chosen = choose_headline(
            self._lines, has_title=bool(self.title), has_strapline=bool(self.strapline)
        )
        self.title = self.title or chosen.title
        self.strapline = self.strapline or chosen.strapline
        self.rest.extendleft(map(Paragraph, reversed(chosen.others)))
        if not self.title and len(self.strapline) <= MAX_TITLE:
            self.title, self.strapline = self.strapline, ""
