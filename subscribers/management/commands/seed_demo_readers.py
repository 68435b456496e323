"""`manage.py seed_demo_readers`: some forty readers for each briefing, as if they had signed up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from briefings.models import Briefing
from subscribers.consent import Evidence, subscribe, unsubscribe
from subscribers.consent_wording import sign_up_wording
from subscribers.models import Subscriber
from subscribers.models.address_hash import hash_address

GIVEN = (
    *("Ada", "Basil", "Carys", "Dev", "Edith", "Femi", "Greta"),
    *("Hamid", "Isla", "Jomo", "Keir", "Leila", "Marek", "Nia"),
)
FAMILY = ("Abara", "Birch", "Castellan", "Dhillon", "Eccles", "Farrow")
PER_BRIEFING = 42
# Every seventh reader of the second briefing reads the first one too; every twentieth has left.
SHARED_EVERY, LEFT_EVERY = 7, 20


class Command(BaseCommand):
    help = "Make some forty readers at example.com for each briefing. Again, it changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing where there is any subscriber"
        )

    def handle(self, *, if_empty: bool, verbosity: int, **_: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("DEBUG is off: made-up readers belong in development only.")
        if if_empty and Subscriber.objects.exists():
            return
        made = seed(at=timezone.now())
        if verbosity:
            self.stdout.write(f"{made} new subscriptions.")


@transaction.atomic
def seed(*, at: datetime) -> int:
    """Let readers join every current briefing over the past weeks; give back how many did."""
    made = 0
    for place, briefing in enumerate(Briefing.objects.current().order_by("pk")):
        for number in range(PER_BRIEFING):
            mine = number + (0 if number % SHARED_EVERY == 0 else place * PER_BRIEFING)
            made += _join(_reader(mine, at=at), briefing, number, at=at)
    return made


def _reader(number: int, *, at: datetime) -> Subscriber:
    given, family = GIVEN[number % len(GIVEN)], FAMILY[number // len(GIVEN) % len(FAMILY)]
    extra = number // (len(GIVEN) * len(FAMILY)) or ""
    address = f"{given}.{family}{extra}@example.com".lower()
    reader, _ = Subscriber.objects.get_or_create(
        address_hash=hash_address(address),
        defaults={
            "address": address,
            "name": f"{given} {family}" if number % 3 else "",
            "created_at": at - timedelta(days=120),
        },
    )
    return reader


def _join(reader: Subscriber, briefing: Briefing, number: int, *, at: datetime) -> bool:
    if reader.subscriptions.filter(briefing=briefing).exists():
        return False
    joined = at - timedelta(days=3 + number * 2, hours=number % 11)
    subscription = subscribe(
        reader,
        briefing,
        at=joined,
        evidence=Evidence(
            source=briefing.get_absolute_url(),
            wording=sign_up_wording(briefing),
            ip="192.0.2.1",  # from the block that documentation may use
            asked_at=joined - timedelta(minutes=4),
            asked_ip="192.0.2.1",
        ),
    )
    if subscription is None:
        return False
    if number % LEFT_EVERY == LEFT_EVERY - 1:
        unsubscribe(subscription, at=joined + timedelta(days=2), source="A letter", ip="192.0.2.1")
    return True
