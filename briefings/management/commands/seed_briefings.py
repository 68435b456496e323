"""`manage.py seed_briefings`: three sample briefings with issues, comments and staff."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from briefings.models import Briefing
from briefings.sample_data.loader import load_samples
from newsroom.staff_command import StaffCommand


class Command(StaffCommand):
    help = (
        "Create three sample briefings with issues in every state, comments, points and quotations,"
        " and the staff accounts reporter, editor, publisher, moderator and admin (password: demo)."
        " Running it again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing if there is a briefing already"
        )

    def handle(self, *, if_empty: bool, verbosity: int, **_: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(
                "DEBUG is off. This command creates accounts with a known password, so it runs in"
                " development only."
            )
        if if_empty and Briefing.objects.exists():
            return
        created = load_samples(at=timezone.now())
        if verbosity:
            self.stdout.write(f"Created {created} sample issues.")
