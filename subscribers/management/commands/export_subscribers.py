"""`manage.py export_subscribers`: write a list as CSV to standard output or a file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from briefings.models import Briefing
from newsroom.staff_command import StaffCommand
from subscribers.lists.dates import InvalidDate, parse_date
from subscribers.lists.export import ExportFilters, ExportStatus, export_csv


class Command(StaffCommand):
    help = (
        "Write subscriptions as CSV, with the evidence of consent. The file contains personal data:"
        " keep it safe."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--briefing", default="", metavar="SLUG", help="one briefing; the default is all"
        )
        parser.add_argument(
            "--state",
            default=ExportStatus.ACTIVE.value,
            choices=[status.value for status in ExportStatus],
            help="the default, active, is everyone who will get the next issue",
        )
        parser.add_argument(
            "--joined-since", default="", metavar="DATE", help="for example 2024-05-01"
        )
        parser.add_argument("--joined-before", default="", metavar="DATE")
        parser.add_argument(
            "--output", default="-", metavar="FILE", help="the default, -, is standard output"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        filters = ExportFilters(
            briefing=_find_briefing(options["briefing"]) if options["briefing"] else None,
            status=ExportStatus(options["state"]),
            joined_since=_parse_date(options["joined_since"]),
            joined_before=_parse_date(options["joined_before"]),
        )
        if options["output"] == "-":
            # As bytes: the terminal's encoding may not know every name.
            out = getattr(self.stdout._out, "buffer", None)
            for piece in export_csv(filters, by=None):
                if out is not None:
                    out.write(piece.encode())
                else:
                    self.stdout.write(piece, ending="")
            return
        try:
            with Path(options["output"]).open("w", encoding="utf-8", newline="") as file:
                file.writelines(export_csv(filters, by=None))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not a file name"
            raise CommandError(f"{options['output']!r} cannot be written: {reason}.") from None


def _find_briefing(slug: str) -> Briefing:
    found = Briefing.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no briefing {slug!r}.")
    return found


def _parse_date(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return parse_date(text, order=None, now=timezone.now().replace(year=9000, tzinfo=UTC))
    except InvalidDate:
        raise CommandError(f"{text!r} is not a date. Write it like 2024-05-01.") from None
