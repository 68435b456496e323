"""`manage.py keep_retention`: carry out docs/retention.toml now, or see what that would do."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from newsroom.retention import enforcement
from newsroom.retention.policy import PolicyError


class Command(BaseCommand):
    help = "Delete and blank what docs/retention.toml says has been kept long enough."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count what is due")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = self._due() if options["dry_run"] else self._keep()
        except PolicyError as fault:
            raise CommandError(str(fault)) from None
        for table, number in sorted(rows.items()):
            self.stdout.write(f"{number:>9,} {table}")
        total = f"{rows.total():,} rows"
        self.stdout.write(
            f"{total} are due; nothing was changed." if options["dry_run"] else f"{total}: done."
        )

    def _due(self) -> Counter[str]:
        return enforcement.count_due(at=timezone.now())

    def _keep(self) -> Counter[str]:
        rows: Counter[str] = Counter()
        at, is_finished = timezone.now(), False
        while not is_finished:
            stretch = enforcement.apply_policy(at=at)
            rows += stretch.rows
            is_finished = stretch.is_finished
        return rows
