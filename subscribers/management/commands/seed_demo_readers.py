"""`manage.py seed_demo_readers`: about forty subscribers for each briefing, for demonstrations.

The latest issue is in the inbox of those who would have got it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from briefings.models import Briefing, Issue
from newsroom.mail_servers import MailServerKind
from newsroom.reader_language import in_language
from newsroom.staff_command import StaffCommand
from subscribers.consent import Evidence, subscribe, unsubscribe
from subscribers.consent_wording import sign_up_wording
from subscribers.models import DeliveryState, Dispatch, Subscriber
from subscribers.models.address_hash import hash_address
from subscribers.sending import dispatches, ledger
from subscribers.sending.personalised_email import PreparedEmail
from subscribers.sending.transports import store_in_inbox

FIRST_NAMES = (
    *("Ada", "Basil", "Carys", "Dev", "Edith", "Femi", "Greta"),
    *("Hamid", "Isla", "Jomo", "Keir", "Leila", "Marek", "Nia"),
)
LAST_NAMES = ("Abara", "Birch", "Castellan", "Dhillon", "Eccles", "Farrow")
PER_BRIEFING = 42
# Every seventh subscriber of a later briefing is also subscribed to the first one, and every
# twentieth has unsubscribed.
SHARED_EVERY, UNSUBSCRIBED_EVERY = 7, 20


class Command(StaffCommand):
    help = (
        "Add about forty subscribers at example.com to each briefing, and put the latest issue into"
        " the development inbox. Running it again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing if there are subscribers already"
        )

    def handle(self, *, if_empty: bool, verbosity: int, **_: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("DEBUG is off. Sample subscribers can be added in development only.")
        if if_empty and Subscriber.objects.exists():
            return
        now = timezone.now()
        added = seed(at=now)
        sent = send_latest_issues(at=now) if inbox_is_used() else 0
        if verbosity:
            self.stdout.write(f"Added {added} subscriptions. Sent {sent} emails to the inbox.")


@transaction.atomic
def seed(*, at: datetime) -> int:
    """Subscribe people to every current briefing over the past weeks; return how many."""
    added = 0
    for index, briefing in enumerate(Briefing.objects.current().order_by("pk")):
        for number in range(PER_BRIEFING):
            is_shared = number % SHARED_EVERY == 0
            subscriber = _subscriber(number + (0 if is_shared else index * PER_BRIEFING), at=at)
            added += _subscribe(subscriber, briefing, number, at=at)
    return added


def inbox_is_used() -> bool:
    """Whether emails go to the development inbox."""
    return bool(settings.MAIL_SERVERS[0].kind is MailServerKind.INBOX)


@transaction.atomic
def send_latest_issues(*, at: datetime) -> int:
    """Send the latest issue in each language that was not sent yet; return the number of emails."""
    unsent = Issue.objects.published().for_page().filter(dispatches=None)
    languages = Briefing.objects.order_by().values_list("language", flat=True).distinct()
    latest = [unsent.filter(briefing__language=language).first() for language in languages]
    # The latest of all comes last, and so is at the top of the inbox.
    issues = sorted((issue for issue in latest if issue), key=lambda issue: issue.dateline)
    return sum(_send(issue, at=at) for issue in issues)


def _send(issue: Issue, *, at: datetime) -> int:
    """Send an issue in a whole dispatch, but without a worker: the demo shows it at once."""
    dispatch = dispatches.freeze(issue, at=at)
    dispatches.start(dispatch, at=at)
    email, sent = PreparedEmail(dispatch), 0
    for delivery in dispatch.deliveries.order_by("subscriber_id"):
        if recipient := ledger.recipient_of(delivery):
            written = email.personalise(
                recipient, eight_bit=True, utf8_addresses=True, at=at.timestamp()
            )
            store_in_inbox(written)
            sent += 1
    dispatch.deliveries.update(state=DeliveryState.SENT, settled_at=at)
    Dispatch.objects.filter(pk=dispatch.pk).update(fresh_left=0)
    dispatch.mark_sent(at=at)
    return sent


def _subscriber(number: int, *, at: datetime) -> Subscriber:
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    last = LAST_NAMES[number // len(FIRST_NAMES) % len(LAST_NAMES)]
    extra = number // (len(FIRST_NAMES) * len(LAST_NAMES)) or ""
    address = f"{first}.{last}{extra}@example.com".lower()
    subscriber, _ = Subscriber.objects.get_or_create(
        address_hash=hash_address(address),
        defaults={
            "address": address,
            "name": f"{first} {last}" if number % 3 else "",
            "created_at": at - timedelta(days=120),
        },
    )
    return subscriber


def _subscribe(subscriber: Subscriber, briefing: Briefing, number: int, *, at: datetime) -> bool:
    if subscriber.subscriptions.filter(briefing=briefing).exists():
        return False
    subscribed_at = at - timedelta(days=3 + number * 2, hours=number % 11)
    with in_language(briefing.language):
        wording = sign_up_wording(briefing)
    subscription = subscribe(
        subscriber,
        briefing,
        at=subscribed_at,
        evidence=Evidence(
            source=briefing.get_absolute_url(),
            wording=wording,
            ip="192.0.2.1",  # reserved for documentation
            asked_at=subscribed_at - timedelta(minutes=4),
            asked_ip="192.0.2.1",
        ),
    )
    if subscription is None:
        return False
    if number % UNSUBSCRIBED_EVERY == UNSUBSCRIBED_EVERY - 1:
        unsubscribe(
            subscription,
            at=subscribed_at + timedelta(days=2),
            source="email link",
            ip="192.0.2.1",
        )
    return True
