"""Erase a person from uploaded lists that wait, and from refused rows that are kept.

In a list, the lines of their rows are emptied, so that every other row keeps its line number; a
worker that has claimed the list starts again. From a file of refused rows, the rows are removed.
"""

from __future__ import annotations

import re
import sys
import tempfile
from codecs import BOM_UTF8
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import BinaryIO, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from newsroom.email_addresses import address_key, fold_case
from newsroom.invisible_characters import remove_unprintable
from newsroom.text_encodings import Encoding
from subscribers.lists.csv_files import CsvFormat, detect_format, read_lines, read_rows
from subscribers.lists.import_errors import ImportRefused
from subscribers.lists.import_plan import make_plan
from subscribers.lists.uploaded_lists import (
    PART_BYTES,
    check_or_ask,
    open_stored,
    options_of,
    preview_of,
    store_parts,
    wake_worker,
)
from subscribers.models import ImportPart, ImportState, PartKind, SubscriberImport

# As lists.import_run writes the file of refused rows.
_REFUSED_FORMAT = CsvFormat(
    encoding=Encoding(codec="utf-8", label="UTF-8", bom_bytes=len(BOM_UTF8)),
    separator=",",
    header=(),
    header_line=1,
)
ERASED_FILE_NAME = "list"
MIN_NAME_CHARS = 5
# What may be an address inside a cell: “Ada <ada@example.org>; bob@example.org”.
_EMBEDDED_ADDRESS = re.compile(r"[^\s<>()\[\]{},;:|\\@]+@[^\s<>()\[\]{},;:|\\@/?#&=]+")


class LineSpan(NamedTuple):
    """The first and the last line of a row."""

    first: int
    last: int


class AddressMatcher:
    """Finds addresses in any spelling."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self.keys = {address_key(address) for address in addresses}
        self.local_parts = {key.rpartition("@")[0] for key in self.keys}

    def may_match(self, line: str) -> bool:
        """Whether a line is worth a call of `matches`, which takes twenty times as long."""
        text = line.lower() if line.isascii() else fold_case(_visible(line))
        return any(local in text for local in self.local_parts)

    def matches(self, cells: Iterable[str]) -> bool:
        """Whether a cell is one of the addresses or contains it."""
        found = (text for cell in cells if "@" in cell for text in _addresses_in(_visible(cell)))
        return any(address_key(text) in self.keys for text in found)


def rename_files_named_after(addresses: Collection[str], name: str) -> int:
    """Rename the uploaded lists whose file name has one of the addresses or the person's name."""
    wanted = {_plain(text) for text in (*addresses, name)}
    wanted |= {_plain(address.rpartition("@")[0]) for address in addresses}
    # A shorter one, such as “info”, is in the names of other people's files too.
    wanted = {text for text in wanted if len(text) >= MIN_NAME_CHARS}
    files = SubscriberImport.objects.values_list("pk", "file_name")
    named = [pk for pk, file in files if any(text in _plain(file) for text in wanted)]
    return SubscriberImport.objects.filter(pk__in=named).update(file_name=ERASED_FILE_NAME)


def erase_from_lists(addresses: Collection[str], *, at: datetime) -> int:
    """Remove these addresses' rows from every list and file of refused rows; return their number.

    Call it in the transaction that suppresses the addresses, or a worker would find them again.
    """
    matcher = AddressMatcher(addresses)
    parts = ImportPart.objects.filter(subscriber_import=OuterRef("pk"))
    with_files = SubscriberImport.objects.select_for_update().filter(Exists(parts)).order_by("pk")
    return sum(
        _erase_from_list(one, matcher, at=at)
        if one.is_open
        else _erase_from_refused_rows(one, matcher)
        for one in with_files
    )


def _erase_from_list(
    subscriber_import: SubscriberImport, matcher: AddressMatcher, *, at: datetime
) -> int:
    with open_stored(subscriber_import) as file, tempfile.TemporaryFile() as rewritten:
        try:
            csv_format = detect_format(file)
            spans = _find_rows(file, csv_format, matcher)
            if not spans:
                return 0
            rewritten.writelines(_without(file, csv_format, spans, keep_line_ends=True))
            rewritten.seek(0)
            pieces = iter(lambda: rewritten.read(PART_BYTES), b"")
            store_parts(subscriber_import, PartKind.FILE, pieces)
            # They belong to what was checked; the next check writes new ones.
            store_parts(subscriber_import, PartKind.REFUSED, ())
            _read_again(subscriber_import, rewritten)
        except ImportRefused as refusal:
            # A worker would fail too, and rows that cannot be told apart cannot be removed alone.
            store_parts(subscriber_import, PartKind.REFUSED, ())
            subscriber_import.finish(ImportState.FAILED, at=at, trouble=str(refusal)[:1000])
            return 1
    return len(spans)


def _read_again(subscriber_import: SubscriberImport, file: BinaryIO) -> None:
    """Make the preview and the check those of the rewritten file. Raises ImportRefused."""
    options = options_of(subscriber_import)
    now = timezone.now()
    plan = make_plan(file, options, now=now)
    if subscriber_import.is_working:
        slug = subscriber_import.briefing.slug
        subscriber_import.restart(reading=preview_of(file, plan, briefing=slug, now=now))
        transaction.on_commit(wake_worker)
    else:
        check_or_ask(subscriber_import, file, plan, options)


def _erase_from_refused_rows(subscriber_import: SubscriberImport, matcher: AddressMatcher) -> int:
    with open_stored(subscriber_import, PartKind.REFUSED) as file:
        try:
            spans = _find_rows(file, _REFUSED_FORMAT, matcher)
            rest = _without(file, _REFUSED_FORMAT, spans, keep_line_ends=False) if spans else ()
        except ImportRefused:  # the reason made a row too long to read
            spans, rest = [LineSpan(1, sys.maxsize)], ()
        if spans:
            store_parts(subscriber_import, PartKind.REFUSED, rest)
    return len(spans)


def _find_rows(file: BinaryIO, csv_format: CsvFormat, matcher: AddressMatcher) -> list[LineSpan]:
    """Return the lines of matching rows. Raises ImportRefused where rows cannot be told apart."""
    if not any(map(matcher.may_match, read_lines(file, csv_format.encoding))):
        return []
    spans: list[LineSpan] = []
    first = 0  # of the matching row before; 0 when it did not match
    for line, cells in read_rows(file, csv_format):
        if first:
            spans.append(LineSpan(first, line - 1))
        first = line if matcher.matches(cells) else 0
    return [*spans, LineSpan(first, sys.maxsize)] if first else spans


def _without(
    file: BinaryIO, csv_format: CsvFormat, spans: Iterable[LineSpan], *, keep_line_ends: bool
) -> Iterator[bytes]:
    """Yield a file in pieces, without the text of some lines."""
    file.seek(0)
    encoding = csv_format.encoding
    piece = bytearray(file.read(encoding.bom_bytes))
    remaining = iter(spans)
    span = next(remaining)
    for number, line in enumerate(read_lines(file, encoding), start=1):
        if number > span.last:
            span = next(remaining, LineSpan(sys.maxsize, sys.maxsize))
        if not span.first <= number <= span.last:
            kept = line
        else:
            kept = line[len(line.rstrip("\r\n")) :] if keep_line_ends else ""
        piece += kept.encode(encoding.codec)
        if len(piece) >= PART_BYTES:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


def _plain(text: str) -> str:
    """Return the letters and digits of a text, for comparison with names of files."""
    return "".join(char for char in fold_case(_visible(text)) if char.isalnum())


def _visible(text: str) -> str:
    """Return text without characters that no screen shows, but with its spaces."""
    return remove_unprintable(text, keep_spaces=True)


def _addresses_in(cell: str) -> Iterator[str]:
    """Yield whatever in a cell could be an address, with and without punctuation around it."""
    yield cell
    for found in _EMBEDDED_ADDRESS.findall(cell.replace('"', "")):
        yield found
        yield found.strip("'‘’.!*")
