"""An email may have been forwarded: whoever unsubscribes or pauses with it, its owner is told."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from subscribers.models import ConsentRecord, Subscription, Suppression
from tests.factories import make_briefing, make_reader
from tests.sent_emails import emails_sent, link_to

pytestmark = pytest.mark.django_db
ADA = "ada@example.org"


def is_active(subscription: Subscription) -> bool:
    return subscription in Subscription.objects.active()


def undo_path() -> str:
    [email] = emails_sent()
    assert email.to == [ADA]
    return urlsplit(link_to("preferences/undo", email)).path


def pause(client: Client, reader: Subscription, *, days: int = 10) -> None:
    until = (timezone.now() + timedelta(days=days)).date().isoformat()
    client.post(f"/preferences/{reader.subscriber.token}/", {"pause": "1", "until": until})


@pytest.mark.parametrize("page", ["unsubscribe", "preferences"])
def test_the_owner_is_told_of_unsubscribing_and_can_undo_it(client: Client, page: str) -> None:
    reader = make_reader(of=make_briefing(title="Council & mayor"), email=ADA)
    token = reader.token if page == "unsubscribe" else reader.subscriber.token
    answer = client.post(f"/{page}/{token}/", {"unsubscribe": reader.briefing.slug})
    assert "We have" in answer.content.decode()
    assert ADA not in answer.content.decode()
    assert not is_active(reader)
    path = undo_path()
    assert emails_sent()[0].subject == "You have unsubscribed from Council & mayor"
    for _ in range(2):  # a link scanner
        shown = client.get(path)
        assert "Subscribe again?" in shown.content.decode()
        assert "no-store" in shown.headers["Cache-Control"]
    assert not is_active(reader)
    assert "You are subscribed again" in client.post(path).content.decode()
    assert is_active(reader)
    assert ConsentRecord.objects.last().source == "undo"  # type: ignore[union-attr]
    assert client.get(path).status_code == client.post(path).status_code == 410


def test_the_owner_is_told_of_a_pause_and_can_undo_it(client: Client) -> None:
    reader = make_reader(of=make_briefing(), email=ADA)
    pause(client, reader)
    assert reader not in Subscription.objects.mailable()
    path = undo_path()
    assert "Your emails are paused until" in emails_sent()[0].subject
    assert "Resume your emails?" in client.get(path).content.decode()
    assert reader not in Subscription.objects.mailable()
    assert "no longer paused" in client.post(path).content.decode()
    assert reader in Subscription.objects.mailable()
    assert client.post(path).status_code == 410


def test_an_undo_does_not_end_a_later_pause_or_unsubscribing(client: Client) -> None:
    reader = make_reader(of=make_briefing(), email=ADA)
    pause(client, reader)
    path = undo_path()
    reader.subscriber.resume()
    reader.subscriber.pause(
        until=timezone.now().date() + timedelta(days=3), at=timezone.now() + timedelta(seconds=1)
    )
    assert client.post(path).status_code == 410
    assert reader not in Subscription.objects.mailable()


def test_one_click_sends_no_email_and_the_page_of_the_link_can_undo_it(client: Client) -> None:
    reader = make_reader(of=make_briefing(), email=ADA)
    path = f"/unsubscribe/{reader.token}/"
    client.post(path, {"List-Unsubscribe": "One-Click"})
    assert not emails_sent()
    page = client.get(path)
    assert "Undo" in page.content.decode() or "/unsubscribe/undo/" in page.content.decode()
    token = page.context["undo_token"]
    assert client.post("/unsubscribe/undo/", {"token": token}).status_code == 200
    assert is_active(reader)
    assert not client.get(path).context["undo_token"]


def test_nothing_is_sent_where_nothing_ended_or_the_address_is_suppressed(client: Client) -> None:
    reader = make_reader(of=make_briefing(), email=ADA)
    Suppression.objects.create(address_hash=reader.subscriber.address_hash, reason="complained")
    pause(client, reader)
    for _ in range(2):
        client.post(f"/unsubscribe/{reader.token}/")
    assert not is_active(reader)
    assert not emails_sent()


def test_unsubscribing_and_undoing_in_turns_does_not_fill_the_owners_mailbox(
    client: Client,
) -> None:
    reader = make_reader(of=make_briefing(), email=ADA)
    for _ in range(20):
        page = client.post(f"/unsubscribe/{reader.token}/")
        client.post("/unsubscribe/undo/", {"token": page.context["undo_token"]})
    assert len(emails_sent()) == 3
    assert not is_active(reader)  # the last email tells of it


@pytest.mark.parametrize("token", ["x", "A" * 22, "IjEi:1abc:sig"])
def test_a_forged_undo_does_nothing(client: Client, token: str) -> None:
    reader = make_reader(of=make_briefing(), email=ADA)
    pause(client, reader)
    path = f"/preferences/undo/{token}/"
    assert client.get(path).status_code == client.post(path).status_code == 410
    assert reader not in Subscription.objects.mailable()
