"""TLS and passwords on the way to the mail server, for single letters and for issues."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from django.core.mail import EmailMessage, get_connection

from newsroom.mail_server import MailServer, parse_mail_server
from subscribers.engine.answers import Answer, ServerRejectsUs
from subscribers.engine.smtp import SmtpConnection
from tests.servers.smtp import SmtpServer

LETTER = b"From: news@example.com\r\nDate: Sat, 21 Nov 2026 06:00:00 +0000\r\n\r\nHello.\r\n"
KINDS = [
    {"account": "ada:secret"},
    {"tls": "starttls"},
    {"tls": "ssl"},
    {"tls": "starttls", "account": "ada:secret"},
    {"tls": "ssl", "account": "ada:secret"},
]


def send(url: str) -> Answer:
    async def converse(server: MailServer) -> Answer:
        connection = await SmtpConnection.open(server, name="news.example.com")
        try:
            return await connection.send(
                sender="news@example.com", recipient="ada@example.com", wire=LETTER, utf8=False
            )
        finally:
            await connection.close()

    return asyncio.run(converse(parse_mail_server(url)))


def trust(server: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    if server.certificate is not None:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_an_issue_gets_through(
    own_smtp_server: Callable[..., SmtpServer],
    monkeypatch: pytest.MonkeyPatch,
    kind: dict[str, str],
) -> None:
    server = own_smtp_server(**kind)
    trust(server, monkeypatch)
    assert send(server.url).accepted
    assert server.received() == {"ada@example.com": 1}
    assert server.violations() == []


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_single_letter_gets_through(
    own_smtp_server: Callable[..., SmtpServer],
    monkeypatch: pytest.MonkeyPatch,
    kind: dict[str, str],
) -> None:
    server = own_smtp_server(**kind)
    trust(server, monkeypatch)
    to = parse_mail_server(server.url)
    connection = get_connection(
        "django.core.mail.backends.smtp.EmailBackend",
        host=to.host,
        port=to.port,
        username=to.username,
        password=to.password,
        use_tls=to.tls == "starttls",
        use_ssl=to.tls == "ssl",
        timeout=to.timeout,
    )
    EmailMessage(
        "Hello", "Hello.", "news@example.com", ["ada@example.com"], connection=connection
    ).send()
    [received] = server.letters()
    assert received.message["Subject"] == "Hello"
    assert server.violations() == []


@pytest.mark.parametrize("tls", ["starttls", "ssl"])
def test_a_server_with_a_certificate_of_nobody_we_trust_is_refused(
    own_smtp_server: Callable[..., SmtpServer], tls: str
) -> None:
    server = own_smtp_server(tls=tls, account="ada:secret")
    with pytest.raises(ServerRejectsUs, match=r"TLS with 127\.0\.0\.1 failed"):
        send(server.url)
    assert len(server) == 0


def test_a_wrong_password_is_told_apart_from_a_busy_server(
    own_smtp_server: Callable[..., SmtpServer],
) -> None:
    server = own_smtp_server(account="ada:secret")
    with pytest.raises(ServerRejectsUs, match="refuses our name and password"):
        send(server.url.replace("secret", "guess"))


def test_tls_is_asked_for_and_not_offered(own_smtp_server: Callable[..., SmtpServer]) -> None:
    """A line that strips the offer must not make us send in the clear."""
    server = own_smtp_server()
    with pytest.raises(ServerRejectsUs, match="offers no TLS"):
        send(f"{server.url}/?tls=starttls")
    assert len(server) == 0
