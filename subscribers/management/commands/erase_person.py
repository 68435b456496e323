"""`manage.py erase_person ADDRESS`: erase everything about an address, subscriber or not."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from newsroom.email_addresses import normalise_address
from newsroom.staff_command import StaffCommand
from subscribers.models import SubscriberImport
from subscribers.privacy.erasure import erase
from subscribers.privacy.personal_data import person_at


class Command(StaffCommand):
    help = (
        "Erase everything about an email address, now and for good. A hash of it stays, so that we"
        " never email it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", metavar="ADDRESS")
        parser.add_argument(
            "--yes", action="store_true", help="confirm; without it nothing is erased"
        )
        parser.add_argument(
            "--keep-words", action="store_true", help="keep comments, without their author"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            person = person_at(normalise_address(options["address"]))
        except ValidationError as fault:
            raise CommandError(" ".join(fault.messages)) from None
        if not options["yes"]:
            raise CommandError(
                "Nothing was erased. You cannot undo this; if the person asked for it, add --yes."
            )
        erased = erase(person, keep_words=options["keep_words"])
        found = [f"{number} {kind}" for kind, number in erased.items() if number]
        self.stdout.write(f"Erased: {', '.join(found) or 'nothing was stored'}.")
        if lists := SubscriberImport.objects.with_people_to_erase().count():
            self.stdout.write(
                "A worker removes their rows from lists that wait to be imported and from refused"
                f" rows: {lists} to search."
            )
