"""`manage.py seed_subscribers N`: add confirmed synthetic subscribers, for load tests."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from briefings.models import Briefing
from newsroom.staff_command import StaffCommand
from subscribers.models import ConsentAction, ConsentRecord, Subscriber, Subscription
from subscribers.models.address_hash import hash_address

BATCH = 5_000


class Command(StaffCommand):
    help = "Add N confirmed synthetic subscribers (reader1@example.com …) to a briefing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", type=int, metavar="N")
        parser.add_argument("--briefing", required=True, metavar="SLUG")
        parser.add_argument(
            "--yes-synthetic",
            action="store_true",
            help="add them although DEBUG is off; these addresses belong to nobody",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG and not options["yes_synthetic"]:
            raise CommandError(
                "DEBUG is off, so this may be a real list. To add synthetic subscribers to it, give"
                " --yes-synthetic too."
            )
        briefing = Briefing.objects.filter(slug=options["briefing"]).first()
        if briefing is None:
            raise CommandError(f"There is no briefing {options['briefing']!r}.")
        number: int = options["number"]
        if number < 1:
            raise CommandError("N must be 1 or more.")
        added = 0
        for start in range(1, number + 1, BATCH):
            added += seed_batch(briefing, range(start, min(start + BATCH, number + 1)))
            if sys.stderr.isatty():
                self.stderr.write(f"\r{min(start + BATCH - 1, number):,} of {number:,}", ending="")
        self.stdout.write(
            f"Added {added:,} subscribers to {briefing}. {number - added:,} were there already."
        )


@transaction.atomic
def seed_batch(briefing: Briefing, numbers: range) -> int:
    """Add the subscribers with these numbers who are missing; return how many were added."""
    addresses = {hash_address(a): a for a in (f"reader{n}@example.com" for n in numbers)}
    Subscriber.objects.bulk_create(
        [
            Subscriber(address=address, address_hash=key, name=f"Reader {address[6:-12]}")
            for key, address in addresses.items()
        ],
        ignore_conflicts=True,
    )
    ids = Subscriber.objects.filter(address_hash__in=addresses).values_list("pk", flat=True)
    taken = set(
        Subscription.objects.filter(briefing=briefing, subscriber__in=ids).values_list(
            "subscriber_id", flat=True
        )
    )
    missing = [pk for pk in ids if pk not in taken]
    Subscription.objects.bulk_create(
        [Subscription(subscriber_id=pk, briefing=briefing) for pk in missing]
    )
    ConsentRecord.objects.bulk_create(
        [
            ConsentRecord(
                subscriber_id=pk,
                briefing=briefing,
                action=ConsentAction.IMPORTED,
                source="seed_subscribers",
                wording="A synthetic subscriber for load tests.",
            )
            for pk in missing
        ]
    )
    return len(missing)
