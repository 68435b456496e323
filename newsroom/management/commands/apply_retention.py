"""`manage.py apply_retention`: carry out docs/retention.toml now, or count what is due."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from newsroom.retention import enforcement
from newsroom.retention.policy import PolicyError
from newsroom.staff_command import StaffCommand


class Command(StaffCommand):
    help = "Delete and blank what docs/retention.toml says we have kept long enough."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="count what is due and change nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        is_dry_run = options["dry_run"]
        try:
            rows = enforcement.count_due(at=timezone.now()) if is_dry_run else _apply_policy()
        except PolicyError as error:
            raise CommandError(str(error)) from None
        for table, number in sorted(rows.items()):
            self.stdout.write(f"{number:>9,} {table}")
        total = f"{rows.total():,} row{'' if rows.total() == 1 else 's'}"
        self.stdout.write(
            f"{total} due. Nothing was changed." if is_dry_run else f"{total} deleted or blanked."
        )


def _apply_policy() -> Counter[str]:
    rows: Counter[str] = Counter()
    at, is_finished = timezone.now(), False
    while not is_finished:
        run = enforcement.apply_policy(at=at)
        rows += run.rows
        is_finished = run.is_finished
    return rows
