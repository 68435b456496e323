"""The folder of backups: their names, the list of them, and which of them are old."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

_NAME = re.compile(r"newsroom-(\d{8}T\d{6})Z\.tar")
_TIME = "%Y%m%dT%H%M%S"


class BackupRunning(Exception):
    """Another process makes a backup at this moment."""


class NoSuchBackup(Exception):
    """There is no backup of this name."""


class Backup(NamedTuple):
    """A finished backup."""

    path: Path
    made_at: datetime

    @property
    def name(self) -> str:
        """The name of its file."""
        return self.path.name


def backups_in(folder: Path) -> list[Backup]:
    """Return the backups of a folder, newest first. Other files are left out."""
    found = []
    for path in folder.glob("newsroom-*.tar") if folder.is_dir() else ():
        if (match := _NAME.fullmatch(path.name)) and path.is_file():
            made_at = datetime.strptime(match[1], _TIME).replace(tzinfo=UTC)
            found.append(Backup(path, made_at))
    return sorted(found, key=lambda backup: backup.made_at, reverse=True)


def find(folder: Path, name: str) -> Path:
    """Return the file that a person means: a path, a name in the folder, or `latest`.

    Raises NoSuchBackup.
    """
    if name == "latest":
        if not (found := backups_in(folder)):
            raise NoSuchBackup(f"there are no backups in {folder}")
        return found[0].path
    for path in (Path(name), folder / name):
        if path.is_file():
            return path
    raise NoSuchBackup(f"there is no backup {name}, and none of that name in {folder}")


def to_remove(backups: Collection[Backup], *, daily: int, weekly: int) -> list[Backup]:
    """Return the backups that are neither the last of a recent day nor of a recent week.

    `daily` days and `weekly` weeks (UTC) are kept, of those that have a backup: where backups
    stopped, none is removed. The newest is always kept, and if both are 0, all are.
    """
    if not (daily or weekly):
        return []
    newest_first = sorted(backups, key=lambda backup: backup.made_at, reverse=True)
    kept = set(newest_first[:1])
    for number, period in ((daily, _day), (weekly, _week)):
        last_of: dict[tuple[int, ...], Backup] = {}
        for backup in newest_first:
            last_of.setdefault(period(backup.made_at), backup)
        kept |= set(list(last_of.values())[:number])
    return [backup for backup in newest_first if backup not in kept]


def _day(moment: datetime) -> tuple[int, ...]:
    return moment.timetuple()[:3]


def _week(moment: datetime) -> tuple[int, ...]:
    return moment.isocalendar()[:2]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other backups out, and remove what a killed one left. Raises BackupRunning."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupRunning("another backup is being made or restored") from None
        for left in folder.glob(".unfinished-*"):
            shutil.rmtree(left)
        yield


@contextmanager
def unfinished(folder: Path) -> Iterator[Path]:
    """Make a folder for files that are not finished; nobody else can read them."""
    path = folder / f".unfinished-{os.getpid()}"
    path.mkdir(mode=0o700)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def finish(file: Path, folder: Path, *, at: datetime) -> Backup:
    """Name a finished file, in one step, after all of it is on the disk.

    Raises FileExistsError if there is one of the same second.
    """
    path = folder / f"newsroom-{at.astimezone(UTC):{_TIME}}Z.tar"
    with file.open("rb") as written:
        os.fsync(written.fileno())
    if path.exists():
        raise FileExistsError(f"there is a backup of this second already: {path.name}")
    file.replace(path)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return Backup(path, at)


@contextmanager
def temporary() -> Iterator[Path]:
    """Make a folder for what a check unpacks."""
    with TemporaryDirectory(prefix="newsroom-backup-") as path:
        yield Path(path)
