"""Transactional emails: queued with the change that causes them, sent when possible."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.core import mail
from django.db import connections, transaction
from django.utils import timezone

from newsroom import emails
from newsroom.mail_servers import parse_mail_servers
from newsroom.models import OutgoingEmail
from tests.servers.smtp import SmtpServer
from tests.servers.smtp_rules import Stage

pytestmark = pytest.mark.django_db


def queue(*, to: str = "ada@example.com", subject: str = "Council & mayor") -> OutgoingEmail:
    return emails.queue_rendered_email(
        "welcome",
        to=to,
        subject=subject,
        text="Good morning.\n",
        html="",
        headers={"X-Kind": "test"},
    )


@pytest.fixture
def mail_server(settings: Any, smtp_server: SmtpServer) -> SmtpServer:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp_server.port
    return smtp_server


def test_an_email_is_sent_once_and_its_row_deleted() -> None:
    queue()
    assert emails.send_due_emails(at=timezone.now()) == 1
    assert emails.send_due_emails(at=timezone.now()) == 0
    [email] = mail.outbox
    assert email.to == ["ada@example.com"]
    assert email.subject == "Council & mayor"
    assert not OutgoingEmail.objects.exists()


def test_the_message_id_is_under_our_host_and_the_same_in_a_retry() -> None:
    queue()
    [row] = OutgoingEmail.objects.all()
    emails.send_due_emails(at=timezone.now())
    row.save(force_insert=True)  # its worker died before it deleted the row
    emails.send_due_emails(at=timezone.now())
    message_ids = {str(email.message()["Message-ID"]) for email in mail.outbox}
    assert len(mail.outbox) == 2
    assert len(message_ids) == 1
    assert message_ids.pop().endswith("@news.example.com>")


def test_an_email_is_not_queued_when_its_transaction_fails() -> None:
    with transaction.atomic():
        queue()
        transaction.set_rollback(True)  # as an error does
    assert emails.send_due_emails(at=timezone.now()) == 0


def test_an_unreachable_server_delays_an_email(mail_server: SmtpServer) -> None:
    queue()
    now = timezone.now()
    mail_server.kill()
    assert emails.send_due_emails(at=now) == 0
    waiting = OutgoingEmail.objects.get()
    assert now + timedelta(minutes=1) <= waiting.not_before < now + timedelta(minutes=5)
    assert "refused" in waiting.last_error
    mail_server.start()
    assert emails.send_due_emails(at=waiting.not_before) == 1
    assert mail_server.received() == {"ada@example.com": 1}


def test_a_permanent_refusal_is_not_retried(mail_server: SmtpServer) -> None:
    queue(to="nobody@example.com")
    mail_server.answer("550 5.1.1 no such user", to="nobody@*")
    emails.send_due_emails(at=timezone.now())
    assert not OutgoingEmail.objects.exists()


def test_sending_is_given_up_after_some_days(mail_server: SmtpServer) -> None:
    queue()
    mail_server.answer("451 4.3.0 later")
    emails.send_due_emails(at=timezone.now())
    assert OutgoingEmail.objects.exists()
    emails.send_due_emails(at=timezone.now() + timedelta(days=4))
    assert not OutgoingEmail.objects.exists()


@pytest.mark.parametrize("local", ["jürgen", "अजय", "ü" * 32], ids=["latin", "hindi", "longest"])
def test_an_email_reaches_an_address_that_is_not_ascii(
    settings: Any, own_smtp_server: Callable[..., SmtpServer], local: str
) -> None:
    server = own_smtp_server(extensions=("8BITMIME", "SMTPUTF8"))
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    queue(to=f"{local}@xn--strae-oqa.example", subject="Räte & mayor")
    assert emails.send_due_emails(at=timezone.now()) == 1
    [email] = server.emails()
    assert email.recipients == (f"{local}@xn--strae-oqa.example",)
    assert email.sender == "news@news.example.com"
    assert f"\r\nTo: {email.recipients[0]}\r\n".encode() in email.raw
    assert email.message["Subject"] == "Räte & mayor"
    assert email.message["X-Kind"] == "test"
    assert email.message.get_content() == "Good morning.\r\n"
    assert not server.violations()


def test_an_unsupported_address_is_logged_and_not_retried(
    mail_server: SmtpServer, caplog: pytest.LogCaptureFixture
) -> None:
    queue(to="jürgen@example.com")
    assert emails.send_due_emails(at=timezone.now()) == 0
    assert not OutgoingEmail.objects.exists()
    assert ": the part before the @ is not ASCII" in caplog.text
    assert not mail_server.emails()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_eight_workers_one_sends_each_email(mail_server: SmtpServer) -> None:
    for number in range(20):
        queue(to=f"r{number}@example.com")

    def send(_: int) -> None:
        emails.send_due_emails(at=timezone.now())
        connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(8)))
    assert len(mail_server) == 20
    assert set(mail_server.received().values()) == {1}


@pytest.mark.django_db(transaction=True)
def test_an_unreachable_broker_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ConnectionError("the broker is unreachable")

    monkeypatch.setattr(current_app, "send_task", fail)
    with caplog.at_level(logging.WARNING):
        queue()
    assert "the broker is unreachable" in caplog.text
    assert OutgoingEmail.objects.exists()


@pytest.fixture
def two_servers(
    settings: Any, smtp_server: SmtpServer, own_smtp_server: Callable[..., SmtpServer]
) -> SmtpServer:
    """Send through two mail servers, and return the first; the second is `smtp_server`."""
    first = own_smtp_server()
    settings.MAIL_SERVERS = parse_mail_servers(f"{first.url} {smtp_server.url}")
    settings.EMAIL_BACKEND = settings.MAIL_SERVERS[0].django_backend
    return first


def test_an_email_goes_through_the_first_server_while_it_works(
    two_servers: SmtpServer, smtp_server: SmtpServer
) -> None:
    queue()
    assert emails.send_due_emails() == 1
    assert (len(two_servers), len(smtp_server)) == (1, 0)


@pytest.mark.parametrize("fault", ["unreachable", "refuses", "asks us to wait"])
def test_an_email_goes_through_another_server_if_the_first_cannot_be_used(
    two_servers: SmtpServer, smtp_server: SmtpServer, fault: str
) -> None:
    """So staff are told of an outage by the server that is left."""
    if fault == "unreachable":
        two_servers.kill()
    else:
        reply = "554 5.7.1 not you" if fault == "refuses" else "421 4.3.2 not now"
        two_servers.answer(reply, at=Stage.CONNECT)
    queue()
    queue(to="bea@example.com")
    assert emails.send_due_emails() == 2
    assert smtp_server.received() == {"ada@example.com": 1, "bea@example.com": 1}


def test_if_no_server_can_be_reached_the_email_waits(
    two_servers: SmtpServer, smtp_server: SmtpServer
) -> None:
    two_servers.kill()
    smtp_server.kill()
    queue()
    assert emails.send_due_emails() == 0
    [waiting] = OutgoingEmail.objects.all()
    assert "refused" in waiting.last_error
