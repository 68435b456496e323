"""`manage.py restored`: mark the database as restored, and decide what it sends."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from newsroom import database_epoch
from newsroom.staff_command import StaffCommand
from newsroom.transitions import TransitionRefused
from subscribers.restoration import held_work

BY_HAND = "Somebody marked it with `manage.py restored`."


class Command(StaffCommand):
    help = (
        "Mark this database as restored from a backup, so that everything scheduled or unfinished"
        " in it is held. Then list what is held, and release it or give it up."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--list", action="store_true", help="only list what is held")
        what.add_argument(
            "--release",
            nargs="*",
            metavar="NAME",
            help="continue with these (dispatch:12 issue:5 import:3 emails), or with everything;"
            " some readers may get an email twice",
        )
        what.add_argument(
            "--give-up",
            nargs="*",
            metavar="NAME",
            help="end these, or everything: send nothing more, leave issues unscheduled, stop"
            " imports, delete emails",
        )
        what.add_argument(
            "--publish",
            nargs="+",
            metavar="NAME",
            help="publish these issues on the site without sending them: readers have them already",
        )
        parser.add_argument(
            "--json",
            action="store_true",
            help="print what is held as JSON; by itself, only list it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        decisions = {
            "release": held_work.release,
            "give_up": held_work.give_up,
            "publish": held_work.publish,
        }
        chosen = next((name for name in decisions if options[name] is not None), None)
        only_looks = options["list"] or options["json"]
        # The copies may prove a restore before a worker has noticed it. Whoever decides at once
        # needs no email, and other hosts must not raise the alarm afterwards.
        marked = database_epoch.mark_restored(alert=chosen is None)
        said, refused = [], []
        if chosen is not None:
            if not marked:
                database_epoch.advance(at_once=True)
            for name in options[chosen] or [entry.name for entry in held_work.waiting()]:
                try:
                    said.append(decisions[chosen](name, by=None, at=timezone.now()))
                except TransitionRefused as refusal:
                    refused.append(str(refusal))
            held_work.close_if_nothing_waits()
        elif not only_looks and not marked:
            database_epoch.mark_restored(reason=BY_HAND)
        if options["json"]:
            self.stdout.write(json.dumps(_facts()))
        else:
            self._report(said)
        if refused:
            raise CommandError("\n".join(refused))

    def _report(self, said: list[str]) -> None:
        for sentence in said:
            self.stdout.write(sentence)
        epoch = database_epoch.restored_epoch()
        entries = held_work.waiting()
        if epoch is None:
            self.stdout.write("This database is not marked as restored. Nothing is held.")
            return
        if not entries:
            self.stdout.write(
                "This database was restored. Nothing is held. Run `manage.py restored --release` to"
                " remove the notice from the admin."
            )
            return
        self.stdout.write(
            "This database was restored. We send none of the following until you decide:"
        )
        for entry in entries:
            self.stdout.write(f"\n{entry.name}  {entry.title}\n  {entry.facts}")
            self.stdout.write(f"  --release {entry.name}: {entry.release}.")
            self.stdout.write(f"  --give-up {entry.name}: {entry.give_up}.")
            if entry.publish:
                self.stdout.write(f"  --publish {entry.name}: {entry.publish}.")


def _facts() -> dict[str, Any]:
    epoch = database_epoch.restored_epoch()
    return {
        "restored": epoch is not None,
        "since": epoch.restored_at.isoformat() if epoch and epoch.restored_at else None,
        "reason": epoch.restored_reason if epoch else "",
        "waiting": [asdict(entry) for entry in held_work.waiting()],
    }
