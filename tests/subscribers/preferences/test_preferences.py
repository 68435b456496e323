"""Preferences: what the link in every email can do, and what only an owner link can."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from subscribers.consent_wording import sign_up_wording
from subscribers.models import (
    ConsentRecord,
    Subscriber,
    Subscription,
    SubscriptionState,
    Suppression,
)
from subscribers.models.address_hash import hash_address
from tests.factories import make_briefing, make_reader
from tests.sent_emails import emails_sent, link_to

pytestmark = pytest.mark.django_db
ADA = "ada@example.org"


def states(subscriber: Subscriber) -> dict[str, str]:
    return dict(subscriber.subscriptions.values_list("briefing__slug", "state"))


def request_owner_link(client: Client, subscriber: Subscriber) -> str:
    """Request an owner link and return it from the email."""
    client.post(f"/preferences/{subscriber.token}/", {"send-link": "1"})
    email = emails_sent()[-1]
    assert email.to == [subscriber.address]
    return urlsplit(link_to("preferences", email)).path


# --- the link in every email


def test_the_link_in_every_email_shows_subscriptions_and_hides_the_address(client: Client) -> None:
    reader = make_reader(of=make_briefing(title="Council & mayor"), email=ADA, name="Ada Lovelace")
    make_briefing(title="Not taken")
    page = client.get(f"/preferences/{reader.subscriber.token}/")
    assert page.status_code == 200
    shown = page.content.decode()
    assert "Council &amp; mayor" in shown
    assert "a•••@example.org" in shown
    assert "Not taken" not in shown
    assert ADA not in shown
    assert "Lovelace" not in shown
    assert "no-store" in page.headers["Cache-Control"]


def test_the_link_in_every_email_unsubscribes_at_once(client: Client) -> None:
    ward = make_reader(of=make_briefing(), email=ADA)
    path = f"/preferences/{ward.subscriber.token}/"
    page = client.post(path, {"unsubscribe": ward.briefing.slug}, REMOTE_ADDR="203.0.113.9")
    assert "You have unsubscribed from" in page.content.decode()
    assert states(ward.subscriber) == {ward.briefing.slug: SubscriptionState.UNSUBSCRIBED}
    record = ConsentRecord.objects.get()
    assert (record.action, record.source, record.ip) == ("left", "preferences", "203.0.113.9")
    assert "not subscribed to any briefing" in client.get(path).content.decode()


@pytest.mark.parametrize("chosen", ["*", "the-council", "the-ward", ""])
def test_the_link_in_every_email_does_not_show_or_end_several_subscriptions(
    client: Client, chosen: str
) -> None:
    ward = make_reader(of=make_briefing(slug="the-ward", title="The Ward Round"), email=ADA)
    make_reader(of=make_briefing(slug="the-council", title="The Council"), email=ADA)
    path = f"/preferences/{ward.subscriber.token}/"
    for answer in (client.get(path), client.post(path, {"unsubscribe": chosen})):
        assert answer.status_code == 200
        assert "Email me a link" in answer.content.decode()
        assert "The Council" not in answer.content.decode()
        assert "The Ward Round" not in answer.content.decode()
    assert ward.subscriber.subscriptions.active().count() == 2
    assert not ConsentRecord.objects.exists()


def test_the_link_in_every_email_can_do_nothing_else(client: Client) -> None:
    reader = make_reader(of=make_briefing(), email=ADA, name="Ada")
    other = make_briefing()
    client.post(
        f"/preferences/{reader.subscriber.token}/",
        {
            "name": "Mallory",
            "briefings": [other.slug],
            "shown": [],
            "address": "mallory@example.org",
            "unsubscribe": other.slug,
        },
    )
    subscriber = Subscriber.objects.get()
    assert (subscriber.name, subscriber.address) == ("Ada", ADA)
    assert states(subscriber) == {reader.briefing.slug: SubscriptionState.ACTIVE}
    assert not ConsentRecord.objects.exists()


# --- the owner link


def test_an_owner_link_goes_to_the_address_on_file(client: Client) -> None:
    reader = make_reader(of=make_briefing(), email=ADA)
    page = client.post(f"/preferences/{reader.subscriber.token}/", {"send-link": "1"})
    assert "a•••@example.org" in page.content.decode()
    assert ADA not in page.content.decode()
    [email] = emails_sent()
    assert email.to == [ADA]
    assert email.extra_headers["Auto-Submitted"] == "auto-generated"
    assert reader.subscriber.token not in str(email.body)


def test_the_owner_subscribes_unsubscribes_and_sets_a_name(client: Client) -> None:
    ward = make_reader(of=make_briefing(title="The Ward Round"), email=ADA)
    council = make_briefing(title="The Council")
    make_briefing(title="Never ticked")
    link = request_owner_link(client, ward.subscriber)
    page = client.get(link).content.decode()
    assert ADA in page
    assert page.count(" checked") == 1
    answer = client.post(
        link,
        {"name": "Ada Łovelace", "briefings": [council.slug], "shown": [ward.briefing.slug]},
        REMOTE_ADDR="2001:db8::7",
    )
    assert answer.status_code == 200
    subscriber = Subscriber.objects.get()
    assert subscriber.name == "Ada Łovelace"
    assert states(subscriber) == {
        ward.briefing.slug: SubscriptionState.UNSUBSCRIBED,
        council.slug: SubscriptionState.ACTIVE,
    }
    left, joined = ConsentRecord.objects.order_by("pk")
    assert (left.action, left.briefing, left.source) == ("left", ward.briefing, "preferences")
    assert (joined.action, joined.briefing, joined.wording) == (
        "joined",
        council,
        sign_up_wording(None),
    )
    assert (joined.ip, joined.asked_ip) == ("2001:db8::7", "2001:db8::7")
    assert sign_up_wording(None) in page


def test_saving_without_a_change_records_nothing(client: Client) -> None:
    ward = make_reader(of=make_briefing(), email=ADA, name="Ada")
    link = request_owner_link(client, ward.subscriber)
    slug = ward.briefing.slug
    page = client.post(link, {"name": "Ada", "briefings": [slug], "shown": [slug]})
    assert "You have not changed anything" in page.content.decode()
    assert not ConsentRecord.objects.exists()


def test_a_page_left_open_undoes_nothing_that_happened_since(client: Client) -> None:
    ward = make_reader(of=make_briefing(), email=ADA)
    link = request_owner_link(client, ward.subscriber)
    council = make_reader(of=make_briefing(), email=ADA)  # subscribed after the page was made
    slug = ward.briefing.slug
    client.post(link, {"name": "Ada", "briefings": [slug], "shown": [slug]})
    assert states(ward.subscriber)[council.briefing.slug] == SubscriptionState.ACTIVE
    ward.end(at=timezone.now())  # unsubscribed with an email meanwhile
    client.post(link, {"name": "Ada", "briefings": [slug], "shown": [slug]})
    assert states(ward.subscriber)[slug] == SubscriptionState.UNSUBSCRIBED


def test_a_retired_briefing_can_be_unsubscribed_but_not_subscribed(client: Client) -> None:
    taken = make_reader(of=make_briefing(title="Old Gazette", retired=True), email=ADA)
    other = make_briefing(title="Older Gazette", retired=True)
    link = request_owner_link(client, taken.subscriber)
    page = client.get(link).content.decode()
    assert "Old Gazette" in page
    assert "Older Gazette" not in page
    slug = taken.briefing.slug
    assert client.post(link, {"briefings": [other.slug], "shown": [slug]}).status_code == 422
    assert states(taken.subscriber) == {slug: SubscriptionState.ACTIVE}
    client.post(link, {"briefings": [], "shown": [slug]})
    assert states(taken.subscriber) == {slug: SubscriptionState.UNSUBSCRIBED}


def test_a_name_never_breaks_a_line(client: Client) -> None:
    ward = make_reader(of=make_briefing(), email=ADA)
    link = request_owner_link(client, ward.subscriber)
    client.post(link, {"name": "Ada\r\nBcc: x@example.org\u2028\0", "shown": []})
    assert "\n" not in Subscriber.objects.get().name
    client.post(link, {"name": "Ada\r\nBcc: x@example.org\u2028Z\u202eoe", "shown": []})
    assert Subscriber.objects.get().name == "Ada Bcc: x@example.org Zoe"
    assert client.post(link, {"name": "x" * 81}).status_code == 422


@pytest.mark.parametrize("field", ["name", "briefings", "shown"])
def test_nul_characters_break_nothing(client: Client, field: str) -> None:
    ward = make_reader(of=make_briefing(), email=ADA)
    answer = client.post(request_owner_link(client, ward.subscriber), {field: "a\0b"})
    assert answer.status_code in {200, 422}
    assert "\0" not in Subscriber.objects.get().name
    path = f"/preferences/{ward.subscriber.token}/"
    assert client.post(path, {"unsubscribe": "a\0b"}).status_code == 200


def test_an_owner_link_works_for_a_day(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ward = make_reader(of=make_briefing(), email=ADA)
    link = request_owner_link(client, ward.subscriber)
    start = timezone.now()
    before, after = start + timedelta(hours=23), start + timedelta(hours=25)
    monkeypatch.setattr("django.core.signing.time.time", before.timestamp)
    assert client.get(link).status_code == 200
    monkeypatch.setattr("django.core.signing.time.time", after.timestamp)
    for answer in (client.get(link), client.post(link, {"name": "Late", "shown": []})):
        assert answer.status_code == 404
        assert "This link no longer works" in answer.content.decode()
        assert "Email me a link" in answer.content.decode()
    assert Subscriber.objects.get().name == ""


@pytest.mark.parametrize("token", ["nonsense", "A" * 22, "IjEi:1abc:sig", "%00", "a" * 4000])
def test_an_unknown_link_offers_a_new_one(client: Client, token: str) -> None:
    make_reader(of=make_briefing())
    for answer in (client.get(f"/preferences/{token}/"), client.post(f"/preferences/{token}/")):
        assert answer.status_code == 404
        assert "Email me a link" in answer.content.decode()


# --- requesting an owner link


def test_the_link_request_answers_the_same_for_every_address(client: Client) -> None:
    make_reader(of=make_briefing(), email="known@example.org")
    make_reader(of=make_briefing(), email="never@example.org")
    Suppression.objects.create(address_hash=hash_address("never@example.org"), reason="bounced")
    answers, queries = set(), []
    for address in (
        "first@example.org",
        "known@example.org",
        "never@example.org",
        "fresh@example.org",
    ):
        with CaptureQueriesContext(connection) as captured:
            answer = client.post("/preferences/", {"address": address})
        answers.add((answer.status_code, answer.content.decode().replace(address, "")))
        queries.append(len(captured))
    assert len(answers) == 1
    assert max(queries) - min(queries) <= 1  # deleting an email again is one statement
    assert [email.to for email in emails_sent()] == [["known@example.org"]]


def test_a_repeated_request_in_another_spelling_reveals_nothing(client: Client) -> None:
    make_reader(of=make_briefing(), email="known@example.org")
    queries = []
    for address in ("known@example.org", "fresh@example.org"):
        client.post("/preferences/", {"address": address})
        with CaptureQueriesContext(connection) as captured:
            client.post("/preferences/", {"address": address.upper()})
        queries.append(len(captured))
    assert len(set(queries)) == 1


def test_at_most_one_link_an_hour_goes_to_an_address(client: Client) -> None:
    reader = make_reader(of=make_briefing(), email=ADA)
    for address in (ADA, "ADA@example.org", ADA):
        assert client.post("/preferences/", {"address": address}).status_code == 200
    client.post(f"/preferences/{reader.subscriber.token}/", {"send-link": "1"})
    assert len(emails_sent()) == 1


def test_an_invalid_address_is_refused(client: Client) -> None:
    answer = client.post("/preferences/", {"address": "ada"})
    assert answer.status_code == 422
    assert 'id="id_address_error"' in answer.content.decode()


def test_forms_from_other_sites_are_refused() -> None:
    reader = make_reader(of=make_briefing(), email=ADA)
    strict = Client(enforce_csrf_checks=True)
    path = f"/preferences/{reader.subscriber.token}/"
    assert strict.post(path, {"unsubscribe": "*"}).status_code == 403
    assert Subscription.objects.get().state == SubscriptionState.ACTIVE
