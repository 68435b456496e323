"""`manage.py dispatch_status DISPATCH`: how a sending stands."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from subscribers.models import Dispatch
from subscribers.sending.dispatch_progress import measure


class Command(BaseCommand):
    help = "Show a dispatch's state, its deliveries by state, its rate and the time left."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dispatch", type=int, help="the dispatch's number")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        dispatch = Dispatch.objects.filter(pk=options["dispatch"]).first()
        if dispatch is None:
            raise CommandError(f"There is no dispatch {options['dispatch']}.")
        found = measure(dispatch, at=timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(asdict(found)))
            return
        self.stdout.write(f"{dispatch}: {found.state}")
        if dispatch.pause_reason:
            self.stdout.write(f"  because: {dispatch.pause_reason}")
        for state, number in found.deliveries.items():
            if number:
                self.stdout.write(f"  {state:<10} {number:>10,}")
        self.stdout.write(f"  {found.letters_per_s:,.1f} letters a second", ending="")
        if found.seconds_left:
            self.stdout.write(f", about {found.seconds_left:,.0f} s left", ending="")
        self.stdout.write("")
