"""`manage.py restore`: restore a backup into an empty server."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from newsroom.backups import backup_folder, exit_codes
from newsroom.backups.progress_line import ProgressLine
from newsroom.backups.restore_run import restore_backup
from newsroom.staff_command import StaffCommand


class Command(StaffCommand):
    help = (
        "Restore a backup of `manage.py backup` into an empty database. It sends nothing that was"
        " scheduled or unfinished in it until somebody has decided with `manage.py restored`."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "backup", metavar="BACKUP", help="a file, a name in BACKUP_DIR, or latest"
        )
        parser.add_argument(
            "--replace",
            action="store_true",
            help="delete what is in the database first; stop all programs before",
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with exit_codes.of_failures(), ProgressLine(self.stderr) as line:
            path = backup_folder.find(settings.BACKUP_DIR, options["backup"])
            restored = restore_backup(path, replace=options["replace"], on_progress=line.show)
        manifest = restored.manifest
        if options["json"]:
            facts = {
                "name": path.name,
                "made_at": manifest.made_at,
                "rows": sum(manifest.rows.values()),
                "media_files": manifest.media_files,
                "differences": restored.differences,
            }
            self.stdout.write(json.dumps(facts))
        else:
            self.stdout.write(
                f"Restored {path.name} of {manifest.made_at}: {sum(manifest.rows.values()):,} rows"
                f" and {manifest.media_files:,} uploaded files. Nothing from before is sent until"
                " you decide: see `manage.py restored --list`."
            )
        if restored.differences:
            raise CommandError(
                "The database has other rows than the backup: " + "; ".join(restored.differences),
                returncode=exit_codes.DAMAGED,
            )
