"""Single letters: written with the act that calls for them, sent when a server takes them."""

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
from newsroom.models import OutgoingEmail
from tests.servers.smtp import SmtpServer

pytestmark = pytest.mark.django_db


def write(*, to: str = "ada@example.com", subject: str = "Council & mayor") -> OutgoingEmail:
    return emails.queue_rendered_email(
        "welcome",
        to=to,
        subject=subject,
        text="Good morning.\n",
        html="",
        headers={"X-Kind": "test"},
    )


@pytest.fixture
def by_smtp(settings: Any, smtp_server: SmtpServer) -> SmtpServer:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp_server.port
    return smtp_server


def test_a_letter_leaves_once_and_its_row_goes() -> None:
    write()
    assert emails.send_due(at=timezone.now()) == 1
    assert emails.send_due(at=timezone.now()) == 0
    [letter] = mail.outbox
    assert letter.to == ["ada@example.com"]
    assert letter.subject == "Council & mayor"
    assert not OutgoingEmail.objects.exists()


def test_a_letter_is_named_under_our_host_and_a_second_copy_alike() -> None:
    write()
    [row] = OutgoingEmail.objects.all()
    emails.send_due(at=timezone.now())
    row.save(force_insert=True)  # its worker died between the server's yes and the row's removal
    emails.send_due(at=timezone.now())
    names = {str(letter.message()["Message-ID"]) for letter in mail.outbox}
    assert len(mail.outbox) == 2
    assert len(names) == 1
    assert names.pop().endswith("@news.example.com>")


def test_a_letter_whose_act_fails_is_never_written() -> None:
    with transaction.atomic():
        write()
        transaction.set_rollback(True)  # as a failing act does
    assert emails.send_due(at=timezone.now()) == 0


def test_a_server_that_is_away_delays_a_letter(by_smtp: SmtpServer) -> None:
    write()
    now = timezone.now()
    by_smtp.kill()
    assert emails.send_due(at=now) == 0
    waiting = OutgoingEmail.objects.get()
    assert now + timedelta(minutes=1) <= waiting.not_before < now + timedelta(minutes=5)
    assert "refused" in waiting.last_error
    by_smtp.start()
    assert emails.send_due(at=waiting.not_before) == 1
    assert by_smtp.received() == {"ada@example.com": 1}


def test_an_address_that_is_refused_for_good_is_not_tried_for_days(by_smtp: SmtpServer) -> None:
    write(to="nobody@example.com")
    by_smtp.answer("550 5.1.1 no such user", to="nobody@*")
    emails.send_due(at=timezone.now())
    assert not OutgoingEmail.objects.exists()


def test_a_letter_nobody_takes_is_given_up_after_days(by_smtp: SmtpServer) -> None:
    write()
    by_smtp.answer("451 4.3.0 later")
    emails.send_due(at=timezone.now())
    assert OutgoingEmail.objects.exists()
    emails.send_due(at=timezone.now() + timedelta(days=4))
    assert not OutgoingEmail.objects.exists()


@pytest.mark.parametrize("local", ["jürgen", "अजय", "ü" * 32], ids=["latin", "hindi", "longest"])
def test_a_letter_reaches_an_address_that_is_not_ascii(
    settings: Any, own_smtp_server: Callable[..., SmtpServer], local: str
) -> None:
    server = own_smtp_server(extensions=("8BITMIME", "SMTPUTF8"))
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    write(to=f"{local}@xn--strae-oqa.example", subject="Räte & mayor")
    assert emails.send_due(at=timezone.now()) == 1
    [letter] = server.emails()
    assert letter.recipients == (f"{local}@xn--strae-oqa.example",)
    assert letter.sender == "news@news.example.com"
    assert f"\r\nTo: {letter.recipients[0]}\r\n".encode() in letter.raw
    assert letter.message["Subject"] == "Räte & mayor"
    assert letter.message["X-Kind"] == "test"
    assert letter.message.get_content() == "Good morning.\r\n"
    assert not server.violations()


def test_an_address_that_the_server_cannot_write_to_is_given_up_in_plain_words(
    by_smtp: SmtpServer, caplog: pytest.LogCaptureFixture
) -> None:
    write(to="jürgen@example.com")
    assert emails.send_due(at=timezone.now()) == 0
    assert not OutgoingEmail.objects.exists()
    assert "is given up: the part before the @ is not ASCII" in caplog.text
    assert not by_smtp.emails()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_eight_workers_one_sends_each_letter(by_smtp: SmtpServer) -> None:
    for number in range(20):
        write(to=f"r{number}@example.com")

    def work(_: int) -> None:
        emails.send_due(at=timezone.now())
        connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(by_smtp) == 20
    assert set(by_smtp.received().values()) == {1}


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_is_a_line_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def dead(*_: Any, **__: Any) -> None:
        raise ConnectionError("the broker is away")

    monkeypatch.setattr(current_app, "send_task", dead)
    with caplog.at_level(logging.WARNING):
        write()
    assert "the broker is away" in caplog.text
    assert OutgoingEmail.objects.exists()
