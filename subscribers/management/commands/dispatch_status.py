"""`manage.py dispatch_status DISPATCH`: show how far a dispatch is."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from newsroom.staff_command import StaffCommand
from subscribers.models import Dispatch
from subscribers.sending.dispatch_progress import measure


class Command(StaffCommand):
    help = "Show the state of a dispatch, its deliveries by state, its rate and the time left."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dispatch", type=int, help="the id of the dispatch")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        dispatch = Dispatch.objects.filter(pk=options["dispatch"]).first()
        if dispatch is None:
            raise CommandError(f"There is no dispatch {options['dispatch']}.")
        progress = measure(dispatch, at=timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(progress.as_json()))
            return
        self.stdout.write(f"{dispatch}: {progress.state}")
        if dispatch.pause_reason:
            self.stdout.write(f"  reason: {dispatch.pause_reason}")
        for state, number in progress.deliveries.items():
            if number:
                self.stdout.write(f"  {state:<10} {number:>10,}")
        self.stdout.write(f"  {progress.emails_per_s:,.1f} emails a second", ending="")
        if progress.seconds_left:
            self.stdout.write(f", about {progress.seconds_left:,.0f} s left", ending="")
        self.stdout.write("")
