"""Restore a backup: the uploaded files first, then the database, which learns that it is restored.

The database changes in one transaction. Its last statements give it an epoch that no copy knows, so
from its first moment on it sends nothing from before, even if this process is killed next.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from newsroom import database_epoch
from newsroom.backups import backup_folder
from newsroom.backups.archive_encryption import AGE
from newsroom.backups.archive_file import MEDIA, ArchiveReader, Manifest
from newsroom.backups.backup_run import Progress, content_of, database_dumps
from newsroom.backups.database_contents import contents_of
from newsroom.backups.media_archive import unpack


class RestoreRefused(Exception):
    """A backup cannot be restored here; the message says why and what to do."""


class Restored(NamedTuple):
    """What was restored, and the tables whose rows are not those of the manifest."""

    manifest: Manifest
    differences: list[str]


def restore_backup(path: Path, *, replace: bool, on_progress: Progress) -> Restored:
    """Restore a backup into an empty database; with `replace`, in place of what is there.

    Raises RestoreRefused, BackupRunning, BackupDamaged, FileDiffers, DatabaseInUse, ProgramFailed
    or ProgramMissing; then the database has not changed.
    """
    reader = ArchiveReader(path)
    manifest = reader.manifest
    dumps = database_dumps(connection.vendor)
    _refuse_unsuitable(manifest, is_empty=replace or dumps.is_empty())
    folder: Path = settings.BACKUP_DIR
    with backup_folder.locked(folder), backup_folder.unfinished(folder) as work_folder:
        reader.check(on_progress)
        unpack(
            content_of(reader, MEDIA),
            settings.MEDIA_ROOT,
            replace=replace,
            on_file=lambda count: on_progress("media files", count),
        )
        on_progress("restoring the database", 0)
        dumps.restore(
            content_of(reader, dumps.MEMBER),
            replace=replace,
            last=database_epoch.statements_of_a_restore(name=secrets.token_hex(16)),
            work_folder=work_folder,
        )
    with connection.cursor() as cursor:
        rows = contents_of(cursor).rows
    on_progress("migrating the database", 0)
    call_command("migrate", verbosity=0, interactive=False)
    database_epoch.mark_restored(reason=f"It was restored from {path.name}.")
    caches["pages"].clear()
    expected = manifest.rows
    differences = [
        f"{table}: {rows.get(table)} rows, not {expected.get(table)}"
        for table in sorted(rows.keys() | expected.keys())
        # The epoch is the one table that a restore changes.
        if rows.get(table) != expected.get(table) and table != database_epoch.TABLE
    ]
    return Restored(manifest, differences)


def _refuse_unsuitable(manifest: Manifest, *, is_empty: bool) -> None:
    if manifest.encryption == AGE and settings.BACKUP_KEY_FILE is None:
        raise RestoreRefused(
            "The backup is encrypted with age. Name the file with its private key in"
            " BACKUP_KEY_FILE."
        )
    if manifest.engine != connection.vendor:
        raise RestoreRefused(
            f"The backup is of {manifest.engine}, and DATABASE_URL names {connection.vendor}."
        )
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if newer := sorted(set(manifest.migrations) - known):
        raise RestoreRefused(
            "The backup is of a newer version of Newsroom, or of one with other apps: this one does"
            f" not know {newer[0]}. Install that version"
            f" ({manifest.versions.get('newsroom')}) first."
        )
    if not is_empty:
        raise RestoreRefused(
            "The database is not empty. Restore into a new one; or stop all programs, and add"
            " --replace, which deletes what is in it."
        )
