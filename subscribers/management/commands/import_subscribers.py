"""`manage.py import_subscribers FILE --briefing SLUG`: import a list with evidence of consent."""

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

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from briefings.models import Briefing
from newsroom.staff_command import StaffCommand
from subscribers.lists.columns import FIELD_LABELS
from subscribers.lists.dates import DayOrder
from subscribers.lists.import_errors import ImportRefused
from subscribers.lists.import_plan import BlankStatus, ImportOptions, ImportPlan, make_plan
from subscribers.lists.import_run import ImportCounts, run_import
from subscribers.lists.status_columns import IGNORE

_FIELDS = "|".join(FIELD_LABELS)
_COLUMN_CHOICE = re.compile(rf"({_FIELDS})=(.*?)(?=,(?:{_FIELDS})=|$)", re.DOTALL)


class Command(StaffCommand):
    help = (
        "Import a CSV or TSV list, or an export from Mailchimp, Ghost, Substack or listmonk, with"
        " the evidence of each consent. People who unsubscribed here, complained or are suppressed"
        " are not subscribed again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the list; - reads standard input")
        parser.add_argument(
            "--briefing", required=True, metavar="SLUG", help="as in its web address"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="check the file and import nothing"
        )
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument(
            "--columns",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help=(
                "which column contains a field, if its name does not say so; give the column's name"
                f" or #number. Fields: {', '.join(FIELD_LABELS)}"
            ),
        )
        parser.add_argument(
            "--consented-on", default="", metavar="DATE", help="consent date of rows without one"
        )
        parser.add_argument(
            "--source", default="", help="where people agreed, for rows that do not say"
        )
        parser.add_argument(
            "--wording", default="", help="what they were told, for rows that do not say"
        )
        parser.add_argument(
            "--dates",
            default="",
            choices=[DayOrder.DAY_FIRST.value, DayOrder.MONTH_FIRST.value],
            help="how to read 01/05/2024, if no date in the file shows it",
        )
        parser.add_argument(
            "--meaning",
            action="append",
            default=[],
            metavar="COLUMN=MEANING",
            help=(
                "what a column says about who may be emailed, if we ask: do-not-email (a yes, a"
                " date or any words refuse the row), may-email (a no or nothing refuses it),"
                " status, or only:WORD (any other word refuses it)"
            ),
        )
        parser.add_argument(
            "--ignore",
            action="append",
            default=[],
            metavar="COLUMN",
            help="a column that does not say who may be emailed, if we ask",
        )
        parser.add_argument(
            "--blank-status",
            default="",
            choices=[BlankStatus.IMPORT.value, BlankStatus.REFUSE.value],
            help="what to do with people without a status, where others have one",
        )
        parser.add_argument(
            "--refused", default="", metavar="FILE", help="write the refused rows to this file"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        briefing = _find_briefing(options["briefing"])
        import_options = ImportOptions(
            columns=_read_column_choices(options["columns"]),
            consented_on=options["consented_on"],
            source=options["source"],
            wording=options["wording"],
            dates=options["dates"],
            meanings=_read_meanings(options["meaning"], options["ignore"]),
            blank_status=options["blank_status"],
        )
        now = timezone.now()
        with _open_list(options["file"]) as file, _open_refused(options["refused"]) as refused:
            if refused and sameopenfile(file.fileno(), refused.fileno()):
                raise CommandError(
                    "--refused names the list itself. Choose another file for the refused rows."
                )
            try:
                plan = make_plan(file, import_options, now=now)
                counts = self._run(
                    file, plan, briefing, refused, now=now, dry_run=options["dry_run"]
                )
            except ImportRefused as refusal:
                raise CommandError(f"Nothing was imported. {refusal}") from None
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(briefing, plan, counts, options)))
        else:
            self._report(briefing, plan, counts, options)

    def _run(
        self,
        file: BinaryIO,
        plan: ImportPlan,
        briefing: Briefing,
        refused: BinaryIO | None,
        *,
        now: datetime,
        dry_run: bool,
    ) -> ImportCounts:
        size = file.seek(0, 2)

        def show_progress(done: int | None) -> None:
            if sys.stderr.isatty():
                words = "saving…" if done is None else f"{100 * done // size}% read"
                self.stderr.write(f"\r{words:<12}", ending="")

        def write_refused(_: ImportCounts, pieces: Iterator[bytes]) -> None:
            if refused is not None:
                refused.seek(0)
                refused.truncate()
                refused.writelines(pieces)
                refused.flush()

        counts = run_import(
            file,
            plan,
            briefing,
            at=now,
            dry_run=dry_run,
            on_progress=show_progress,
            on_written=write_refused,
        )
        if sys.stderr.isatty():
            self.stderr.write("\r" + " " * 12 + "\r", ending="")
        return counts

    def _report(
        self, briefing: Briefing, plan: ImportPlan, counts: ImportCounts, options: dict[str, Any]
    ) -> None:
        kind = f"{plan.known_export.name} export, " if plan.known_export else ""
        csv_format = plan.csv_format
        self.stdout.write(
            f"Read as {kind}{csv_format.encoding.label}, separated by {csv_format.separator_name}."
        )
        for import_field, label in FIELD_LABELS.items():
            if name := plan.column_name(import_field):
                self.stdout.write(f"  {label}: column “{name}”")
        for position, rule in plan.status_rules:
            self.stdout.write(f"  {rule.description}: column “{csv_format.header[position]}”")
        if unused := counts.unused_columns:
            self.stdout.write(f"  Not used: {', '.join(f'“{name}”' for name in unused)}")
        would_be = "would be " if options["dry_run"] else ""
        self.stdout.write(
            f"{counts.lines:,} lines: {counts.header_lines:,} up to the column names,"
            f" {counts.empty_lines:,} empty, {counts.continued_lines:,} inside a cell that began"
            f" above, {counts.rows:,} with a row."
        )
        self.stdout.write(
            f"{counts.rows:,} rows: {counts.new:,} {would_be}new subscribers to {briefing},"
            f" {counts.already_there:,} already subscribed, {counts.repeated:,} repeated in the"
            f" file, {counts.refused:,} refused."
        )
        for reason, number in counts.reasons.items():
            self.stdout.write(f"  {number:,}: {reason}")
        if counts.refused and not options["refused"]:
            self.stdout.write("To save the refused rows, add --refused FILE.")
        if options["dry_run"]:
            self.stdout.write("This was a dry run. Nothing was imported.")


def _find_briefing(slug: str) -> Briefing:
    found = Briefing.objects.filter(slug=slug).first()
    if found is None:
        slugs = ", ".join(Briefing.objects.values_list("slug", flat=True)[:20])
        raise CommandError(
            f"There is no briefing {slug!r}. "
            + (f"Choose one of: {slugs}." if slugs else "Create one first.")
        )
    return found


def _read_column_choices(words: list[str]) -> dict[str, str]:
    """Return the columns of fields from `address=Mail,name=Who`, in one or several options."""
    choices: dict[str, str] = {}
    for word in words:
        found = _COLUMN_CHOICE.findall(word)
        if ",".join(f"{name}={column}" for name, column in found) != word:
            raise CommandError(
                f"--columns {word!r} cannot be read. Write FIELD=COLUMN, such as address=Mail."
                f" Fields: {', '.join(FIELD_LABELS)}."
            )
        choices.update(found)
    return choices


def _read_meanings(meanings: list[str], ignored: list[str]) -> dict[str, str]:
    """Return the meanings of columns from `VIP=ignore` and `--ignore VIP`."""
    found: dict[str, str] = dict.fromkeys(ignored, IGNORE)
    for word in meanings:
        column, _, meaning = word.rpartition("=")
        if not column:
            raise CommandError(
                f"--meaning {word!r} cannot be read. Write COLUMN=MEANING, such as VIP=ignore."
            )
        found[column] = meaning
    return found


@contextmanager
def _open_list(name: str) -> Iterator[BinaryIO]:
    """Open the list; standard input is copied to a file first, because we read it several times."""
    if name == "-":
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy)
            yield copy
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115  (closed below; only opening may be refused)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise CommandError(f"{name!r} cannot be read: {reason}.") from None
    with file:
        yield file


@contextmanager
def _open_refused(name: str) -> Iterator[BinaryIO | None]:
    """Open the file of refused rows before the import, so that it cannot fail afterwards.

    Its contents are replaced only when the import is done.
    """
    if not name:
        yield None
        return
    try:
        Path(name).touch()
        file = Path(name).open("r+b")  # noqa: SIM115  (as above)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise CommandError(f"{name!r} cannot be written: {reason}.") from None
    with file:
        yield file


def _as_json(
    briefing: Briefing, plan: ImportPlan, counts: ImportCounts, options: dict[str, Any]
) -> dict[str, Any]:
    return {
        "briefing": briefing.slug,
        "dry_run": options["dry_run"],
        "layout": plan.known_export.name if plan.known_export else None,
        "encoding": plan.csv_format.encoding.codec,
        "separator": plan.csv_format.separator,
        "columns": {one: plan.column_name(one) for one in FIELD_LABELS if one in plan.columns},
        "status_columns": {
            plan.csv_format.header[position]: str(rule.kind) for position, rule in plan.status_rules
        },
        **asdict(counts),
        "refused_file": options["refused"] or None,
    }
