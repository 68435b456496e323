"""manage.py process_report: one message that came back, from a pipe."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError
from django.utils import timezone

from subscribers.bounces.incoming import Processed, foresee, process

# sysexits.h: what a mail server makes of the end of a pipe (pipe(8) of Postfix).
EX_NOINPUT, EX_UNAVAILABLE, EX_TEMPFAIL = 66, 69, 75
MAX_OCTETS = 20 * 1024 * 1024


class Command(BaseCommand):
    help = (
        "Read one bounce, complaint or reply from standard input and act on it. Ends with 0 when "
        "it was dealt with, also when there was nothing to do; with 75 when it must come again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", metavar="FILE", help="instead of standard input")
        parser.add_argument("--file", action="append", default=[], help="the same, one each")
        parser.add_argument("--recipient", default="", help="the envelope's, such as ${recipient}")
        parser.add_argument("--json", action="store_true", help="say what was found as JSON")
        parser.add_argument("--dry-run", action="store_true", help="change nothing, need no token")

    def handle(self, *args: Any, **options: Any) -> None:
        names = [*options["files"], *options["file"]]
        for name in names or ["-"]:
            message = self._read(name)
            try:
                done = (
                    foresee(message)
                    if options["dry_run"]
                    else process(
                        message,
                        provider="pipe",
                        recipient=options["recipient"],
                        at=timezone.now(),
                    )
                )
            except (DatabaseError, OSError) as failure:
                self.stderr.write(f"process_report: not now: {failure}")
                sys.exit(EX_TEMPFAIL)
            if options["json"] or options["dry_run"]:
                self.stdout.write(_line(name, done, as_json=options["json"]))

    def _read(self, name: str) -> bytes:
        try:
            if name == "-":
                return sys.stdin.buffer.read(MAX_OCTETS)
            with Path(name).open("rb") as file:
                return file.read(MAX_OCTETS)
        except OSError as failure:
            self.stderr.write(f"process_report: {name} cannot be read: {failure.strerror}")
            sys.exit(EX_NOINPUT)


def _line(name: str, done: Processed, *, as_json: bool) -> str:
    report = done.report
    if not as_json:
        found = ", ".join(f"{one.address} {one.verdict}" for one in report.failures)
        return f"{name}: {report.kind}; {found or 'no address'}; {done.act}"
    failures = [
        {
            "address": one.address,
            "verdict": one.verdict.value,
            "reason": one.reason.value,
            "status": one.status,
            "diagnostic": one.diagnostic,
        }
        for one in report.failures
    ]
    facts: dict[str, Any] = {
        "file": name if name != "-" else "",
        "kind": report.kind.value,
        "failures": failures,
        "token": report.token,
        "act": done.act,
    }
    return json.dumps(facts)
