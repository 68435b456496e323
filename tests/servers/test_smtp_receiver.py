"""The mail server of the tests: what it refuses, and what it saves."""

from __future__ import annotations

import smtplib
import socket
import time

import pytest

from tests.servers.processes import wait_until
from tests.servers.smtp import SmtpServer
from tests.servers.smtp_rules import Stage

MESSAGE = b"From: a@example.com\r\nDate: Sat, 21 Nov 2026 06:00:00 +0000\r\n\r\nHello.\r\n"


def send(server: SmtpServer, content: bytes = MESSAGE, *, to: str = "ada@example.com") -> None:
    with smtplib.SMTP("127.0.0.1", server.port) as client:
        client.sendmail("news@example.com", [to], content)


def talk(server: SmtpServer, *groups: bytes) -> list[bytes]:
    """Send groups of commands and return the reply to each."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as line:
        line.recv(1000)
        heard = []
        for group in groups:
            line.sendall(group)
            time.sleep(0.05)
            heard.append(line.recv(1000))
        return heard


def test_an_email_is_kept_byte_for_byte(smtp_server: SmtpServer) -> None:
    content = MESSAGE + b".\r\n..two\r\n" + b"x" * 998 + b"\r\n"
    send(smtp_server, content)
    [message] = smtp_server.emails()
    assert message.raw == content
    assert (message.sender, message.recipients) == ("news@example.com", ("ada@example.com",))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (MESSAGE + b"x" * 999 + b"\r\n", "a line over 998 bytes"),
        (MESSAGE + b"caf\xc3\xa9\r\n", "8-bit content without BODY=8BITMIME"),
        (MESSAGE + b"a\0b\r\n", "a NUL"),
        (b"From: a@example.com\r\n" + MESSAGE, "from more than once"),
        (b"Subject: no date\r\n\r\nHello.\r\n", "From or Date is missing"),
        (b"no name\r\n" + MESSAGE, "a header line has neither name nor fold"),
    ],
)
def test_a_malformed_email_is_refused_and_remembered(
    smtp_server: SmtpServer, content: bytes, fault: str
) -> None:
    smtp_server.allows_violations = True
    with pytest.raises(smtplib.SMTPDataError):
        send(smtp_server, content)
    [violation] = smtp_server.violations()
    assert fault in violation
    assert len(smtp_server) == 0


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (MESSAGE + b"bare\nfeed\r\n.\r\n", "a bare CR or LF"),
        (MESSAGE + b".single\r\n.\r\n", "a single dot begins a line"),
    ],
)
def test_what_a_library_would_repair_is_refused_on_the_wire(
    smtp_server: SmtpServer, content: bytes, fault: str
) -> None:
    smtp_server.allows_violations = True
    envelope = b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
    *_, answer = talk(smtp_server, b"EHLO test\r\n", envelope, content)
    assert answer.startswith(b"550 5.6.0")
    assert fault in smtp_server.violations()[0]


@pytest.mark.parametrize(
    "groups",
    [
        [b"EHLO test\r\nMAIL FROM:<a@example.com>\r\n"],
        [b"EHLO test\r\n", b"MAIL FROM: <a@example.com>\r\n"],
        [b"EHLO test\r\n", b"MAIL FROM:<a@example.com> BODY=BINARYMIME\r\n"],
        [b"MAIL FROM:<a@example.com>\r\n"],
        [b"EHLO test\n"],
        [b"EHLO test\r\n", b"MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\nFrom: too soon"],
    ],
    ids=["group after EHLO", "space", "option", "no EHLO", "bare LF", "content before 354"],
)
def test_a_client_out_of_step_is_refused(smtp_server: SmtpServer, groups: list[bytes]) -> None:
    smtp_server.allows_violations = True
    talk(smtp_server, *groups)
    assert len(smtp_server.violations()) == 1


def test_the_next_envelope_may_travel_with_the_end_of_an_email(smtp_server: SmtpServer) -> None:
    envelope = b"MAIL FROM:<a@example.com>\r\nRCPT TO:<%s@example.com>\r\nDATA\r\n"
    talk(
        smtp_server,
        b"EHLO test\r\n",
        envelope % b"b",
        MESSAGE + b".\r\n" + envelope % b"c",
        MESSAGE + b".\r\nQUIT\r\n",
    )
    assert smtp_server.received() == {"b@example.com": 1, "c@example.com": 1}


def test_it_refuses_whom_it_is_told_to_as_often_as_it_is_told(smtp_server: SmtpServer) -> None:
    smtp_server.answer("451 4.3.0 later", to="slow@*", times=1)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(smtp_server, to="slow@example.com")
    send(smtp_server, to="ada@example.com")
    send(smtp_server, to="slow@example.com")
    assert smtp_server.received() == {"ada@example.com": 1, "slow@example.com": 1}


@pytest.mark.parametrize("keep", [True, False])
def test_it_hangs_up_before_it_answers_an_email(smtp_server: SmtpServer, keep: bool) -> None:
    smtp_server.hang_up(at=Stage.CONTENT, keep=keep)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(smtp_server)
    assert len(smtp_server) == int(keep)


def test_an_email_is_taken_in_before_a_late_answer(smtp_server: SmtpServer) -> None:
    smtp_server.delay(60)
    client = smtplib.SMTP("127.0.0.1", smtp_server.port, timeout=0.5)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        client.sendmail("news@example.com", ["ada@example.com"], MESSAGE)
    wait_until(lambda: len(smtp_server) == 1, seconds=5, what="the message")


def test_emails_survive_a_killed_receiver(smtp_server: SmtpServer) -> None:
    send(smtp_server)
    smtp_server.kill()
    with pytest.raises(ConnectionRefusedError):
        send(smtp_server)
    smtp_server.start()
    send(smtp_server, to="bob@example.com")
    assert list(smtp_server.received()) == ["ada@example.com", "bob@example.com"]
