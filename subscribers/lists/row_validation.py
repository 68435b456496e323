"""Row by row: what would be stored of it, or why it is left out. Asks no database."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from newsroom.invisible_characters import remove_invisible_from_name
from subscribers.lists.columns import Role
from subscribers.lists.csv_reader import read_rows
from subscribers.lists.dates import UnclearDate, read_date
from subscribers.lists.fast_addresses import AddressUnfit, Recogniser
from subscribers.lists.import_errors import FORBIDDING, Reason
from subscribers.lists.import_plan import MAX_SOURCE, Plan
from subscribers.lists.spreadsheet_cells import undefuse
from subscribers.lists.status_words import Mark, MarkKind

MAX_NAME = 80
MAX_WORDING = 10_000
OLDEST = "1990-01-01 00:00:00"
_WRITTEN_AS_STORED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_LINK = re.compile(r"://|\bwww\.", re.IGNORECASE)


class Judged(NamedTuple):
    """One row in the order of the staging table's columns; what is stated for the file is None.

    A row with a `reason` is left out; it bears its hash only where its address must stay out
    whatever other rows say.
    """

    line: int
    hash: str | None = None
    address: str | None = None
    name: str | None = None
    agreed_at: str | None = None  # UTC, as both databases read it: 2024-05-01 10:00:00
    asked_at: str | None = None
    source: str | None = None
    wording: str | None = None
    ip: str | None = None
    asked_ip: str | None = None
    reason: str | None = None


class _Unfit(Exception):
    """This row is left out."""

    def __init__(self, reason: str, *, hash: str | None = None) -> None:  # noqa: A002
        super().__init__(reason)
        self.reason, self.hash = reason, hash


def judge_rows(file: BinaryIO, plan: Plan, *, briefing: str, now: datetime) -> Iterator[Judged]:
    """Judge each row of a file; `briefing` is the slug that our own exports must name."""
    # The salt is asked for here, not in the thread that may do the rest.
    return _judged(read_rows(file, plan.table), _Judge(plan, briefing=briefing, now=now))


def _judged(rows: Iterator[tuple[int, list[str]]], judge: _Judge) -> Iterator[Judged]:
    for line, cells in rows:
        try:
            yield judge(line, cells)
        except _Unfit as unfit:
            yield Judged(line, hash=unfit.hash, reason=unfit.reason)


class _Judge:
    """The columns of one plan, looked up once for all rows."""

    def __init__(self, plan: Plan, *, briefing: str, now: datetime) -> None:
        self.plan, self.briefing, self.now = plan, briefing, now
        self.now_text = str(now)[:19]
        self.width = len(plan.table.header)
        columns = plan.columns
        self.address = columns[Role.ADDRESS]
        self.names = [
            columns[role]
            for role in (Role.NAME, Role.FIRST_NAME, Role.LAST_NAME)
            if role in columns
        ]
        self.about = columns.get(Role.BRIEFING)
        self.agreed, self.asked = columns.get(Role.CONSENTED_AT), columns.get(Role.ASKED_AT)
        self.source, self.wording = columns.get(Role.SOURCE), columns.get(Role.WORDING)
        self.ip, self.asked_ip = columns.get(Role.IP), columns.get(Role.ASKED_IP)
        self.marks = [(place, _remembering(mark)) for place, mark in plan.marks]
        self.recognise = Recogniser().recognise
        self.date = lru_cache(maxsize=1 << 12)(self._date)

    def __call__(self, line: int, cells: list[str]) -> Judged:
        """Judge one row. Raises _Unfit."""
        if len(cells) != self.width:
            cells = self._of_full_width(cells)
        if self.plan.is_defused:
            cells = [undefuse(cell) for cell in cells]
        try:
            address, hashed = self.recognise(cells[self.address])
        except AddressUnfit as problem:
            raise _Unfit(Reason.NUL if _damaged(cells) else str(problem)) from None
        if reason := self._kept_out(cells):
            raise _Unfit(reason, hash=hashed if reason in FORBIDDING else None)
        agreed = self._agreed(cells)
        return Judged(
            line,
            hashed,
            address,
            self._name(cells),
            agreed,
            self._asked_at(cells),
            self._stated(cells, self.source, self.plan.source, MAX_SOURCE, Reason.NO_SOURCE),
            self._stated(cells, self.wording, self.plan.wording, MAX_WORDING, Reason.NO_WORDING),
            None if self.ip is None else _ip(cells[self.ip]),
            None if self.asked_ip is None else _ip(cells[self.asked_ip]),
        )

    def _of_full_width(self, cells: list[str]) -> list[str]:
        """Cells of nothing behind the last column are no fault."""
        if len(cells) < self.width:
            raise _Unfit(Reason.TOO_FEW_CELLS)
        if any(cells[self.width :]):
            raise _Unfit(Reason.TOO_MANY_CELLS)
        return cells[: self.width]

    def _kept_out(self, cells: list[str]) -> Reason | None:
        if self.plan.everybody:
            return self.plan.everybody
        if reasons := [why for place, judge in self.marks if (why := judge(cells[place]))]:
            # The weightiest: who left is not merely unconfirmed.
            return min(reasons, key=lambda reason: (reason not in FORBIDDING, reason))
        if self.about is not None and cells[self.about] not in {"", self.briefing}:
            return Reason.OTHER_BRIEFING
        return None

    def _agreed(self, cells: list[str]) -> str | None:
        if self.agreed is None:
            return None
        text = cells[self.agreed]
        if not text.strip() and self.plan.consented_on:
            return None
        moment, reason = self.date(text)
        if reason:
            raise _Unfit(reason)
        return moment

    def _asked_at(self, cells: list[str]) -> str | None:
        """When the form was sent: worth having, no reason to refuse."""
        return None if self.asked is None else self.date(cells[self.asked])[0]

    def _date(self, text: str) -> tuple[str | None, Reason | None]:
        if _WRITTEN_AS_STORED.fullmatch(text) and OLDEST < text < self.now_text:
            try:
                datetime.fromisoformat(text)
            except ValueError:
                return None, Reason.UNREADABLE_DATE
            return text, None
        try:
            moment = read_date(text, order=self.plan.order, now=self.now)
        except UnclearDate as problem:
            return None, problem.reason
        return f"{moment:%Y-%m-%d %H:%M:%S.%f}" if moment.microsecond else str(moment)[:19], None

    def _name(self, cells: list[str]) -> str:
        return clean_name(" ".join([cells[place] for place in self.names]))

    @staticmethod
    def _stated(
        cells: list[str], place: int | None, for_all: str, limit: int, missing: Reason
    ) -> str | None:
        if place is None:
            return None
        said = cells[place].strip()[:limit]
        if "\0" in said:
            raise _Unfit(Reason.NUL)
        if not said and not for_all:
            raise _Unfit(missing)
        return said or None


def clean_name(name: str) -> str:
    """Make one line of it that can stand in a letter; a name that is a link is none."""
    if "\0" in name:
        raise _Unfit(Reason.NUL)
    name = remove_invisible_from_name(name)
    if not name.isascii():
        name = unicodedata.normalize("NFC", name)
    name = " ".join(name.split())
    if ("." in name or ":" in name) and _LINK.search(name):
        return ""
    return name[:MAX_NAME].rstrip()


def _remembering(mark: Mark) -> Callable[[str], Reason | None]:
    """Give a mark's judgement, remembered where cells repeat: an hour of confirming seldom does."""
    return mark.judge if mark.kind is MarkKind.LETS_IN else lru_cache(maxsize=256)(mark.judge)


def _damaged(cells: list[str]) -> bool:
    return "\0" in "".join(cells)


@lru_cache(maxsize=1 << 12)
def _ip(text: str) -> str | None:
    """An address of the Internet, or nothing: a misspelt one proves nothing."""
    text = text.strip()
    if _IPV4.fullmatch(text):  # nearly all of them; the module takes seven times as long
        return text
    try:
        # A zone (fe80::1%eth0) is local to one machine, and no column holds it.
        return str(ipaddress.ip_address(text)) if text and "%" not in text else None
    except ValueError:
        return None
