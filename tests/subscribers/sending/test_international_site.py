"""A newsroom at an internationalised domain sends what every mail server accepts."""

from __future__ import annotations

from smtplib import SMTP
from typing import Any, cast

import pytest
from django.test import Client
from django.utils import timezone

from newsroom import emails
from newsroom.mail_servers import parse_mail_server, parse_mail_servers
from newsroom.site_address import ascii_url, site_host
from newsroom.smtp_submission import SmtpBackend
from subscribers.models import Dispatch
from subscribers.sending import dispatches
from subscribers.sending.personalised_email import PreparedEmail
from subscribers.sending.send_run import send_ready
from tests.factories import make_briefing, make_dispatch, make_reader, make_scheduled_issue
from tests.servers.smtp import SmtpServer

HOST = "xn--bcher-kva.example"


@pytest.fixture(autouse=True)
def _at_an_international_domain(settings: Any) -> None:
    settings.SITE_URL = ascii_url("https://bücher.example")  # as at the start
    settings.SITE_HOST = "bücher.example"
    settings.DEFAULT_FROM_EMAIL = "Bücher <news@bücher.example>"
    settings.BOUNCE_ADDRESS = "bounces@bücher.example"
    settings.REPLY_ADDRESS = "replies@bücher.example"


@pytest.mark.django_db(transaction=True)
def test_issue_emails_name_the_host_in_a_labels(settings: Any, smtp_server: SmtpServer) -> None:
    """The server refuses an EHLO and an envelope that are not ASCII, and headers with raw bytes."""
    settings.MAIL_SERVERS = parse_mail_servers(smtp_server.url + "/?timeout=20")
    briefing = make_briefing()
    make_reader(of=briefing, email="ada@example.com")
    make_scheduled_issue(briefing=briefing)
    dispatches.publish_due(at=timezone.now())
    for dispatch in dispatches.advance(at=timezone.now()):
        send_ready(dispatch)
    [email] = smtp_server.emails()
    assert smtp_server.violations() == []
    assert email.sender.endswith(f"@{HOST}")
    for header in ("From", "Reply-To", "Message-ID", "List-Id"):
        assert HOST in str(email.message[header]), header
    head = email.raw.partition(b"\r\n\r\n")[0]
    assert head.isascii()


@pytest.mark.django_db
def test_transactional_emails_name_the_host_in_a_labels(
    settings: Any, smtp_server: SmtpServer, client: Client
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp_server.port
    client.post(f"/subscribe/{make_briefing().slug}/", {"address": "bob@example.com"})
    emails.send_due_emails()
    [email] = smtp_server.emails()
    assert email.sender == f"news@{HOST}"
    assert str(email.message["From"]).endswith(f"<news@{HOST}>")
    assert HOST in str(email.message["Message-ID"])


def test_transactional_emails_are_greeted_with_the_host_in_a_labels(
    smtp_server: SmtpServer,
) -> None:
    backend = SmtpBackend(server=parse_mail_server(smtp_server.url))
    with backend:
        client = cast("SMTP", backend.connection)
        assert client.local_hostname == HOST
        assert client.ehlo()[0] == 250


@pytest.mark.django_db
def test_ids_and_references_have_the_same_host(client: Client) -> None:
    dispatch = make_dispatch(issue=make_scheduled_issue(briefing=make_briefing()))
    assert Dispatch.objects.get().sender.endswith(f"<news@{HOST}>")
    assert PreparedEmail(dispatch).message_id(1).endswith(f"@{HOST}>")
    assert site_host() == HOST
    assert f"tag:{HOST}," in client.get("/feed/").content.decode()
    assert "at bücher.example" in " ".join(dispatch.text.split())
