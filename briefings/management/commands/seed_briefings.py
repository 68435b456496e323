"""`manage.py seed_briefings`: two sample briefings with issues, comments and staff."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from briefings.models import Briefing
from briefings.sample_data.loader import plant


class Command(BaseCommand):
    help = (
        "Make two sample briefings with issues in every state, comments, and the staff accounts "
        "editor and reporter (password: demo). Again, it changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing where there is any briefing"
        )

    def handle(self, *, if_empty: bool, verbosity: int, **_: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(
                "DEBUG is off: accounts with known passwords belong in development only."
            )
        if if_empty and Briefing.objects.exists():
            return
        made = plant(at=timezone.now())
        if verbosity:
            self.stdout.write(f"{made} new sample issues.")
