"""One reminder to people who did not confirm: after two days, once, even if tasks run twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Case, Value, When
from django.test import Client
from django.utils import timezone

from newsroom import emails
from newsroom.models import OutgoingEmail
from newsroom.tasks import apply_retention
from subscribers.models import SignUp, Subscriber, Suppression, SuppressionReason
from subscribers.models.address_hash import hash_address
from subscribers.signup import reminders, tasks
from subscribers.signup.reminders import send_due_reminders
from tests.factories import make_briefing, make_reader
from tests.sent_emails import emails_sent, html_part, link_to, links_in
from tests.subscribers.signup.test_sign_up_races import at_once

pytestmark = pytest.mark.django_db
ADA = "ada@example.org"
DAY = timedelta(days=1)


def sign_up(*slugs: str, address: str = ADA, **fields: str) -> SignUp:
    Client().post("/subscribe/", {"address": address, "briefings": slugs, **fields})
    emails_sent()
    return SignUp.objects.open().get(address_hash=hash_address(address))


def make_older(asked: SignUp, by: timedelta) -> None:
    then = timezone.now() - by
    reminded = Case(When(reminded_at__isnull=False, then=Value(then)))
    SignUp.objects.filter(pk=asked.pk).update(
        asked_at=then, email_sent_at=then, reminded_at=reminded
    )


def reminders_sent() -> list[Any]:
    return [email for email in emails_sent() if "Do you still want" in email.subject]


def test_an_unconfirmed_sign_up_gets_one_reminder_after_two_days() -> None:
    make_briefing(title="Council & mayor", slug="council")
    asked = sign_up("council", name="Mallory says hello")
    make_older(asked, timedelta(hours=47))
    tasks.remind_unconfirmed()
    assert reminders_sent() == []
    make_older(asked, timedelta(hours=49))
    tasks.remind_unconfirmed()
    tasks.remind_unconfirmed()
    [email] = reminders_sent()
    assert email.subject == "Do you still want Council & mayor? Confirm your subscription"
    assert email.to == [ADA]
    assert "Council &amp; mayor" in html_part(email)
    assert email.extra_headers["List-Id"].endswith("<council.news.example.com>")
    assert email.extra_headers["Auto-Submitted"] == "auto-generated"
    assert "Mallory" not in str(email.body) + html_part(email)
    link = link_to("confirm", email)
    assert link == f"/confirm/{asked.token}/"
    for days in (3, 10, 29):
        make_older(asked, days * DAY)
        assert send_due_reminders(at=timezone.now()) == 0
    for _ in range(2):
        assert all(Client().get(each).status_code == 200 for each in links_in(email))
    assert not Subscriber.objects.exists()
    assert Client().post(link).status_code == 200
    assert Subscriber.objects.get().address == ADA


def test_the_reminder_counts_as_the_email_of_its_hour() -> None:
    make_briefing(slug="ward")
    make_older(sign_up("ward"), 3 * DAY)
    assert send_due_reminders(at=timezone.now()) == 1
    before = len(emails_sent())
    sign_up("ward")
    assert len(emails_sent()) == before


def test_confirmed_suppressed_expired_and_retired_sign_ups_get_no_reminder() -> None:
    ward, council = make_briefing(slug="ward"), make_briefing(slug="council")
    confirmed = sign_up("ward", address="confirmed@example.org")
    Client().post(f"/confirm/{confirmed.token}/")
    make_reader(of=ward, email="already@example.org")
    suppressed = sign_up("council", address="suppressed@example.org")
    Suppression.objects.create(
        address_hash=suppressed.address_hash, reason=SuppressionReason.BOUNCED
    )
    expired = sign_up("ward", address="expired@example.org")
    for asked in (
        confirmed,
        suppressed,
        sign_up("ward", address="already@example.org"),
        sign_up("council", address="retired@example.org"),
    ):
        make_older(asked, 3 * DAY)
    make_older(expired, 31 * DAY)
    council.retired = True
    council.save()
    assert send_due_reminders(at=timezone.now()) == 0
    assert reminders_sent() == []


def test_the_reminder_lists_only_unconfirmed_briefings() -> None:
    ward = make_briefing(title="The Ward Round", slug="ward")
    make_briefing(title="The Council", slug="council")
    make_reader(of=ward, email=ADA)
    make_older(sign_up("ward", "council"), 3 * DAY)
    send_due_reminders(at=timezone.now())
    [email] = reminders_sent()
    assert "The Council" in str(email.body)
    assert "The Ward Round" not in str(email.body)


def test_a_new_sign_up_after_a_month_gets_its_own_reminder() -> None:
    make_briefing(slug="ward")
    asked = sign_up("ward")
    make_older(asked, 3 * DAY)
    assert send_due_reminders(at=timezone.now()) == 1
    long_ago = timezone.now() - 31 * DAY
    SignUp.objects.update(asked_at=long_ago, email_sent_at=long_ago, reminded_at=long_ago)
    make_older(sign_up("ward"), 3 * DAY)
    assert send_due_reminders(at=timezone.now()) == 1


def test_a_reminder_that_fails_is_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    make_briefing(slug="ward")
    make_older(sign_up("ward"), 3 * DAY)

    def die(*facts: Any, **more: Any) -> None:
        emails.queue_email(*facts, **more)
        raise RuntimeError("the worker died")

    monkeypatch.setattr(reminders, "queue_email", die)
    assert send_due_reminders(at=timezone.now()) == 0
    assert SignUp.objects.get().reminded_at is None
    assert reminders_sent() == []
    monkeypatch.undo()
    assert send_due_reminders(at=timezone.now()) == 1
    assert len(reminders_sent()) == 1


def test_after_thirty_days_the_sign_up_is_deleted() -> None:
    make_briefing(slug="ward")
    asked = sign_up("ward")
    make_older(asked, 3 * DAY)
    send_due_reminders(at=timezone.now())
    make_older(asked, 30 * DAY)
    apply_retention()
    assert not SignUp.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_concurrent_tasks_send_one_reminder() -> None:
    make_briefing(slug="ward")
    for number in range(5):
        make_older(sign_up("ward", address=f"ada{number}@example.org"), 3 * DAY)
    now = timezone.now()
    assert sum(at_once(100, lambda _: send_due_reminders(at=now))) == 5
    assert OutgoingEmail.objects.filter(name="confirm_reminder").count() == 5
    connection.close()
