"""The mailbox of REPORTS_URL: what was recorded is removed, what was not stays."""

from __future__ import annotations

from typing import Any

import pytest

from newsroom.mail_servers import TlsMode
from newsroom.report_mailbox import Mailbox, parse_mailbox
from subscribers.bounces import tasks
from subscribers.bounces.mailbox_collection import MailboxAway, collect
from subscribers.models import BounceEvent
from tests.servers.mailbox import Store, open_mailbox
from tests.subscribers.bounces.reports.returned import (
    bounce_address,
    make_sent_letter,
    write_bounce,
)

MESSAGES = [b"Subject: one\r\n\r\n.a line\r\n", b"Subject: two\r\n\r\n", b"Subject: three\r\n\r\n"]


def mailbox(protocol: str, store: Store, *, login: str = "ada:secret", after: str = "") -> Mailbox:
    return parse_mailbox(f"{protocol}://{login}@127.0.0.1:{store.port}/Reports{after}")


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_what_was_recorded_is_removed(protocol: str) -> None:
    taken: list[bytes] = []
    with open_mailbox(protocol, MESSAGES) as store:
        assert collect(mailbox(protocol, store), taken.append) == 3
        assert store.messages == {}
    assert b".a line" in taken[0]
    assert [b"one" in taken[0], b"two" in taken[1], b"three" in taken[2]] == [True] * 3


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_what_could_not_be_recorded_stays_and_stops_no_other(protocol: str) -> None:
    def take(message: bytes) -> None:
        if b"two" in message:
            raise RuntimeError("the database is away")

    with open_mailbox(protocol, MESSAGES) as store:
        assert collect(mailbox(protocol, store), take) == 2
        assert list(store.messages) == [2]


def test_messages_may_be_marked_instead() -> None:
    taken: list[bytes] = []
    with open_mailbox("imap", MESSAGES) as store:
        for _ in range(2):
            collect(mailbox("imap", store, after="?after=mark"), taken.append)
        assert len(store.messages) == 3
        assert store.seen == {1, 2, 3}
    assert len(taken) == 3


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_a_wrong_password_is_a_sentence(protocol: str) -> None:
    with open_mailbox(protocol, MESSAGES) as store:
        with pytest.raises(MailboxAway, match=r"127\.0\.0\.1"):
            collect(mailbox(protocol, store, login="ada:wrong"), print)
        assert len(store.messages) == 3


@pytest.mark.django_db
def test_the_beat_takes_reports_out_of_the_mailbox(settings: Any) -> None:
    letter = make_sent_letter()
    with open_mailbox("imap", [write_bounce(to=bounce_address(letter))]) as store:
        settings.REPORTS_MAILBOX = mailbox("imap", store)
        tasks.collect_reports()
        assert store.messages == {}
    assert BounceEvent.objects.get().action == "suppressed"


def test_a_mailbox_that_is_away_stops_nothing(settings: Any) -> None:
    settings.REPORTS_MAILBOX = parse_mailbox("imap://ada:secret@127.0.0.1:1/?timeout=1")
    tasks.collect_reports()
    tasks.collect_reports()


def test_the_address_of_a_mailbox_is_read() -> None:
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
        ("http://a:b@mail.example", "'http' is not known"),
        ("imaps://mail.example", "user:password"),
        ("imaps://a:b@mail.example?tls=maybe", "tls is none"),
        ("imaps://a:b@mail.example:many/", "numbers"),
        ("pop3://a:b@mail.example?after=mark", "IMAP only"),
        ("imaps://a:b@mail.example?folder=x", "'folder' is not known"),
    ],
)
def test_a_wrong_address_is_refused_with_a_sentence(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_mailbox(url)
