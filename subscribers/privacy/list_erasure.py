"""Erase people from uploaded lists that wait, and from refused rows that are kept.

Whoever erases a person only records it: the address is suppressed, and its hash is all that stays.
A worker then searches the lists, one at a time, for addresses with such a hash. `erased_until` of a
list says which erasures it has been through, so a lost task or a killed worker costs only time.

In a list, the lines of their rows are emptied, so that every other row keeps its line number; a
worker that has claimed the list starts again. From a file of refused rows, the rows are removed.
"""

from __future__ import annotations

import csv
import io
import logging
import re
import tempfile
from codecs import BOM_UTF8
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import BinaryIO

from django.db import connection, transaction
from django.utils import timezone

from newsroom.clock import database_now
from newsroom.email_addresses import fold_case
from newsroom.invisible_characters import remove_unprintable
from newsroom.text_encodings import Encoding
from newsroom.wake_ups import wake
from subscribers.lists.csv_files import CsvFormat, detect_format, read_lines, read_rows_with_lines
from subscribers.lists.import_errors import ImportRefused, ImportStopped
from subscribers.lists.import_plan import ImportPlan, make_plan
from subscribers.lists.uploaded_lists import (
    PART_BYTES,
    check_or_ask,
    open_stored,
    options_of,
    preview_of,
    store_parts,
    wake_worker,
)
from subscribers.models import (
    ImportState,
    PartKind,
    SubscriberImport,
    Suppression,
    SuppressionReason,
)
from subscribers.models.address_hash import hash_address

log = logging.getLogger(__name__)

# As lists.import_run writes the file of refused rows.
_REFUSED_FORMAT = CsvFormat(
    encoding=Encoding(codec="utf-8", label="UTF-8", bom_bytes=len(BOM_UTF8)),
    separator=",",
    header=(),
    header_line=1,
)
ERASED_FILE_NAME = "list"
MIN_NAME_CHARS = 5
_MAX_ADDRESS = 1000  # characters, with spaces and what no screen shows
# What may be an address inside a cell: “Ada <ada@example.org>; bob@example.org”.
_EMBEDDED_ADDRESS = re.compile(r"[^\s<>()\[\]{},;:|\\@]+@[^\s<>()\[\]{},;:|\\@/?#&=]+")
# Numbers of advisory locks; nothing else uses them.
_RECORDING_LOCK = 0x1158
_LIST_LOCK = 0x1159
_NAMED_IN_HEADER = (
    "A column name of this list contains the address of somebody who has been erased. Remove it"
    " from the first line, then upload the list again."
)


# --- For whoever erases a person


def time_of_erasure() -> datetime:
    """Return the moment that an erasure is recorded with, for the rest of this transaction.

    A worker that asks who was erased waits for this transaction, so it cannot miss one that began
    earlier and is committed later. It only waits for a query.
    """
    if connection.vendor == "postgresql":
        _execute("SELECT pg_advisory_xact_lock_shared(%s)", _RECORDING_LOCK)
    return database_now()


def rename_files_named_after(addresses: Collection[str], name: str) -> int:
    """Rename the uploaded lists whose file name has one of the addresses or the person's name."""
    wanted = {_plain(text) for text in (*addresses, name)}
    wanted |= {_plain(address.rpartition("@")[0]) for address in addresses}
    # A shorter one, such as “info”, is in the names of other people's files too.
    wanted = {text for text in wanted if len(text) >= MIN_NAME_CHARS}
    files = SubscriberImport.objects.values_list("pk", "file_name")
    named = [pk for pk, file in files if any(text in _plain(file) for text in wanted)]
    return SubscriberImport.objects.filter(pk__in=named).update(file_name=ERASED_FILE_NAME)


def wake_eraser() -> None:
    """Ask a worker to erase people from the lists that are due."""
    wake("subscribers.privacy.tasks.finish_erasures")


# --- For the worker


class AddressMatcher:
    """Finds addresses with one of these hashes, in any spelling."""

    def __init__(self, hashes: Iterable[str]) -> None:
        self.hashes = frozenset(hashes)

    def matches(self, cells: Iterable[str]) -> bool:
        """Whether a cell is one of the addresses or contains it."""
        return any(
            hash_address(text) in self.hashes
            for cell in cells
            if "@" in cell
            for text in _addresses_in(_visible(cell))
        )


def erase_from_next_list() -> bool:
    """Erase people from one list that is due; False when there is none, or others work on all."""
    for subscriber_import in SubscriberImport.objects.with_people_to_erase():
        with _exclusive(subscriber_import) as is_ours:
            if not is_ours:
                continue
            try:
                erase_from_list(subscriber_import)
            except Exception:  # the other lists must not wait for this one
                log.exception("cannot erase people from import %s", subscriber_import.pk)
            else:
                return True
    return False


def erase_from_list(subscriber_import: SubscriberImport) -> int:
    """Remove the rows of whoever was erased since this was last done; return their number.

    Nothing is locked while the list is read. If somebody changed its options meanwhile or its
    import ended, nothing is changed, and the list is still due.
    """
    since = subscriber_import.erased_until or subscriber_import.created_at
    until, hashes = _erased_since(since)
    matcher = AddressMatcher(hashes)
    try:
        with tempfile.TemporaryFile() as kept:
            if subscriber_import.is_open:
                rows = _erase_from_file(subscriber_import, matcher, kept, until=until)
            else:
                rows = _erase_from_refused_rows(subscriber_import, matcher, kept, until=until)
    except ImportStopped:
        return 0
    if rows:
        log.info("%s rows of erased people were removed from import %s", rows, subscriber_import.pk)
    return rows


def _erased_since(since: datetime) -> tuple[datetime, set[str]]:
    """Return a moment, and the hashes of all who were erased before it and after `since`."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            _execute("SELECT pg_advisory_xact_lock(%s)", _RECORDING_LOCK)
        until = database_now()
        erased = Suppression.objects.filter(reason=SuppressionReason.ERASED, at__gt=since)
        return until, set(erased.values_list("address_hash", flat=True))


def _erase_from_file(
    subscriber_import: SubscriberImport,
    matcher: AddressMatcher,
    kept: BinaryIO,
    *,
    until: datetime,
) -> int:
    refusal = ""
    plan = None
    with open_stored(subscriber_import) as file:
        try:
            csv_format = detect_format(file)
            rows = _copy_without(file, kept, csv_format, matcher, keep_line_ends=True)
            if rows:
                plan = make_plan(kept, options_of(subscriber_import), now=timezone.now())
        except ImportRefused as problem:
            # A worker would fail too, and rows that cannot be told apart cannot be removed alone.
            refusal = str(problem)
            rows = int(_is_anywhere_in(file, matcher))
    with transaction.atomic():
        if (unchanged := _lock_unchanged(subscriber_import)) is None:
            return 0
        if rows and plan is not None:
            kept.seek(0)
            pieces = iter(lambda: kept.read(PART_BYTES), b"")
            store_parts(unchanged, PartKind.FILE, pieces)
            _read_again(unchanged, kept, plan)
        elif rows:
            unchanged.finish(ImportState.FAILED, at=until, trouble=refusal[:1000])
        if rows:
            # They belong to what was checked; the next check writes new ones.
            store_parts(unchanged, PartKind.REFUSED, ())
        _record(unchanged, matcher, until=until)
    return rows


def _erase_from_refused_rows(
    subscriber_import: SubscriberImport,
    matcher: AddressMatcher,
    kept: BinaryIO,
    *,
    until: datetime,
) -> int:
    with open_stored(subscriber_import, PartKind.REFUSED) as file:
        try:
            rows = _copy_without(file, kept, _REFUSED_FORMAT, matcher, keep_line_ends=False)
        except ImportRefused:  # the reason made a row too long to read
            rows = 1
            kept.seek(0)
            kept.truncate()
    with transaction.atomic():
        if (unchanged := _lock_unchanged(subscriber_import)) is None:
            return 0
        if rows and unchanged.parts.filter(kind=PartKind.REFUSED).exists():
            kept.seek(0)
            store_parts(unchanged, PartKind.REFUSED, iter(lambda: kept.read(PART_BYTES), b""))
        _record(unchanged, matcher, until=until)
    return rows


def _lock_unchanged(seen: SubscriberImport) -> SubscriberImport | None:
    """Lock a list until the transaction ends; None if it is not what was read any more."""
    # Rows that refer to it can still be added, and its page can be shown.
    lists = SubscriberImport.objects.select_for_update(no_key=True)
    locked = lists.filter(pk=seen.pk, erased_until=seen.erased_until).first()
    if locked is None or locked.is_open != seen.is_open or locked.choices != seen.choices:
        return None
    return locked


def _record(
    subscriber_import: SubscriberImport, matcher: AddressMatcher, *, until: datetime
) -> None:
    """Record that a list has been through these erasures; its name, too."""
    changes: dict[str, object] = {"erased_until": until}
    # A list that was being uploaded during an erasure was not there yet to be renamed.
    name = subscriber_import.file_name
    if matcher.matches(name.rsplit(".", cut)[0] for cut in range(3)):
        changes["file_name"] = ERASED_FILE_NAME
    SubscriberImport.objects.filter(pk=subscriber_import.pk).update(**changes)


def _read_again(subscriber_import: SubscriberImport, file: BinaryIO, plan: ImportPlan) -> None:
    """Make the preview and the check those of the rewritten file."""
    if subscriber_import.is_working:
        slug = subscriber_import.briefing.slug
        preview = preview_of(file, plan, briefing=slug, now=timezone.now())
        subscriber_import.restart(reading=preview)
        transaction.on_commit(wake_worker)
    else:
        check_or_ask(subscriber_import, file, plan, options_of(subscriber_import))


def _copy_without(
    file: BinaryIO,
    kept: BinaryIO,
    csv_format: CsvFormat,
    matcher: AddressMatcher,
    *,
    keep_line_ends: bool,
) -> int:
    """Copy a file without the text of matching rows; return their number. Raises ImportRefused.

    One row is in memory at a time.
    """
    encoding = csv_format.encoding
    file.seek(0)
    kept.write(file.read(encoding.bom_bytes))
    line, removed = 1, 0
    for lines, cells in read_rows_with_lines(file, csv_format):
        text = "".join(lines)
        if matcher.matches(cells):
            removed += 1
            if line > csv_format.header_line:
                text = "".join(map(_line_end, lines)) if keep_line_ends else ""
            elif csv_format is _REFUSED_FORMAT:
                text = _header_without(cells, matcher)
            else:
                raise ImportRefused(_NAMED_IN_HEADER)
        kept.write(text.encode(encoding.codec))
        line += len(lines)
    return removed


def _line_end(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def _header_without(cells: Iterable[str], matcher: AddressMatcher) -> str:
    """Return the header of a file of refused rows without the names of matching columns."""
    header = io.StringIO()
    csv.writer(header).writerow("" if matcher.matches([cell]) else cell for cell in cells)
    return header.getvalue()


def _is_anywhere_in(file: BinaryIO, matcher: AddressMatcher) -> bool:
    """Whether a file whose rows cannot be told apart has a matching address on any line."""
    try:
        encoding = detect_format(file).encoding
        return any(matcher.matches([line]) for line in read_lines(file, encoding))
    except ImportRefused:
        return True


@contextmanager
def _exclusive(subscriber_import: SubscriberImport) -> Iterator[bool]:
    """Keep other workers from the same list; False if one is at it. It ends with its connection.

    The lock is on a connection of its own, in a transaction: so a pooler cannot give the connection
    to anybody else meanwhile, and what is done to the list is committed step by step. On SQLite
    two workers may do the same; `_lock_unchanged` lets only one of them write.
    """
    if connection.vendor != "postgresql":
        yield True
        return
    key = (_LIST_LOCK, subscriber_import.pk % 2**31)
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", key)
            [is_ours] = cursor.fetchone()
            yield is_ours
    finally:
        own.close()


def _execute(statement: str, *parameters: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return bool(cursor.fetchone()[0])


# --- Comparison


def _plain(text: str) -> str:
    """Return the letters and digits of a text, for comparison with names of files."""
    return "".join(char for char in fold_case(_visible(text)) if char.isalnum())


def _visible(text: str) -> str:
    """Return text without characters that no screen shows, but with its spaces.

    A file of refused rows has U+FFFD in place of null characters, which no screen shows either.
    """
    return remove_unprintable(text, keep_spaces=True).replace("\ufffd", "")


def _addresses_in(cell: str) -> set[str]:
    """Return whatever in a cell could be an address, with and without punctuation around it."""
    texts = {cell} if len(cell) <= _MAX_ADDRESS else set()
    for found in _EMBEDDED_ADDRESS.findall(cell.replace('"', "")):
        texts |= {found, found.strip("'‘’.!*")}
    return texts
