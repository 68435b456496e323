"""Unsubscribing withdraws earlier sign-ups: no reminder and no old link subscribes again."""

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


def sign_up(client: Client, briefing: Briefing) -> None:
    assert client.post(f"/subscribe/{briefing.slug}/", {"address": ADA}).status_code == 200


def unsubscribe(client: Client, subscription: Subscription) -> None:
    assert client.post(f"/unsubscribe/{subscription.token}/").status_code == 200


def move_into_the_past(*, by: timedelta) -> None:
    """Move everything that has happened so far into the past."""
    for row in SignUp.objects.exclude(email_sent_at=None):
        assert row.email_sent_at
        row.asked_at, row.email_sent_at = row.asked_at - by, row.email_sent_at - by
        row.save(update_fields=["asked_at", "email_sent_at"])
    for choice in SignUpChoice.objects.all():
        choice.asked_at -= by
        choice.save(update_fields=["asked_at"])
    for left in Subscription.objects.exclude(unsubscribed_at=None):
        assert left.unsubscribed_at
        Subscription.objects.filter(pk=left.pk).update(unsubscribed_at=left.unsubscribed_at - by)


def test_nobody_is_reminded_after_unsubscribing(client: Client, ward: Briefing) -> None:
    reader = make_reader(of=ward, email=ADA)
    sign_up(client, ward)
    assert "already subscribed" in emails_sent()[-1].subject
    unsubscribe(client, reader)
    move_into_the_past(by=REMIND_AFTER)
    assert send_due_reminders(at=timezone.now()) == 0
    assert [email.subject.partition(" ")[0] for email in emails_sent()][1:] == ["You"]  # the undo


def test_a_sign_up_for_another_briefing_does_not_restart_the_one_that_ended(
    client: Client, ward: Briefing, council: Briefing
) -> None:
    reader = make_reader(of=ward, email=ADA)
    sign_up(client, ward)
    unsubscribe(client, reader)
    move_into_the_past(by=timedelta(days=7))
    sign_up(client, council)
    email = emails_sent()[-1]
    assert "The Council" in str(email.body)
    assert "The Ward Round" not in str(email.body)
    link = link_to("confirm", email)
    assert "The Ward Round" not in client.get(link).content.decode()
    client.post(link)
    taken = Subscription.objects.active().values_list("briefing__title", flat=True)
    assert list(taken) == ["The Council"]


def test_a_link_from_before_unsubscribing_confirms_nothing_and_says_so(
    client: Client, ward: Briefing
) -> None:
    sign_up(client, ward)
    link = link_to("confirm", emails_sent()[-1])
    unsubscribe(client, make_reader(of=ward, email=ADA))  # subscribed another way meanwhile
    page = client.get(link).content.decode()
    assert "There is nothing to confirm" in page
    assert "you have unsubscribed from it since" in page
    client.post(link)
    assert not Subscription.objects.active().exists()


def test_a_new_sign_up_after_unsubscribing_can_be_confirmed(client: Client, ward: Briefing) -> None:
    reader = make_reader(of=ward, email=ADA)
    sign_up(client, ward)
    unsubscribe(client, reader)
    sign_up(client, ward)
    client.post(link_to("confirm", emails_sent()[-1]))
    assert reader in Subscription.objects.active()
