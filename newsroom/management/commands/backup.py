"""`manage.py backup`: back up the database and the uploaded files, list backups, check one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.template.defaultfilters import filesizeformat

from newsroom.backups import backup_folder, exit_codes
from newsroom.backups.archive_file import ArchiveReader, BackupDamaged, Manifest
from newsroom.backups.backup_run import check_backup, make_backup
from newsroom.backups.progress_line import ProgressLine
from newsroom.staff_command import StaffCommand


class Command(StaffCommand):
    help = (
        "Back up the database and the uploaded files of one moment into one file in BACKUP_DIR,"
        " check it, and remove old backups. Everything may go on running meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--list", action="store_true", help="only list the backups")
        what.add_argument(
            "--check",
            metavar="BACKUP",
            help="only read this backup again (a file, a name in BACKUP_DIR, or latest)",
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with exit_codes.of_failures(), ProgressLine(self.stderr) as line:
            if options["list"]:
                return self._list(as_json=options["json"])
            if options["check"]:
                path = backup_folder.find(settings.BACKUP_DIR, options["check"])
                with backup_folder.temporary() as work_folder:
                    manifest = check_backup(path, work_folder, on_progress=line.show)
                removed = []
            else:
                made = make_backup(on_progress=line.show)
                path, manifest, removed = made.backup.path, made.manifest, made.removed
        if options["json"]:
            facts = _facts(path, manifest)
            self.stdout.write(json.dumps(facts | {"removed": removed}))
        else:
            self.stdout.write(_sentence(path, manifest))
            for name in removed:
                self.stdout.write(f"Removed the old backup {name}.")
        return None

    def _list(self, *, as_json: bool) -> None:
        facts, damaged = [], []
        for backup in backup_folder.backups_in(settings.BACKUP_DIR):
            try:
                facts.append(_facts(backup.path, ArchiveReader(backup.path).manifest))
            except (BackupDamaged, OSError) as failure:
                damaged.append(f"{backup.name} is damaged: {failure}.")
        if as_json:
            self.stdout.write(json.dumps(facts))
        for one in [] if as_json else facts:
            self.stdout.write(
                f"{one['name']}  {filesizeformat(one['bytes'])}, {one['rows']:,} rows,"
                f" {one['media_files']:,} files, {one['encryption'] or 'not encrypted'}"
            )
        if not (facts or damaged or as_json):
            self.stdout.write(f"There are no backups in {settings.BACKUP_DIR}.")
        if damaged:
            raise CommandError("\n".join(damaged), returncode=exit_codes.DAMAGED)


def _facts(path: Path, manifest: Manifest) -> dict[str, Any]:
    return {
        "name": path.name,
        "path": str(path),
        "bytes": path.stat().st_size,
        "made_at": manifest.made_at,
        "versions": manifest.versions,
        "engine": manifest.engine,
        "encryption": manifest.encryption,
        "epoch": manifest.epoch,
        "rows": sum(manifest.rows.values()),
        "media_files": manifest.media_files,
        "media_bytes": manifest.media_bytes,
    }


def _sentence(path: Path, manifest: Manifest) -> str:
    how = f"encrypted with {manifest.encryption}" if manifest.encryption else "not encrypted"
    return (
        f"{path} is complete: {filesizeformat(path.stat().st_size)},"
        f" {sum(manifest.rows.values()):,} rows of the database and"
        f" {manifest.media_files:,} uploaded files, {how}."
    )
