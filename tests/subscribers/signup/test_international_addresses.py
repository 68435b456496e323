"""Addresses in other scripts, from the form to a mail server that can write to them, or cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from newsroom import emails
from newsroom.models import OutgoingEmail
from subscribers.models import SignUp, Subscriber
from tests.factories import make_briefing
from tests.servers.smtp import EXTENSIONS, SmtpServer

pytestmark = pytest.mark.django_db
WIDE = "用户@bücher.example"
WIRE = "用户@xn--bcher-kva.example"


@pytest.fixture
def by_smtp(settings: Any, own_smtp_server: Callable[..., SmtpServer]) -> Callable[..., SmtpServer]:
    def start(*extensions: str) -> SmtpServer:
        server = own_smtp_server(extensions=(*EXTENSIONS, *extensions))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        return server

    return start


def sign_up(client: Client, address: str) -> Any:
    return client.post(f"/subscribe/{make_briefing().slug}/", {"address": address})


def test_where_the_server_can_the_address_is_written_to_and_confirmed(
    client: Client, by_smtp: Callable[..., SmtpServer]
) -> None:
    server = by_smtp("SMTPUTF8")
    answer = sign_up(client, WIDE)
    assert answer.status_code == 200
    assert WIDE in answer.content.decode()
    emails.send_due_emails()
    [letter] = server.emails_to(WIRE)
    assert WIRE in str(letter.message["To"])
    assert client.post(f"/confirm/{SignUp.objects.get().token}/").status_code == 200
    emails.send_due_emails()
    assert server.received() == {WIRE: 2}
    assert server.violations() == []
    assert Subscriber.objects.at_address("用户@BÜCHER.example").get().address == WIRE
    assert not OutgoingEmail.objects.exists()


def test_where_it_cannot_the_form_says_so(
    client: Client, by_smtp: Callable[..., SmtpServer]
) -> None:
    server = by_smtp()
    answer = sign_up(client, WIDE)
    assert answer.status_code == 422
    assert "cannot send to this address yet" in answer.content.decode()
    assert not SignUp.objects.exists()
    assert sign_up(client, "ada@bücher.example").status_code == 200  # a domain is no obstacle
    emails.send_due_emails()
    assert server.received() == {"ada@xn--bcher-kva.example": 1}
    assert server.violations() == []


def test_a_server_that_is_away_is_believed(
    client: Client, by_smtp: Callable[..., SmtpServer]
) -> None:
    server = by_smtp("SMTPUTF8")
    server.kill()
    assert sign_up(client, WIDE).status_code == 200
    emails.send_due_emails()
    server.start()
    OutgoingEmail.objects.update(not_before="2026-01-01T00:00Z")
    emails.send_due_emails()
    assert server.received() == {WIRE: 1}


@pytest.mark.parametrize("again", ["ADA@Example.org", "ada@EXAMPLE.ORG", "Ada@example.org "])
def test_addresses_are_one_in_either_case(client: Client, again: str) -> None:
    sign_up(client, "ada@example.org")
    sign_up(client, again)
    assert SignUp.objects.get().address == "ada@example.org"
    assert OutgoingEmail.objects.count() == 1
