"""Signing up while paused: the pause stays, an email says so, and its link can end it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from briefings.models import Briefing
from newsroom.tokens import sign_value
from subscribers.models import Subscriber, Subscription
from subscribers.signup.resume_links import current_pause
from tests.factories import make_briefing, make_reader
from tests.sent_emails import emails_sent, html_part, link_to, links_in

pytestmark = pytest.mark.django_db
ADA = "ada@example.org"


@pytest.fixture
def ward() -> Briefing:
    return make_briefing(title="The Ward Round", slug="ward-round")


@pytest.fixture
def ada(ward: Briefing) -> Subscriber:
    return make_reader(of=ward, email=ADA).subscriber


def pause(reader: Subscriber, *, days: int = 30) -> str:
    """Pause, and return the day in words."""
    now = timezone.now()
    until = reader.earliest_pause_end(at=now) + timedelta(days=days - 1)
    reader.pause(until=until, at=now)
    return in_words(until)


def in_words(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def sign_up(client: Client, slug: str = "ward-round", address: str = ADA) -> Any:
    return client.post(f"/subscribe/{slug}/", {"address": address})


def pause_link() -> str:
    [link] = [link for link in links_in(emails_sent()[-1]) if "/preferences/pause/" in link]
    return link


def mailable() -> bool:
    return Subscription.objects.mailable().filter(subscriber__address=ADA).exists()


def test_a_paused_subscriber_is_told_by_email_only(client: Client, ada: Subscriber) -> None:
    until = pause(ada)
    page = sign_up(client).content.decode().replace(ADA, "…")
    assert page == sign_up(client, address="bob@example.org").content.decode().replace(
        "bob@example.org", "…"
    )
    email = emails_sent()[0]
    assert email.subject.startswith("Your emails are paused until ")
    for words in (str(email.body), html_part(email)):
        assert until in " ".join(words.split())
    assert not mailable()


def test_the_link_asks_and_its_button_ends_the_pause(client: Client, ada: Subscriber) -> None:
    until = pause(ada)
    sign_up(client)
    link = pause_link()
    for _ in range(2):
        page = client.get(link).content.decode()
        assert f"Paused until {until}" in page
        assert ADA not in page
        assert client.head(link).status_code == 200
    assert not mailable()
    assert "Your emails have resumed" in client.post(link).content.decode()
    assert mailable()
    again = client.post(link)
    assert (again.status_code, "This link no longer works" in again.content.decode()) == (404, True)


def test_a_link_ends_one_pause_only(client: Client, ada: Subscriber) -> None:
    pause(ada)
    sign_up(client)
    link = pause_link()
    ada.resume()
    pause(ada, days=60)
    assert client.get(link).status_code == client.post(link).status_code == 404
    assert not mailable()


def test_a_pause_is_ended_on_our_own_page_only(ada: Subscriber) -> None:
    pause(ada)
    found = current_pause(ada, at=timezone.now())
    assert found is not None
    assert Client(enforce_csrf_checks=True).post(found.resume_path).status_code == 403
    assert not mailable()


@pytest.mark.parametrize("purpose", ["go on", "preferences", "undo leaving"])
def test_a_forged_token_ends_no_pause(client: Client, ada: Subscriber, purpose: str) -> None:
    pause(ada)
    for token in (
        "x",
        ada.token,
        sign_value(purpose, str(ada.pk)),
        sign_value(purpose, f"{ada.pk} none"),
    ):
        assert client.post(f"/preferences/pause/{token}/").status_code == 404
    assert not mailable()


def test_a_paused_subscriber_who_confirms_is_told_on_the_page_and_by_email(
    client: Client, ada: Subscriber
) -> None:
    make_briefing(title="The Council", slug="council")
    until = pause(ada)
    sign_up(client, "council")
    page = client.post(link_to("confirm", emails_sent()[-1])).content.decode()
    assert f"Paused until {until}" in page
    email = emails_sent()[-1]
    assert "Welcome" in email.subject
    assert f"you will get no issues until {until}" in " ".join(str(email.body).split())
    assert until in html_part(email)
    link = pause_link()
    assert f'action="{link}"' in page
    client.post(link)
    assert mailable()


def test_a_pause_that_is_over_is_not_mentioned(client: Client, ada: Subscriber) -> None:
    now = timezone.now()
    Subscriber.objects.update(
        paused_at=now - timedelta(days=9), paused_until=now - timedelta(seconds=1)
    )
    sign_up(client)
    assert emails_sent()[-1].subject == "You are already subscribed to The Ward Round"
    assert "pause" not in str(emails_sent()[-1].body)
