"""Make a backup: the database and the uploaded files of one moment, in one file."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from django import get_version
from django.conf import settings
from django.db import connection

from newsroom.backups import backup_folder, postgres_dumps, sqlite_dumps
from newsroom.backups.archive_encryption import BackupKey, can_decrypt, decrypted, encrypted
from newsroom.backups.archive_file import MEDIA, ArchiveReader, ArchiveWriter, Manifest, verified
from newsroom.backups.media_archive import MediaStream
from newsroom.version import VERSION

Progress = Callable[[str, int], None]


class MadeBackup(NamedTuple):
    """A backup that was just made, and the names of old ones that were removed."""

    backup: backup_folder.Backup
    manifest: Manifest
    removed: list[str]


def database_dumps(engine: str) -> Any:
    """Return the module that dumps and restores databases of an engine."""
    return {"postgresql": postgres_dumps, "sqlite": sqlite_dumps}[engine]


def make_backup(*, on_progress: Progress) -> MadeBackup:
    """Make a backup, check it, give it its name, and remove old ones.

    Raises BackupRunning, BackupDamaged, ProgramFailed, ProgramMissing or OSError; then nothing has
    changed in the folder.
    """
    folder: Path = settings.BACKUP_DIR
    with backup_folder.locked(folder), backup_folder.unfinished(folder) as work_folder:
        file = work_folder / "backup.tar"
        now = datetime.now(UTC)
        manifest = _write(file, at=now, on_progress=on_progress)
        check_backup(file, work_folder, on_progress=on_progress)
        backup = backup_folder.finish(file, folder, at=now)
        removed = []
        for old in backup_folder.to_remove(
            backup_folder.backups_in(folder),
            daily=settings.BACKUP_KEEP_DAILY,
            weekly=settings.BACKUP_KEEP_WEEKLY,
        ):
            old.path.unlink()
            removed.append(old.name)
    return MadeBackup(backup, manifest, removed)


def _write(path: Path, *, at: datetime, on_progress: Progress) -> Manifest:
    dumps, key = database_dumps(connection.vendor), settings.BACKUP_KEY
    stored = partial(encrypted, key=key)
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    with os.fdopen(descriptor, "wb") as file, dumps.snapshot(path.parent) as snapshot:
        archive = ArchiveWriter(file)
        content = _counted(snapshot.dump(), "database", on_progress)
        archive.add(dumps.MEMBER, dumps.checked(content), stored)
        # After the snapshot was taken: media_archive.py says why that is the same moment.
        media = MediaStream(settings.MEDIA_ROOT)
        archive.add(MEDIA, _counted(media, "media", on_progress), stored)
        found = snapshot.contents
        manifest = Manifest(
            made_at=at.isoformat(timespec="seconds"),
            site=settings.SITE_URL,
            versions={
                "newsroom": VERSION,
                "django": get_version(),
                "python": platform.python_version(),
                connection.vendor: found.version,
            },
            engine=connection.vendor,
            encryption=key.program,
            recipients=list(key.recipients),
            epoch=found.epoch,
            migrations=found.migrations,
            rows=found.rows,
            media_files=media.files,
            media_bytes=media.bytes,
            members=archive.members,
        )
        archive.finish(manifest)
    return manifest


def check_backup(path: Path, work_folder: Path, *, on_progress: Progress) -> Manifest:
    """Read a whole backup again, and its database if we can decrypt it.

    Raises BackupDamaged or ProgramFailed.
    """
    reader = ArchiveReader(path)
    manifest = reader.manifest
    reader.check(on_progress)
    key = BackupKey(manifest.encryption, tuple(manifest.recipients))
    if not can_decrypt(key, key_file=settings.BACKUP_KEY_FILE):
        return manifest
    dumps = database_dumps(manifest.engine)
    if manifest.encryption or dumps is sqlite_dumps:
        dumps.check(content_of(reader, dumps.MEMBER), work_folder)
    return manifest


def content_of(reader: ArchiveReader, name: str) -> Iterator[bytes]:
    """Yield what a member holds, decrypted. Raises BackupDamaged at its end if it has changed."""
    manifest = reader.manifest
    plain = decrypted(reader.stored(name), manifest.encryption, key_file=settings.BACKUP_KEY_FILE)
    return verified(plain, manifest.member(name).content_sha256, what=name)


def _counted(chunks: Iterable[bytes], what: str, on_progress: Progress) -> Iterator[bytes]:
    done = 0
    for chunk in chunks:
        done += len(chunk)
        on_progress(what, done)
        yield chunk
