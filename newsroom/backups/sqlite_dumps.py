"""Copy and restore an SQLite file with SQLite's own backup function.

It reads one moment of the file while others write to it, and replaces a file's content in one
transaction, also below programs that have it open.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import connection

from newsroom.backups.archive_file import BackupDamaged
from newsroom.backups.database_contents import Contents, contents_of
from newsroom.backups.program_pipes import read_chunks

MEMBER = "database.sqlite3.gz"
WAIT_SECONDS = 60.0
_GZIP = 16 + zlib.MAX_WBITS


class SqliteSnapshot:
    """A copy of the file as it was at one moment."""

    def __init__(self, file: Path, contents: Contents) -> None:
        self._file, self.contents = file, contents

    def dump(self) -> Iterator[bytes]:
        """Yield the copy, compressed."""
        squeeze = zlib.compressobj(wbits=_GZIP)
        with self._file.open("rb") as file:
            for chunk in read_chunks(file):
                yield squeeze.compress(chunk)
        yield squeeze.flush()


@contextmanager
def snapshot(work_folder: Path) -> Iterator[SqliteSnapshot]:
    """Copy the file as it is at one moment."""
    copy = work_folder / "snapshot.sqlite3"
    source = str(connection.settings_dict["NAME"])
    with (
        closing(sqlite3.connect(source, timeout=WAIT_SECONDS)) as database,
        closing(sqlite3.connect(copy)) as target,
    ):
        database.backup(target)  # in one step: in more, a writer makes it start again
        target.execute("PRAGMA journal_mode=DELETE")
        _check_file(target)
        contents = contents_of(target.cursor())
    try:
        yield SqliteSnapshot(copy, contents)
    finally:
        copy.unlink()


def checked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Pass a copy on; it was checked when it was made."""
    yield from chunks


def check(chunks: Iterable[bytes], work_folder: Path) -> None:
    """Unpack a copy and check it. Raises BackupDamaged."""
    with _unpacked(chunks, work_folder) as database:
        _check_file(database)


def is_empty() -> bool:
    """Whether the database has no table."""
    return not connection.introspection.table_names()


def restore(
    chunks: Iterable[bytes], *, replace: bool, last: Sequence[str], work_folder: Path
) -> None:
    """Fill the file from a copy, after the `last` statements ran in that. Raises BackupDamaged."""
    connection.close()
    target_file = str(connection.settings_dict["NAME"])
    with _unpacked(chunks, work_folder) as database:
        _check_file(database)
        with database:
            for statement in last:
                database.execute(statement)
        with closing(sqlite3.connect(target_file, timeout=WAIT_SECONDS)) as target:
            database.backup(target)


@contextmanager
def _unpacked(chunks: Iterable[bytes], work_folder: Path) -> Iterator[sqlite3.Connection]:
    file = work_folder / "restored.sqlite3"
    unpack = zlib.decompressobj(wbits=_GZIP)
    try:
        with file.open("wb") as copy:
            for chunk in chunks:
                copy.write(unpack.decompress(chunk))
            copy.write(unpack.flush())
        if not unpack.eof:
            raise BackupDamaged("the copy of the database is cut")
        with closing(sqlite3.connect(file)) as database:
            yield database
    except zlib.error as failure:
        raise BackupDamaged(f"the copy of the database cannot be unpacked ({failure})") from None
    finally:
        file.unlink(missing_ok=True)


def _check_file(database: sqlite3.Connection) -> None:
    try:
        [(result,), *_] = database.execute("PRAGMA integrity_check").fetchall()
    except sqlite3.DatabaseError as failure:
        result = str(failure)
    if result != "ok":
        raise BackupDamaged(f"SQLite finds an error in the copy of the database: {result}")
