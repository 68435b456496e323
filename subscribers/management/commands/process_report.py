"""manage.py process_report: process one bounce, complaint or reply from a pipe."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.db import DatabaseError
from django.utils import timezone

from newsroom.staff_command import StaffCommand
from subscribers.bounces.incoming_mail import (
    ProcessedMessage,
    preview_message,
    process_message,
)

# sysexits.h: exit codes that a mail server understands at the end of a pipe (pipe(8) of Postfix).
EX_NOINPUT, EX_TEMPFAIL = 66, 75
MAX_BYTES = 20 * 1024 * 1024


class Command(StaffCommand):
    help = (
        "Process one bounce, complaint or reply from standard input. Exits with 0 when the message "
        "was processed, even if there was nothing to do, and with 75 when the mail server should "
        "try again later."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "files", nargs="*", metavar="FILE", help="read these files, not standard input"
        )
        parser.add_argument(
            "--file", action="append", default=[], help="read this file; can be repeated"
        )
        parser.add_argument(
            "--recipient", default="", help="the envelope recipient, such as ${recipient}"
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="print what would be done; needs no matching delivery and changes nothing",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        names = [*options["files"], *options["file"]]
        for name in names or ["-"]:
            message = self._read(name)
            try:
                processed = (
                    preview_message(message)
                    if options["dry_run"]
                    else process_message(
                        message,
                        provider="pipe",
                        recipient=options["recipient"],
                        at=timezone.now(),
                    )
                )
            except (DatabaseError, OSError) as failure:
                self.stderr.write(f"process_report: try again later: {failure}")
                sys.exit(EX_TEMPFAIL)
            if options["json"] or options["dry_run"]:
                self.stdout.write(_line(name, processed, as_json=options["json"]))

    def _read(self, name: str) -> bytes:
        try:
            if name == "-":
                return sys.stdin.buffer.read(MAX_BYTES)
            with Path(name).open("rb") as file:
                return file.read(MAX_BYTES)
        except OSError as failure:
            self.stderr.write(f"process_report: cannot read {name}: {failure.strerror}")
            sys.exit(EX_NOINPUT)


def _line(name: str, processed: ProcessedMessage, *, as_json: bool) -> str:
    report = processed.report
    # Where nothing failed, there is no classification: the report is a notice.
    classified = [
        (result, result.classification.value if result.classification else "notice")
        for result in report.results
    ]
    if not as_json:
        found = ", ".join(f"{one.address} {classification}" for one, classification in classified)
        return f"{name}: {report.kind}; {found or 'no address'}; {processed.action}"
    facts: dict[str, Any] = {
        "file": name if name != "-" else "",
        "kind": report.kind.value,
        "failures": [
            {
                "address": result.address,
                "classification": classification,
                "reason": result.reason.value,
                "status": result.status,
                "diagnostic": result.diagnostic,
            }
            for result, classification in classified
        ],
        "token": report.token,
        "action": processed.action,
    }
    return json.dumps(facts)
