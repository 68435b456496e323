"""Headers of every email that we send are encoded and folded as RFC 2047 and RFC 5322 ask."""

from __future__ import annotations

import email
from collections.abc import Callable
from email.policy import SMTP
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from newsroom import emails
from newsroom.email_headers import header_field
from newsroom.invisible_characters import one_line
from tests.servers.message_violations import faults_of
from tests.servers.smtp import SmtpServer

LONG = {
    "one long German word": "Donaudampfschifffahrtsgesellschaftskapitänsmützen" * 4,
    "Chinese": "谁为空着的病床买单" * 20,
    "emoji": "👩‍👩‍👧‍👦" * 30,
    "words of both kinds": "Wer zahlt für die leeren Betten in den Krankenhäusern? " * 5,
    "ASCII words": "Who pays for the empty beds in the wards of this county? " * 5,
    "one long ASCII word": "pneumonoultramicroscopicsilicovolcanoconiosis" * 3,
    "specials": 'The "Ward, Round" (County); ' * 6,
    "looks encoded": "=?utf-8?q?not?= " * 12,
}
any_line = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=400)


def written(field: bytes) -> bytes:
    sender = b"" if field.startswith(b"From:") else b"From: a@example.com\r\n"
    return sender + b"Date: Thu\r\n" + field + b"\r\n\r\n"


@given(any_line)
@example(LONG["emoji"])
def test_any_subject_is_encoded_whole(subject: str) -> None:
    field = header_field("Subject", subject)
    assert faults_of(written(field), set()) == []
    parsed = email.message_from_bytes(field + b"\r\n\r\n", policy=SMTP)
    assert " ".join(str(parsed["subject"]).split()) == " ".join(one_line(subject).split())


@given(any_line)
def test_any_display_name_is_encoded_whole(name: str) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    for header in ("From", "Reply-To", "List-Id"):
        field = header_field(header, f'"{quoted}" <news@news.example.com>')
        assert faults_of(written(field), set()) == []
        assert field.endswith(b"<news@news.example.com>")


@pytest.mark.parametrize("field", ["List-Unsubscribe", "Message-ID"])
def test_a_long_link_starts_a_line_and_stays_whole(field: str) -> None:
    link = f"<https://news.example.com/{'x' * 45}/>"
    assert header_field(field, link) == f"{field}:\r\n {link}".encode()
    longer = f"<https://news.example.com/{'x' * 90}/>"
    assert header_field(field, f"{longer}, {link}").count(b"\r\n ") == 2


@pytest.mark.django_db
@pytest.mark.parametrize("words", LONG.values(), ids=LONG)
@pytest.mark.parametrize("to", ["ada@example.com", "jürgen@example.com"])
def test_a_transactional_email_has_folded_headers(
    words: str, to: str, settings: Any, own_smtp_server: Callable[..., SmtpServer]
) -> None:
    smtp_server = own_smtp_server(extensions=("8BITMIME", "SMTPUTF8"))
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp_server.port
    quoted = words.replace("\\", "\\\\").replace('"', '\\"')
    settings.DEFAULT_FROM_EMAIL = f'"{quoted[:150].strip()}" <news@news.example.com>'
    emails.queue_rendered_email(
        "welcome",
        to=to,
        subject=words,
        text="Good morning.\n",
        html="<p>Good morning.</p>",
        headers={
            "List-Id": f'"{quoted[:60].strip()}" <ward-round.news.example.com>',
            "List-Unsubscribe": f"<https://news.example.com/unsubscribe/{'x' * 30}/>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    assert emails.send_due_emails(at=timezone.now()) == 1
    [received] = smtp_server.emails()
    assert faults_of(received.raw, {"SMTPUTF8", "BODY=8BITMIME"}) == []
    parsed = email.message_from_bytes(received.raw, policy=SMTP)
    assert " ".join(str(parsed["subject"]).split()) == " ".join(words.split())
    assert str(parsed["list-id"]).endswith("<ward-round.news.example.com>")
    assert parsed["list-unsubscribe"].strip().startswith("<https://")
