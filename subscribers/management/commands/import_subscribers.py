"""`manage.py import_subscribers FILE --briefing SLUG`: a list with the evidence of consent."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from os.path import sameopenfile
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from briefings.models import Briefing
from subscribers.lists import Figures, ImportRefused, run
from subscribers.lists.columns import LABELS
from subscribers.lists.dates import DayOrder
from subscribers.lists.import_plan import Choices, Plan, make_plan

_CHOICE = re.compile(rf"({'|'.join(LABELS)})=(.*?)(?=,(?:{'|'.join(LABELS)})=|$)", re.DOTALL)


class Command(BaseCommand):
    help = (
        "Import a CSV or TSV list, or an export of Mailchimp, Ghost, Substack or listmonk, with the"
        " evidence of each consent. Whoever left, complained or is suppressed is not brought back."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the list, or - for standard input")
        parser.add_argument("--briefing", required=True, metavar="SLUG", help="as in its address")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be, write nothing"
        )
        parser.add_argument("--json", action="store_true", help="for machines")
        parser.add_argument(
            "--columns",
            action="append",
            default=[],
            metavar="ROLE=COLUMN",
            help=f"where names do not tell: {', '.join(LABELS)}; columns by name or #number",
        )
        parser.add_argument(
            "--consented-on", default="", metavar="DATE", help="for rows without one"
        )
        parser.add_argument(
            "--source", default="", help="where people agreed, for rows without one"
        )
        parser.add_argument(
            "--wording", default="", help="what they were told, for rows without one"
        )
        parser.add_argument(
            "--dates",
            default="",
            choices=[DayOrder.DAY_FIRST.value, DayOrder.MONTH_FIRST.value],
            help="how 01/05/2024 is meant, where no date of the file tells",
        )
        parser.add_argument(
            "--refused", default="", metavar="FILE", help="write refused rows there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        briefing = _find(options["briefing"])
        choices = Choices(
            columns=_read_choices(options["columns"]),
            consented_on=options["consented_on"],
            source=options["source"],
            wording=options["wording"],
            dates=options["dates"],
        )
        now = timezone.now()
        with _opened(options["file"]) as file, _refused_to(options["refused"]) as refused:
            if refused and sameopenfile(file.fileno(), refused.fileno()):
                raise CommandError("The refused rows cannot be written over the list itself.")
            try:
                plan = make_plan(file, choices, now=now)
                figures = self._run(
                    file, plan, briefing, refused, now=now, dry_run=options["dry_run"]
                )
            except ImportRefused as refusal:
                raise CommandError(f"Nothing was imported. {refusal}") from None
        if options["json"]:
            self.stdout.write(json.dumps(_for_machines(briefing, plan, figures, options)))
        else:
            self._report(briefing, plan, figures, options)

    def _run(
        self,
        file: BinaryIO,
        plan: Plan,
        briefing: Briefing,
        refused: BinaryIO | None,
        *,
        now: datetime,
        dry_run: bool,
    ) -> Figures:
        size = file.seek(0, 2)

        def watch(done: int | None) -> None:
            if sys.stderr.isatty():
                words = "writing …" if done is None else f"read {100 * done // size} %"
                self.stderr.write(f"\r{words:<12}", ending="")

        def conclude(_: Figures, pieces: Iterator[bytes]) -> None:
            if refused is not None:
                refused.seek(0)
                refused.truncate()
                refused.writelines(pieces)
                refused.flush()

        figures = run(file, plan, briefing, at=now, dry_run=dry_run, watch=watch, conclude=conclude)
        if sys.stderr.isatty():
            self.stderr.write("\r" + " " * 12 + "\r", ending="")
        return figures

    def _report(
        self, briefing: Briefing, plan: Plan, figures: Figures, options: dict[str, Any]
    ) -> None:
        kind = f"{plan.layout.name} export, " if plan.layout else ""
        table = plan.table
        self.stdout.write(
            f"Read as: {kind}{table.encoding.label}, separated by {table.separator_words}."
        )
        for role, label in LABELS.items():
            if name := plan.column_name(role):
                self.stdout.write(f"  {label}: column “{name}”")
        would = "would be " if options["dry_run"] else ""
        self.stdout.write(
            f"{figures.rows:,} rows: {figures.new:,} {would}new subscribers of {briefing},"
            f" {figures.already_there:,} there already, {figures.repeated:,} repeated in the file,"
            f" {figures.refused:,} refused."
        )
        for reason, number in figures.reasons.items():
            self.stdout.write(f"  {number:,}: {reason}")
        if figures.refused and not options["refused"]:
            self.stdout.write("To see these rows, add --refused FILE.")
        if options["dry_run"]:
            self.stdout.write("This was a dry run: nothing was written.")


def _find(slug: str) -> Briefing:
    found = Briefing.objects.filter(slug=slug).first()
    if found is None:
        slugs = ", ".join(Briefing.objects.values_list("slug", flat=True)[:20])
        raise CommandError(
            f"There is no briefing {slug!r}. "
            + (f"There are: {slugs}." if slugs else "Make one first.")
        )
    return found


def _read_choices(words: list[str]) -> dict[str, str]:
    """Read `address=Mail,name=Who`, in one or several options."""
    choices: dict[str, str] = {}
    for word in words:
        found = _CHOICE.findall(word)
        if ",".join(f"{role}={column}" for role, column in found) != word:
            raise CommandError(
                f"--columns {word!r} is not understood: write ROLE=COLUMN, such as address=Mail."
                f" Roles: {', '.join(LABELS)}."
            )
        choices.update(found)
    return choices


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """Open the list; standard input is kept aside first, for it is read more than once."""
    if name == "-":
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy)
            yield copy
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115  (closed below; only opening may be refused)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is no name of a file"
        raise CommandError(f"{name!r} cannot be read: {reason}.") from None
    with file:
        yield file


@contextmanager
def _refused_to(name: str) -> Iterator[BinaryIO | None]:
    """Open the file of refused rows before anything is done, so that it cannot fail afterwards.

    What stands in it is replaced only when the import is done.
    """
    if not name:
        yield None
        return
    try:
        Path(name).touch()
        file = Path(name).open("r+b")  # noqa: SIM115  (as above)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is no name of a file"
        raise CommandError(f"{name!r} cannot be written: {reason}.") from None
    with file:
        yield file


def _for_machines(
    briefing: Briefing, plan: Plan, figures: Figures, options: dict[str, Any]
) -> dict[str, Any]:
    return {
        "briefing": briefing.slug,
        "dry_run": options["dry_run"],
        "layout": plan.layout.name if plan.layout else None,
        "encoding": plan.table.encoding.codec,
        "separator": plan.table.separator,
        "columns": {role: plan.column_name(role) for role in LABELS if role in plan.columns},
        **asdict(figures),
        "refused_file": options["refused"] or None,
    }
