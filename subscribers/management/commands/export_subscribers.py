"""`manage.py export_subscribers`: a list as CSV, to standard output or a file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from briefings.models import Briefing
from subscribers.lists.dates import UnclearDate, read_date
from subscribers.lists.export import Wanted, Which, export


class Command(BaseCommand):
    help = (
        "Write subscriptions as CSV with the evidence of consent. It holds addresses: keep it safe."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--briefing", default="", metavar="SLUG", help="one alone, not all")
        parser.add_argument(
            "--state",
            default=Which.ACTIVE.value,
            choices=[which.value for which in Which],
            help="active (the default) are those who get the next issue",
        )
        parser.add_argument("--joined-since", default="", metavar="DATE", help="such as 2024-05-01")
        parser.add_argument("--joined-before", default="", metavar="DATE")
        parser.add_argument("--output", default="-", metavar="FILE", help="- for standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = Wanted(
            briefing=_find(options["briefing"]) if options["briefing"] else None,
            which=Which(options["state"]),
            joined_since=_read(options["joined_since"]),
            joined_before=_read(options["joined_before"]),
        )
        if options["output"] == "-":
            # As bytes: the terminal's encoding may not know every name.
            out = getattr(self.stdout._out, "buffer", None)
            for piece in export(wanted, by=None):
                if out is not None:
                    out.write(piece.encode())
                else:
                    self.stdout.write(piece, ending="")
            return
        try:
            with Path(options["output"]).open("w", encoding="utf-8", newline="") as file:
                file.writelines(export(wanted, by=None))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "its name is no name of a file"
            raise CommandError(f"{options['output']!r} cannot be written: {reason}.") from None


def _find(slug: str) -> Briefing:
    found = Briefing.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no briefing {slug!r}.")
    return found


def _read(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return read_date(text, order=None, now=timezone.now().replace(year=9000, tzinfo=UTC))
    except UnclearDate:
        raise CommandError(f"{text!r} is no date: write it like 2024-05-01.") from None
