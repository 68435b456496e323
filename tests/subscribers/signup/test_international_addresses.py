"""Addresses in other scripts, with mail servers that support them and servers that do not."""

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
def smtp(settings: Any, own_smtp_server: Callable[..., SmtpServer]) -> Callable[..., SmtpServer]:
    def start(*extensions: str) -> SmtpServer:
        server = own_smtp_server(extensions=(*EXTENSIONS, *extensions))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        return server

    return start


def sign_up(client: Client, address: str) -> Any:
    return client.post(f"/subscribe/{make_briefing().slug}/", {"address": address})


def test_with_smtputf8_an_international_address_can_sign_up(
    client: Client, smtp: Callable[..., SmtpServer]
) -> None:
    server = smtp("SMTPUTF8")
    answer = sign_up(client, WIDE)
    assert answer.status_code == 200
    assert WIDE in answer.content.decode()
    emails.send_due_emails()
    [email] = server.emails_to(WIRE)
    assert WIRE in str(email.message["To"])
    assert client.post(f"/confirm/{SignUp.objects.get().token}/").status_code == 200
    emails.send_due_emails()
    assert server.received() == {WIRE: 2}
    assert server.violations() == []
    assert Subscriber.objects.at_address("用户@BÜCHER.example").get().address == WIRE
    assert not OutgoingEmail.objects.exists()


def test_without_smtputf8_the_form_refuses_an_international_address(
    client: Client, smtp: Callable[..., SmtpServer]
) -> None:
    server = smtp()
    answer = sign_up(client, WIDE)
    assert answer.status_code == 422
    assert "cannot send to this address yet" in answer.content.decode()
    assert not SignUp.objects.exists()
    assert sign_up(client, "ada@bücher.example").status_code == 200  # the domain can be encoded
    emails.send_due_emails()
    assert server.received() == {"ada@xn--bcher-kva.example": 1}
    assert server.violations() == []


def test_an_unreachable_server_is_assumed_to_support_smtputf8(
    client: Client, smtp: Callable[..., SmtpServer]
) -> None:
    server = smtp("SMTPUTF8")
    server.kill()
    assert sign_up(client, WIDE).status_code == 200
    emails.send_due_emails()
    server.start()
    OutgoingEmail.objects.update(not_before="2026-01-01T00:00Z")
    emails.send_due_emails()
    assert server.received() == {WIRE: 1}


@pytest.mark.parametrize("again", ["ADA@Example.org", "ada@EXAMPLE.ORG", "Ada@example.org "])
def test_upper_and_lower_case_are_one_address(client: Client, again: str) -> None:
    sign_up(client, "ada@example.org")
    sign_up(client, again)
    assert SignUp.objects.get().address == "ada@example.org"
    assert OutgoingEmail.objects.count() == 1
