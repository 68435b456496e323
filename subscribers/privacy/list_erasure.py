"""Striking a person from lists that wait and from refused rows that are kept.

In a list the lines of their rows are emptied, so that every other row keeps its number; a worker
that has the list in hand begins anew. From a file of refused rows they are taken out.
"""

from __future__ import annotations

import re
import sys
import tempfile
from codecs import BOM_UTF8
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import BinaryIO

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from newsroom.email_addresses import address_key, fold_case
from newsroom.invisible_characters import remove_unprintable
from newsroom.text_encodings import Encoding
from subscribers.lists.csv_reader import Table, open_table, read_lines, read_rows
from subscribers.lists.import_errors import ImportRefused
from subscribers.lists.import_plan import make_plan
from subscribers.lists.import_preview import preview
from subscribers.lists.uploaded_lists import PIECE, choices_of, opened, put, settle, wake_worker
from subscribers.models import ImportPart, ImportState, PartKind, SubscriberImport

# As refused.py writes it.
_REFUSED = Table(
    encoding=Encoding(codec="utf-8", label="UTF-8", bom_bytes=len(BOM_UTF8)),
    separator=",",
    header=(),
    first_line=1,
)
# What may be an address inside a cell: “Ada <ada@example.org>; bob@example.org”.
_INSIDE = re.compile(r"[^\s<>()\[\]{},;:|\\@]+@[^\s<>()\[\]{},;:|\\@/?#&=]+")
Span = tuple[int, int]  # the first and the last line of a row


class Sought:
    """Addresses to be found in any spelling."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self.keys = {address_key(address) for address in addresses}
        self.locals = {key.rpartition("@")[0] for key in self.keys}

    def may_be_in(self, line: str) -> bool:
        """Whether to look closer, which takes twenty times as long."""
        text = (
            line.lower()
            if line.isascii()
            else fold_case(remove_unprintable(line, keep_spaces=True))
        )
        return any(local in text for local in self.locals)

    def is_in(self, cells: Iterable[str]) -> bool:
        """Whether a cell is one of the addresses or holds it."""
        found = (
            text
            for cell in cells
            if "@" in cell
            for text in _addresses_in(remove_unprintable(cell, keep_spaces=True))
        )
        return any(address_key(text) in self.keys for text in found)


def strike(addresses: Collection[str], *, at: datetime) -> int:
    """Take these addresses' rows out of every list and file of refused rows; give their number.

    To be called in the transaction that suppresses them, or a worker would find them again.
    """
    sought = Sought(addresses)
    kept = ImportPart.objects.filter(subscriber_import=OuterRef("pk"))
    held = SubscriberImport.objects.select_for_update().filter(Exists(kept)).order_by("pk")
    return sum(
        _strike_waiting(made, sought, at=at) if made.is_open else _strike_refused(made, sought)
        for made in held
    )


def _strike_waiting(made: SubscriberImport, sought: Sought, *, at: datetime) -> int:
    with opened(made) as file, tempfile.TemporaryFile() as rest:
        try:
            table = open_table(file)
            spans = _spans(file, table, sought)
            if not spans:
                return 0
            rest.writelines(_without(file, table, spans, leaving_ends=True))
            rest.seek(0)
            put(made, PartKind.FILE, iter(lambda: rest.read(PIECE), b""))
            # They belong to what was checked; the next check makes them anew.
            put(made, PartKind.REFUSED, ())
            _have_read_again(made, rest)
        except ImportRefused as refusal:
            # A worker would say the same; and what cannot be taken apart cannot be kept in part.
            put(made, PartKind.REFUSED, ())
            made.end(ImportState.FAILED, at=at, trouble=str(refusal)[:1000])
            return 1
    return len(spans)


def _have_read_again(made: SubscriberImport, file: BinaryIO) -> None:
    """Let what is shown of a list be true of what it holds now. Raises ImportRefused."""
    choices = choices_of(made)
    now = timezone.now()
    plan = make_plan(file, choices, now=now)
    if made.is_working:
        made.begin_anew(reading=preview(file, plan, briefing=made.briefing.slug, now=now))
        transaction.on_commit(wake_worker)
    else:
        settle(made, file, plan, choices)


def _strike_refused(made: SubscriberImport, sought: Sought) -> int:
    with opened(made, PartKind.REFUSED) as file:
        try:
            spans = _spans(file, _REFUSED, sought)
            rest = _without(file, _REFUSED, spans, leaving_ends=False) if spans else ()
        except ImportRefused:  # a row that has become too long by its reason
            spans, rest = [(1, sys.maxsize)], ()
        if spans:
            put(made, PartKind.REFUSED, rest)
    return len(spans)


def _spans(file: BinaryIO, table: Table, sought: Sought) -> list[Span]:
    """Find the rows, by their lines. Raises ImportRefused where there is no telling rows apart."""
    if not any(map(sought.may_be_in, read_lines(file, table.encoding))):
        return []
    spans: list[Span] = []
    began = 0
    for line, cells in read_rows(file, table):
        if began:
            spans.append((began, line - 1))
        began = line if sought.is_in(cells) else 0
    return [*spans, (began, sys.maxsize)] if began else spans


def _without(
    file: BinaryIO, table: Table, spans: Iterable[Span], *, leaving_ends: bool
) -> Iterator[bytes]:
    """Give a file without what stands on some lines, in pieces."""
    file.seek(0)
    piece = bytearray(file.read(table.encoding.bom_bytes))
    waiting = iter(spans)
    first, last = next(waiting)
    for number, line in enumerate(read_lines(file, table.encoding), start=1):
        if number > last:
            first, last = next(waiting, (sys.maxsize, sys.maxsize))
        if not first <= number <= last:
            kept = line
        else:
            kept = line[len(line.rstrip("\r\n")) :] if leaving_ends else ""
        piece += kept.encode(table.encoding.codec)
        if len(piece) >= PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


def _addresses_in(cell: str) -> Iterator[str]:
    """Whatever in a cell could be an address, as it stands and as it may be meant."""
    yield cell
    for found in _INSIDE.findall(cell.replace('"', "")):
        yield found
        yield found.strip("'‘’.!*")
