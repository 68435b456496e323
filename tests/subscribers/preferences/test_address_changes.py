"""A change of address: both addresses confirm, and nobody learns which addresses we know."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from newsroom.models import OutgoingEmail
from subscribers.models import (
    AddressChange,
    AddressChangeState,
    ConsentRecord,
    Subscriber,
    Subscription,
    Suppression,
)
from subscribers.models.address_hash import hash_address
from subscribers.sending import dispatches
from tests.factories import make_briefing, make_dispatch, make_reader, make_scheduled_issue
from tests.sent_emails import emails_sent, emails_sent_to, link_to
from tests.subscribers.sending import sending_setup
from tests.subscribers.subscriber_lives import move, owner_link

pytestmark = pytest.mark.django_db
OLD, NEW, OTHER = "ada@old.example", "ada@new.example", "bob@new.example"


@pytest.fixture
def reader() -> Subscriber:
    return make_reader(of=make_briefing(title="The Ward Round"), email=OLD, name="Ada").subscriber


def ask(client: Client, reader: Subscriber, to: str) -> str:
    answer = client.post(owner_link(reader), {"change-address": "1", "address": to})
    return f"{answer.status_code} {answer.content.decode()}"


def side(reader: Subscriber, which: str) -> str:
    change = reader.address_changes.latest("pk")
    return f"/preferences/address/{getattr(change, f'{which}_token')}/"


def test_the_address_changes_once_both_addresses_have_confirmed(
    client: Client, reader: Subscriber
) -> None:
    ConsentRecord.objects.create(
        subscriber=reader, briefing=make_briefing(), action="joined", source="/x/"
    )
    token, subscription = reader.token, reader.subscriptions.get().token
    ask(client, reader, NEW)
    to_new = link_to("preferences", emails_sent_to(NEW)[-1])
    to_old = link_to("preferences", emails_sent_to(OLD)[-1])
    for link, words in (
        (to_new, "Do you want these emails at"),
        (to_old, "Do you want to change your email"),
    ):
        assert words in client.get(link).content.decode()
        reader.refresh_from_db()
        assert reader.address == OLD
        assert client.post(link, REMOTE_ADDR="203.0.113.5").status_code == 200
    reader.refresh_from_db()
    assert (reader.address, reader.address_hash) == (NEW, hash_address(NEW))
    assert reader.moved_at is not None
    assert (reader.token, reader.subscriptions.get().token) == (token, subscription)
    assert ConsentRecord.objects.get().subscriber == reader
    change = AddressChange.objects.get()
    assert change.state == AddressChangeState.DONE
    assert (change.old_agreed_ip, change.new_agreed_ip) == ("203.0.113.5", "203.0.113.5")
    assert "now come to this address" in emails_sent_to(NEW)[-1].subject
    assert client.post(f"/unsubscribe/{subscription}/").status_code == 200


@pytest.mark.parametrize("which", ["old", "new"])
def test_one_address_alone_changes_nothing(client: Client, reader: Subscriber, which: str) -> None:
    ask(client, reader, NEW)
    for _ in range(3):
        client.post(side(reader, which))
    reader.refresh_from_db()
    assert reader.address == OLD


def test_a_link_confirms_for_its_own_address_only(client: Client, reader: Subscriber) -> None:
    move(client, reader, to=NEW)
    reader.refresh_from_db()
    move(client, reader, to=OLD)
    reader.refresh_from_db()
    first = reader.address_changes.earliest("pk")
    for token in (first.old_token, first.new_token):
        client.post(f"/preferences/address/{token}/")
        client.post(f"/preferences/address/{token}/", {"no": "1"})
    reader.refresh_from_db()
    assert reader.address == OLD


def test_the_old_address_can_refuse(client: Client, reader: Subscriber) -> None:
    ask(client, reader, NEW)
    client.post(side(reader, "new"))
    page = client.post(side(reader, "old"), {"no": "1"})
    assert "Your address stays the same" in page.content.decode()
    assert client.post(side(reader, "old")).status_code == 404
    assert client.get(side(reader, "new")).status_code == 404
    reader.refresh_from_db()
    assert reader.address == OLD


def test_the_new_address_cannot_refuse_for_the_old(client: Client, reader: Subscriber) -> None:
    ask(client, reader, NEW)
    assert client.post(side(reader, "new"), {"no": "1"}).status_code == 404
    assert client.get(side(reader, "old")).status_code == 200


def test_the_links_expire_after_three_days(client: Client, reader: Subscriber) -> None:
    ask(client, reader, NEW)
    client.post(side(reader, "new"))
    AddressChange.objects.update(asked_at=timezone.now() - timedelta(days=3, seconds=1))
    for answer in (client.get(side(reader, "old")), client.post(side(reader, "old"))):
        assert answer.status_code == 404
    reader.refresh_from_db()
    assert reader.address == OLD
    assert "waiting for both addresses" not in client.get(owner_link(reader)).content.decode()


def test_another_request_cancels_the_first(client: Client, reader: Subscriber) -> None:
    ask(client, reader, OTHER)
    before = side(reader, "new"), side(reader, "old")
    ask(client, reader, NEW)
    assert [client.post(path).status_code for path in before] == [404, 404]
    for which in ("new", "old"):
        client.post(side(reader, which))
    reader.refresh_from_db()
    assert reader.address == NEW


def test_a_repeated_request_within_the_hour_keeps_the_first_links(
    client: Client, reader: Subscriber
) -> None:
    for address in (NEW, OTHER, NEW, NEW.upper()):
        ask(client, reader, address)
    assert len(emails_sent_to(NEW)) == 1
    assert not emails_sent_to(NEW.upper())
    client.post(link_to("preferences", emails_sent_to(NEW)[-1]))
    client.post(link_to("preferences", emails_sent_to(OLD)[-1]))
    reader.refresh_from_db()
    assert hash_address(reader.address) == hash_address(NEW)


def test_the_owner_sees_the_waiting_change_and_can_cancel_it(
    client: Client, reader: Subscriber
) -> None:
    ask(client, reader, NEW)
    link = owner_link(reader)
    page = client.get(link).content.decode()
    assert "waiting for both addresses" in page
    assert NEW in page
    client.post(link, {"cancel-address-change": "1"})
    assert "waiting for both addresses" not in client.get(link).content.decode()
    assert client.post(side(reader, "new")).status_code == 404


def test_nothing_reveals_whether_the_new_address_is_known(
    client: Client, reader: Subscriber
) -> None:
    make_reader(of=make_briefing(), email="known@example.org")
    Suppression.objects.create(address_hash=hash_address("never@example.org"), reason="bounced")
    told: dict[str, list[str]] = {}
    for address in ("fresh@example.org", "known@example.org", "never@example.org"):
        first = ask(client, reader, address)
        old = client.post(side(reader, "old")).content.decode()
        before = [client.get(owner_link(reader)).content.decode()]
        new = ""
        if address != "fresh@example.org":
            new = client.post(side(reader, "new")).content.decode()
            before.append(client.get(owner_link(reader)).content.decode())
            assert new == old
        told[address] = [_plain(page, address) for page in (first, old, before[-1])]
    assert told["fresh@example.org"] == told["known@example.org"] == told["never@example.org"]
    assert {email.to[0] for email in emails_sent()} == {
        OLD, "fresh@example.org", "known@example.org"
    }  # fmt: skip


def _plain(page: str, address: str) -> str:
    """Remove what always differs: the address, signatures in links."""
    import re

    page = page.replace(address, "ADDRESS")
    return re.sub(r"/preferences/[^/\"]+/", "/preferences/TOKEN/", page)


def test_a_new_address_that_is_subscribed_is_told_by_email_and_nothing_changes(
    client: Client, reader: Subscriber
) -> None:
    own = make_reader(of=make_briefing(), email=NEW)
    change = move(client, reader, to=NEW)
    assert change.state == AddressChangeState.REFUSED
    reader.refresh_from_db()
    assert reader.address == OLD
    assert list(own.subscriber.subscriptions.all()) == [own]
    email = emails_sent_to(NEW)[-1]
    assert "could not change your address" in email.subject
    assert OLD not in str(email.body)


def test_a_suppressed_address_stays_suppressed(client: Client, reader: Subscriber) -> None:
    Suppression.objects.create(address_hash=hash_address(NEW), reason="complained")
    assert move(client, reader, to=NEW).state == AddressChangeState.REFUSED
    assert not OutgoingEmail.objects.filter(to=NEW).exists()
    ask(client, reader, OTHER)
    Suppression.objects.create(address_hash=hash_address(OLD), reason="complained")
    for which in ("new", "old"):
        client.post(side(reader, which))
    reader.refresh_from_db()
    assert reader.address == OLD
    assert not Subscription.objects.mailable().exists()


def test_links_sent_to_the_old_address_stop_working(client: Client, reader: Subscriber) -> None:
    before = owner_link(reader)
    assert client.get(before).status_code == 200
    move(client, reader, to=NEW)
    assert client.get(before).status_code == 404
    assert client.post(f"{before}erase/").status_code == 404
    reader.refresh_from_db()
    assert client.get(owner_link(reader)).status_code == 200


def test_a_waiting_delivery_goes_to_the_new_address(client: Client, reader: Subscriber) -> None:
    briefing = reader.subscriptions.get().briefing
    dispatch = make_dispatch(issue=make_scheduled_issue(briefing=briefing))
    dispatches.start(dispatch, at=timezone.now())
    move(client, reader, to=NEW)
    leased = sending_setup.take(dispatch)
    assert leased is not None
    assert [one.address for one in leased.recipients] == [NEW]


def test_an_undeliverable_address_is_refused(
    client: Client, reader: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "subscribers.signup.forms.can_deliver_to", str.isascii
    )  # as without SMTPUTF8
    assert "cannot send to" in ask(client, reader, "ü@exämple.de")
    assert "are temporary" in ask(client, reader, "ada@mailinator.com")
    assert not AddressChange.objects.exists()


def test_a_typing_mistake_in_the_new_address_is_pointed_out(
    client: Client, reader: Subscriber
) -> None:
    assert "Did you mean gmail.com?" in ask(client, reader, "ada@gmial.com")
    assert AddressChange.objects.get().new_address == "ada@gmial.com"
    assert "Did you mean" not in ask(client, reader, NEW)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (OLD.upper(), "already send your emails to this address"),
        ("ada", "not an email address"),
        ("", "Enter your"),
    ],
)
def test_an_invalid_new_address_is_refused(
    client: Client, reader: Subscriber, address: str, words: str
) -> None:
    answer = ask(client, reader, address)
    assert answer.startswith("422")
    assert words in answer
    assert not AddressChange.objects.exists()


def test_the_link_in_every_email_cannot_change_the_address(
    client: Client, reader: Subscriber
) -> None:
    client.post(f"/preferences/{reader.token}/", {"change-address": "1", "address": NEW})
    assert not AddressChange.objects.exists()


@pytest.mark.parametrize("token", ["nonsense", "A" * 22, "%00", "é" * 22, "a" * 3000])
def test_a_forged_link_says_that_it_does_not_work(client: Client, token: str) -> None:
    for answer in (
        client.get(f"/preferences/address/{token}/"),
        client.post(f"/preferences/address/{token}/"),
        client.post(f"/preferences/address/{token}/", {"no": "1"}),
    ):
        assert answer.status_code == 404
        assert "This link no longer works" in answer.content.decode()
