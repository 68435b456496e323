"""An issue email is well-formed for every name, every text and every kind of server."""

from __future__ import annotations

import email
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsroom.tokens import verify_id
from subscribers.models import Dispatch
from subscribers.sending.personalised_email import (
    CannotSend,
    PersonalisedEmail,
    Placeholder,
    PreparedEmail,
    Recipient,
)
from tests.servers.message_violations import faults_of

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
UNSUBSCRIBE = f"http://news.example.com/unsubscribe/{Placeholder.UNSUBSCRIBE}/"
any_line = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=1200)


def make_dispatch(**fields: Any) -> Dispatch:
    facts = {
        "pk": 7,
        "subject": "Council & mayor",
        "html": f"<p>Words</p>\n<a href='{UNSUBSCRIBE}'>Unsubscribe</a>\n",
        "text": f"Words\n\n{UNSUBSCRIBE}\n",
        "content_hash": "ab" * 32,
        "sender": '"The Ward Round" <news@news.example.com>',
        "reply_to": "rosa@news.example.com",
        "list_id": "The Ward Round <ward-round.news.example.com>",
    }
    return Dispatch(**(facts | fields))


def make_recipient(**fields: Any) -> Recipient:
    facts: dict[str, Any] = {
        "delivery": 12,
        "subscriber": 34,
        "address": "ada@example.com",
        "name": "",
        "unsubscribe": "u" * len(Placeholder.UNSUBSCRIBE),
        "preferences": "p" * len(Placeholder.PREFERENCES),
    }
    return Recipient(**(facts | fields))


def personalise(
    dispatch: Dispatch, recipient: Recipient, *, eight_bit: bool = True, utf8: bool = False
) -> PersonalisedEmail:
    return PreparedEmail(dispatch).personalise(
        recipient, eight_bit=eight_bit, utf8_addresses=utf8, at=NOON.timestamp()
    )


def receive(sent: PersonalisedEmail) -> EmailMessage:
    """Do what a server and an email client do: remove dot-stuffing, check each line, parse."""
    raw = sent.wire()
    assert raw.endswith(b"\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    lines = raw.split(b"\r\n")
    assert not any(line == b"." for line in lines)
    assert faults_of(raw, {"BODY=8BITMIME", "SMTPUTF8"}) == []
    assert not any(placeholder.encode() in raw for placeholder in Placeholder)
    unstuffed = b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines)
    message = email.message_from_bytes(unstuffed, policy=SMTP)
    assert not message.defects
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    return message


def content(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert part is not None
    # The line end before a boundary belongs to the boundary (RFC 2046, section 5.1.1).
    return str(part.get_content()).replace("\r\n", "\n").removesuffix("\n")


def display_name(message: EmailMessage) -> str:
    """Read the name; the parser's own list of addresses puts spaces between encoded words."""
    [raw] = [value for name, value in message.raw_items() if name == "To"]
    phrase = raw.rpartition("<")[0].strip()
    if "=?" not in phrase or phrase.startswith('"'):
        return str(message["To"].addresses[0].display_name)
    return str(make_header(decode_header(phrase)))


@pytest.mark.parametrize("eight_bit", [True, False])
@given(line=any_line, name=st.text(max_size=80))
def test_any_text_and_any_name_make_a_well_formed_email(
    eight_bit: bool, line: str, name: str
) -> None:
    text = f".{line}\n.\n{line} {UNSUBSCRIBE}{line}\n"
    recipient = make_recipient(name=name)
    message = receive(personalise(make_dispatch(text=text), recipient, eight_bit=eight_bit))
    expected = text.replace(Placeholder.UNSUBSCRIBE, recipient.unsubscribe).rstrip()
    assert content(message, "plain") == expected
    [address] = message["To"].addresses
    assert address.addr_spec == "ada@example.com"


@given(subject=any_line.filter(str.strip))
def test_any_headline_is_one_subject(subject: str) -> None:
    message = receive(personalise(make_dispatch(subject=subject), make_recipient()))
    assert len(message.get_all("Subject") or []) == 1
    assert "".join(str(message["Subject"]).split()) == "".join(subject.split())


def test_a_placeholder_at_every_column_survives_quoted_printable() -> None:
    recipient = make_recipient()
    for column in range(160):
        text = "é" * (column % 2) + "x" * column + UNSUBSCRIBE
        message = receive(personalise(make_dispatch(text=text), recipient, eight_bit=False))
        expected = text.replace(Placeholder.UNSUBSCRIBE, recipient.unsubscribe)
        assert content(message, "plain") == expected


def test_a_paragraph_of_5000_characters_keeps_to_the_line_limit() -> None:
    long = "wörd " * 1000
    message = receive(personalise(make_dispatch(html=f"<p>{long}</p>"), make_recipient()))
    assert content(message, "html") == f"<p>{long}</p>"


def test_no_name_can_add_a_header() -> None:
    for name in ("Eve\r\nBcc: all@example.com", "Eve\nX: y", "Eve\u2028X: y", "Eve\x00\x1b[0m"):
        message = receive(personalise(make_dispatch(), make_recipient(name=name)))
        assert "Bcc" not in message
        assert "X" not in message


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace",
        'Ada "Countess" L.',
        "Žofie Nováková",
        "山田太郎" * 20,
        "=?utf-8?q?x?=",
        "a, b",
    ],
)
def test_a_name_arrives_as_it_was_given(name: str) -> None:
    message = receive(personalise(make_dispatch(), make_recipient(name=name)))
    [address] = message["To"].addresses
    assert display_name(message) == name
    assert address.addr_spec == "ada@example.com"


def test_an_issue_email_has_the_headers_of_a_list() -> None:
    sent = personalise(make_dispatch(), make_recipient())
    message = receive(sent)
    token = make_recipient().unsubscribe
    assert message["List-Unsubscribe"].strip() == f"<http://news.example.com/unsubscribe/{token}/>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "The Ward Round <ward-round.news.example.com>"
    assert message["From"] == "The Ward Round <news@news.example.com>"
    assert message["Reply-To"] == "rosa@news.example.com"
    assert message["Date"].datetime == NOON
    assert all(len(message.get_all(name) or []) == 1 for name in ("From", "Date", "Message-ID"))


def test_the_envelope_sender_names_the_delivery_in_upper_case_too() -> None:
    sent = personalise(make_dispatch(), make_recipient(delivery=4711))
    local, _, domain = sent.mail_from.partition("@")
    assert (local.split("+")[0], domain) == ("bounces", "news.example.com")
    assert verify_id("bounce", local.split("+")[1].upper()) == 4711
    assert verify_id("view", local.split("+")[1]) is None


def test_an_email_that_is_sent_again_has_the_same_message_id() -> None:
    first = PreparedEmail(make_dispatch())
    assert first.message_id(34) == PreparedEmail(make_dispatch()).message_id(34)
    assert first.message_id(34) != first.message_id(35)
    assert first.message_id(34) != PreparedEmail(make_dispatch(pk=8)).message_id(34)


def test_an_internationalised_address_needs_a_server_that_takes_it() -> None:
    recipient = make_recipient(address="žofie@example.com")
    assert personalise(make_dispatch(), recipient, utf8=True).utf8
    with pytest.raises(CannotSend, match="internationalised"):
        personalise(make_dispatch(), recipient, utf8=False)


def test_a_domain_beyond_ascii_is_written_in_a_labels() -> None:
    sent = personalise(make_dispatch(), make_recipient(address="ada@bücher.example"))
    assert sent.rcpt_to == "ada@xn--bcher-kva.example"
    assert not sent.utf8


@pytest.mark.parametrize("address", ["a@b.example>\r\nDATA", "a b@c.example", "<a@b.example"])
def test_no_address_breaks_out_of_the_envelope(address: str) -> None:
    with pytest.raises(CannotSend):
        personalise(make_dispatch(), make_recipient(address=address))
