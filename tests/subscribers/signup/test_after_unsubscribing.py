"""Who leaves takes back what was asked for before: no letter and no link brings them back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from briefings.models import Briefing
from subscribers.models import SignUp, SignUpChoice, Subscription
from subscribers.signup.reminders import REMIND_AFTER, send_due_reminders
from tests.factories import make_briefing, make_reader
from tests.sent_emails import emails_sent, link_to

pytestmark = pytest.mark.django_db
ADA = "ada@example.org"


@pytest.fixture
def ward() -> Briefing:
    return make_briefing(title="The Ward Round", slug="ward-round")


@pytest.fixture
def council() -> Briefing:
    return make_briefing(title="The Council", slug="council")


def ask_for(client: Client, briefing: Briefing) -> None:
    assert client.post(f"/subscribe/{briefing.slug}/", {"address": ADA}).status_code == 200


def leave(client: Client, subscription: Subscription) -> None:
    assert client.post(f"/unsubscribe/{subscription.token}/").status_code == 200


def grow_old(*, by: timedelta) -> None:
    """Let everything have happened so much earlier."""
    for row in SignUp.objects.exclude(email_sent_at=None):
        assert row.email_sent_at
        row.asked_at, row.email_sent_at = row.asked_at - by, row.email_sent_at - by
        row.save(update_fields=["asked_at", "email_sent_at"])
    for choice in SignUpChoice.objects.all():
        choice.asked_at -= by
        choice.save(update_fields=["asked_at"])
    for left in Subscription.objects.exclude(left_at=None):
        assert left.left_at
        Subscription.objects.filter(pk=left.pk).update(left_at=left.left_at - by)


def test_who_left_since_is_not_reminded(client: Client, ward: Briefing) -> None:
    reader = make_reader(of=ward, email=ADA)
    ask_for(client, ward)
    assert "already subscribed" in emails_sent()[-1].subject
    leave(client, reader)
    grow_old(by=REMIND_AFTER)
    assert send_due_reminders(at=timezone.now()) == 0
    assert len(emails_sent()) == 1


def test_asking_for_another_does_not_bring_back_what_was_left(
    client: Client, ward: Briefing, council: Briefing
) -> None:
    reader = make_reader(of=ward, email=ADA)
    ask_for(client, ward)
    leave(client, reader)
    grow_old(by=timedelta(days=7))
    ask_for(client, council)
    letter = emails_sent()[-1]
    assert "The Council" in str(letter.body)
    assert "The Ward Round" not in str(letter.body)
    link = link_to("confirm", letter)
    assert "The Ward Round" not in client.get(link).content.decode()
    client.post(link)
    taken = Subscription.objects.active().values_list("briefing__title", flat=True)
    assert list(taken) == ["The Council"]


def test_a_link_from_before_the_leaving_confirms_nothing_and_says_so(
    client: Client, ward: Briefing
) -> None:
    ask_for(client, ward)
    link = link_to("confirm", emails_sent()[-1])
    leave(client, make_reader(of=ward, email=ADA))  # had joined by another way meanwhile
    page = client.get(link).content.decode()
    assert "There is nothing to confirm" in page
    assert "you have unsubscribed from it since" in page
    client.post(link)
    assert not Subscription.objects.active().exists()


def test_who_asks_again_after_leaving_comes_back(client: Client, ward: Briefing) -> None:
    reader = make_reader(of=ward, email=ADA)
    ask_for(client, ward)
    leave(client, reader)
    ask_for(client, ward)
    client.post(link_to("confirm", emails_sent()[-1]))
    assert reader in Subscription.objects.active()
