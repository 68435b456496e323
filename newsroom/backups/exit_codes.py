"""The exit codes of `backup` and `restore`, of sysexits.h, for scripts that watch them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError

from newsroom.backups.archive_file import BackupDamaged
from newsroom.backups.backup_folder import BackupRunning, NoSuchBackup
from newsroom.backups.media_archive import FileDiffers
from newsroom.backups.postgres_dumps import DatabaseInUse
from newsroom.backups.program_pipes import ProgramFailed, ProgramMissing
from newsroom.backups.restore_run import RestoreRefused

REFUSED = 1
DAMAGED = 65
NOT_FOUND = 66
NOT_AVAILABLE = 69
NOT_WRITTEN = 73
TRY_LATER = 75
CODES: dict[type[Exception], int] = {
    RestoreRefused: REFUSED,
    FileDiffers: REFUSED,
    DatabaseInUse: TRY_LATER,
    BackupRunning: TRY_LATER,
    BackupDamaged: DAMAGED,
    NoSuchBackup: NOT_FOUND,
    ProgramFailed: NOT_AVAILABLE,
    ProgramMissing: NOT_AVAILABLE,
    OSError: NOT_WRITTEN,
}


@contextmanager
def of_failures() -> Iterator[None]:
    """Turn what may fail into the message and exit code of a command."""
    try:
        yield
    except tuple(CODES) as failure:
        code = next(code for kind, code in CODES.items() if isinstance(failure, kind))
        raise CommandError(f"{failure}".rstrip(".") + ".", returncode=code) from None
