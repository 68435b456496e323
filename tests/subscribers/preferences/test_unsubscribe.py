"""Unsubscribing: one step, for people and for mail programs (RFC 8058)."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_network

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from newsroom.retention import enforcement
from subscribers.models import ConsentRecord, Subscription, SubscriptionState
from tests.factories import make_briefing, make_reader

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def state(subscription: Subscription) -> str:
    subscription.refresh_from_db()
    return subscription.state


def token_in(page: str, action: str) -> str:
    found = re.search(rf'action="{action}".*?name="token" value="([^"]+)"', page, re.DOTALL)
    assert found
    return found[1]


def test_a_link_scanner_does_not_unsubscribe(client: Client) -> None:
    reader = make_reader(of=make_briefing(title="Council & mayor"), email="ada@example.org")
    for path in (f"/unsubscribe/{reader.token}/", f"/unsubscribe/{reader.token}"):
        for _ in range(2):
            page = client.get(path)
            assert page.status_code == 200
            assert "Unsubscribe from <bdi>Council &amp; mayor</bdi>?" in page.content.decode()
            assert "ada@example.org" not in page.content.decode()
            assert client.head(path).status_code == 200
            assert client.options(path).status_code == 405
    assert state(reader) == SubscriptionState.ACTIVE
    assert not ConsentRecord.objects.exists()


@pytest.mark.parametrize("slash", ["/", ""])
@pytest.mark.parametrize("form", ["urlencoded", "multipart"])
@override_settings(SECURE_SSL_REDIRECT=True, DEBUG=False)
def test_one_click_needs_no_cookie_and_follows_no_redirect(slash: str, form: str) -> None:
    reader = make_reader(of=make_briefing(title="The Ward Round"))
    stranger = Client(enforce_csrf_checks=True, REMOTE_ADDR="203.0.113.9")
    path = f"/unsubscribe/{reader.token}{slash}"
    if form == "multipart":
        answer = stranger.post(path, ONE_CLICK)
    else:
        body = "List-Unsubscribe=One-Click"
        answer = stranger.post(path, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert "unsubscribed from The Ward Round" in answer.content.decode()
    assert not answer.cookies
    assert state(reader) == SubscriptionState.UNSUBSCRIBED
    record = ConsentRecord.objects.get()
    assert (record.action, record.source, record.ip) == ("left", "one-click", "203.0.113.9")
    assert record.briefing == reader.briefing


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click\r\n"),
        ("application/x-www-form-urlencoded; charset=iso-8859-1", "List-Unsubscribe=One-Click"),
        ("multipart/form-data", "List-Unsubscribe=One-Click"),
        ("application/x-www-form-urlencoded", "&".join(f"a{n}=1" for n in range(3_000))),
    ],
)
def test_one_click_unsubscribes_however_its_body_is_written(kind: str, body: str) -> None:
    reader = make_reader(of=make_briefing(title="The Ward Round"))
    stranger = Client(enforce_csrf_checks=True)
    answer = stranger.post(f"/unsubscribe/{reader.token}/", body, content_type=kind)
    assert (answer.status_code, answer.content.decode()) == (
        200,
        "You have unsubscribed from The Ward Round.\n",
    )
    assert not answer.cookies
    assert state(reader) == SubscriptionState.UNSUBSCRIBED


@pytest.mark.parametrize("slash", ["/", ""])
@override_settings(
    SECURE_SSL_REDIRECT=True,
    TRUSTED_PROXIES=(ip_network("127.0.0.1"),),
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    DEBUG=False,
)
def test_one_click_by_plain_http_behind_a_proxy_follows_no_redirect(slash: str) -> None:
    reader = make_reader(of=make_briefing())
    answer = Client(enforce_csrf_checks=True).post(
        f"/unsubscribe/{reader.token}{slash}",
        ONE_CLICK,
        headers={"x-forwarded-proto": "http", "x-forwarded-for": "198.51.100.7"},
    )
    assert answer.status_code == 200
    assert state(reader) == SubscriptionState.UNSUBSCRIBED
    assert ConsentRecord.objects.get().ip == "198.51.100.7"


def test_one_click_works_from_another_origin_and_again() -> None:
    reader = make_reader(of=make_briefing())
    stranger = Client(enforce_csrf_checks=True)
    for _ in range(3):
        answer = stranger.post(
            f"/unsubscribe/{reader.token}/",
            ONE_CLICK,
            headers={"origin": "https://mail.example", "referer": "https://mail.example/"},
        )
        assert answer.status_code == 200
    assert ConsentRecord.objects.count() == 1


@pytest.mark.parametrize(
    "token", ["nonsense", "A" * 22, "a" * 3000, "%00", "%0d%0aSet-Cookie:x", "é" * 22]
)
@pytest.mark.parametrize("data", [ONE_CLICK, {}])
def test_a_wrong_token_changes_nothing_and_says_so(
    client: Client, token: str, data: dict[str, str]
) -> None:
    reader = make_reader(of=make_briefing())
    for path in (f"/unsubscribe/{token}/", f"/unsubscribe/{token}"):
        answer = client.post(path, data)
        assert answer.status_code == 404
        assert "othing was changed" in answer.content.decode()
        assert client.get(path).status_code == 404
    assert state(reader) == SubscriptionState.ACTIVE


def test_other_tokens_of_the_same_reader_unsubscribe_nothing(client: Client) -> None:
    reader = make_reader(of=make_briefing())
    assert client.post(f"/unsubscribe/{reader.subscriber.token}/").status_code == 404
    assert state(reader) == SubscriptionState.ACTIVE


def test_the_button_unsubscribes_from_one_briefing_and_shows_no_other(client: Client) -> None:
    ward = make_reader(of=make_briefing(title="The Ward Round"), email="ada@example.org")
    council = make_reader(of=make_briefing(title="The Council"), email="ada@example.org")
    page = client.post(f"/unsubscribe/{ward.token}/")
    assert page.status_code == 200
    assert "You have unsubscribed from The Ward Round" in page.content.decode()
    assert "The Council" not in page.content.decode()
    assert state(ward) == SubscriptionState.UNSUBSCRIBED
    assert state(council) == SubscriptionState.ACTIVE
    assert ConsentRecord.objects.get().source == "email link"
    assert client.post("/unsubscribe/all/", {"token": "x"}).status_code == 404


def test_unsubscribing_can_be_undone_on_the_next_page(client: Client) -> None:
    reader = make_reader(of=make_briefing(title="The Ward Round"))
    page = client.post(f"/unsubscribe/{reader.token}/").content.decode()
    token = token_in(page, "/unsubscribe/undo/")
    assert client.get("/unsubscribe/undo/", {"token": token}).status_code == 302
    assert state(reader) == SubscriptionState.UNSUBSCRIBED
    answer = client.post("/unsubscribe/undo/", {"token": token})
    assert "subscribed again" in answer.content.decode()
    assert "The Ward Round" in answer.content.decode()
    assert state(reader) == SubscriptionState.ACTIVE
    assert [(one.action, one.source) for one in ConsentRecord.objects.all()] == [
        ("left", "email link"),
        ("joined", "undo"),
    ]


def test_an_undo_works_once_and_not_after_a_later_unsubscribe(client: Client) -> None:
    reader = make_reader(of=make_briefing())
    page = client.post(f"/unsubscribe/{reader.token}/").content.decode()
    token = token_in(page, "/unsubscribe/undo/")
    client.post("/unsubscribe/undo/", {"token": token})
    client.post(f"/unsubscribe/{reader.token}/")
    assert client.post("/unsubscribe/undo/", {"token": token}).status_code == 410
    assert state(reader) == SubscriptionState.UNSUBSCRIBED


def test_an_undo_expires_after_an_hour(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = make_reader(of=make_briefing())
    page = client.post(f"/unsubscribe/{reader.token}/").content.decode()
    token = token_in(page, "/unsubscribe/undo/")
    later = timezone.now() + timedelta(minutes=61)
    monkeypatch.setattr("django.core.signing.time.time", later.timestamp)
    answer = client.post("/unsubscribe/undo/", {"token": token})
    assert answer.status_code == 410
    assert "This page has expired" in answer.content.decode()
    assert state(reader) == SubscriptionState.UNSUBSCRIBED


def test_an_old_email_cannot_undo_an_earlier_unsubscribe(client: Client) -> None:
    reader = make_reader(of=make_briefing())
    reader.end(at=timezone.now())
    for _ in range(2):
        page = client.post(f"/unsubscribe/{reader.token}/")
        assert "/unsubscribe/undo/" not in page.content.decode()
    assert "/unsubscribe/undo/" not in client.get(f"/unsubscribe/{reader.token}/").content.decode()


@pytest.mark.parametrize("token", ["", "nonsense", "1", "W10:1abc:xyz"])
def test_a_forged_token_does_nothing(client: Client, token: str) -> None:
    reader = make_reader(of=make_briefing())
    assert client.post("/unsubscribe/undo/", {"token": token}).status_code == 410
    assert state(reader) == SubscriptionState.ACTIVE


@override_settings(SECRET_KEY="another key altogether, after the old one had to be given up")
def test_links_in_old_emails_work_after_the_secret_key_changes(client: Client) -> None:
    reader = make_reader(of=make_briefing(), joined_at=timezone.now() - timedelta(days=2000))
    assert client.post(f"/unsubscribe/{reader.token}", ONE_CLICK).status_code == 200
    assert state(reader) == SubscriptionState.UNSUBSCRIBED


def test_links_in_old_emails_work_after_retention(client: Client) -> None:
    then = timezone.now() - timedelta(days=4000)
    reader = make_reader(of=make_briefing(), joined_at=then)
    enforcement.apply_policy(at=timezone.now() + timedelta(days=4000))
    assert client.post(f"/unsubscribe/{reader.token}/", ONE_CLICK).status_code == 200
    assert state(reader) == SubscriptionState.UNSUBSCRIBED


def test_the_unsubscribe_page_offers_a_pause(client: Client) -> None:
    reader = make_reader(of=make_briefing())
    page = client.get(f"/unsubscribe/{reader.token}/").content.decode()
    assert f'href="/preferences/{reader.subscriber.token}/#pause"' in page


def test_an_unsubscribed_person_gets_no_more_issues(client: Client) -> None:
    reader = make_reader(of=make_briefing())
    assert reader in Subscription.objects.mailable()
    client.post(f"/unsubscribe/{reader.token}/", ONE_CLICK)
    assert reader not in Subscription.objects.mailable()
