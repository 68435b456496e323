"""The mailbox of REPORTS_URL: processed messages are removed, others stay."""

from __future__ import annotations

from typing import Any

import pytest

from newsroom.mail_servers import TlsMode
from newsroom.report_mailbox import Mailbox, parse_mailbox
from subscribers.bounces import tasks
from subscribers.bounces.mailbox_fetch import MailboxUnreachable, fetch_messages
from subscribers.models import BounceEvent
from tests.servers.mailbox import Store, open_mailbox
from tests.subscribers.bounces.reports.bounce_factories import (
    bounce_address,
    make_sent_delivery,
    write_bounce,
)

MESSAGES = [b"Subject: one\r\n\r\n.a line\r\n", b"Subject: two\r\n\r\n", b"Subject: three\r\n\r\n"]


def mailbox(protocol: str, store: Store, *, login: str = "ada:secret", after: str = "") -> Mailbox:
    return parse_mailbox(f"{protocol}://{login}@127.0.0.1:{store.port}/Reports{after}")


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_processed_messages_are_removed(protocol: str) -> None:
    processed: list[bytes] = []
    with open_mailbox(protocol, MESSAGES) as store:
        assert fetch_messages(mailbox(protocol, store), processed.append) == 3
        assert store.messages == {}
    assert b".a line" in processed[0]
    assert [b"one" in processed[0], b"two" in processed[1], b"three" in processed[2]] == [True] * 3


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_a_message_that_fails_stays_and_the_others_are_processed(protocol: str) -> None:
    def process(message: bytes) -> None:
        if b"two" in message:
            raise RuntimeError("the database is unreachable")

    with open_mailbox(protocol, MESSAGES) as store:
        assert fetch_messages(mailbox(protocol, store), process) == 2
        assert list(store.messages) == [2]


def test_messages_can_be_marked_instead() -> None:
    processed: list[bytes] = []
    with open_mailbox("imap", MESSAGES) as store:
        for _ in range(2):
            fetch_messages(mailbox("imap", store, after="?after=mark"), processed.append)
        assert len(store.messages) == 3
        assert store.seen == {1, 2, 3}
    assert len(processed) == 3


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_a_wrong_password_raises_an_error_that_names_the_host(protocol: str) -> None:
    with open_mailbox(protocol, MESSAGES) as store:
        with pytest.raises(MailboxUnreachable, match=r"127\.0\.0\.1"):
            fetch_messages(mailbox(protocol, store, login="ada:wrong"), print)
        assert len(store.messages) == 3


@pytest.mark.django_db
def test_the_task_processes_the_mailbox(settings: Any) -> None:
    delivery = make_sent_delivery()
    with open_mailbox("imap", [write_bounce(to=bounce_address(delivery))]) as store:
        settings.REPORTS_MAILBOX = mailbox("imap", store)
        tasks.fetch_mailbox()
        assert store.messages == {}
    assert BounceEvent.objects.get().action == "suppressed"


def test_an_unreachable_mailbox_is_tried_again(settings: Any) -> None:
    settings.REPORTS_MAILBOX = parse_mailbox("imap://ada:secret@127.0.0.1:1/?timeout=1")
    tasks.fetch_mailbox()
    tasks.fetch_mailbox()


def test_a_mailbox_url_is_parsed() -> None:
    read = parse_mailbox("imaps://ada%40b.example:s%2Fcret@mail.example/Back/Reports?timeout=9")
    assert read == Mailbox(
        protocol="imap",
        host="mail.example",
        port=993,
        username="ada@b.example",
        password="s/cret",
        folder="Back/Reports",
        tls=TlsMode.IMPLICIT,
        timeout=9.0,
    )
    assert parse_mailbox("imap://a:b@mail.example?tls=starttls").tls == TlsMode.STARTTLS
    assert parse_mailbox("pop3s://a:b@mail.example").port == 995


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://a:b@mail.example", "'http' is unknown"),
        ("imaps://mail.example", "user:password"),
        ("imaps://a:b@mail.example?tls=maybe", "tls must be one of none, starttls, ssl"),
        ("imaps://a:b@mail.example:many/", "numbers"),
        ("pop3://a:b@mail.example?after=mark", "IMAP only"),
        ("imaps://a:b@mail.example?folder=x", "'folder' is unknown"),
    ],
)
def test_a_wrong_mailbox_url_is_refused_with_a_reason(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_mailbox(url)
