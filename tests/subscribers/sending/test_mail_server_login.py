"""TLS and passwords for the mail server, for transactional emails and for issues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.mail import EmailMessage, get_connection
from django.utils import timezone

from newsroom.mail_servers import parse_mail_server, parse_mail_servers
from subscribers.models import Dispatch, DispatchState
from subscribers.sending import dispatches
from subscribers.sending.send_run import send_ready
from tests.factories import make_dispatch, make_reader, make_scheduled_issue
from tests.servers.smtp import SmtpServer

KINDS = [
    {"account": "ada:secret"},
    {"tls": "starttls"},
    {"tls": "ssl"},
    {"tls": "starttls", "account": "ada:secret"},
    {"tls": "ssl", "account": "ada:secret"},
]


def send_issue(url: str, settings: Any) -> Dispatch:
    """Send an issue to Ada by this mail server."""
    settings.MAIL_SERVERS = parse_mail_servers(url)
    settings.SEND_CONNECTIONS = 1
    issue = make_scheduled_issue()
    make_reader(of=issue.briefing, email="ada@example.com")
    dispatch = make_dispatch(issue=issue)
    dispatches.start(dispatch, at=timezone.now())
    send_ready(dispatch, seconds=1)
    dispatch.refresh_from_db()
    return dispatch


def trust(server: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    if server.certificate is not None:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_an_issue_gets_through(
    own_smtp_server: Callable[..., SmtpServer],
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    kind: dict[str, str],
) -> None:
    server = own_smtp_server(**kind)
    trust(server, monkeypatch)
    send_issue(server.url, settings)
    assert server.violations() == []
    assert server.received() == {"ada@example.com": 1}


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_transactional_email_gets_through(
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
    [received] = server.emails()
    assert received.message["Subject"] == "Hello"
    assert server.violations() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("tls", ["starttls", "ssl"])
def test_a_certificate_of_nobody_we_trust_pauses_the_dispatch(
    own_smtp_server: Callable[..., SmtpServer], settings: Any, tls: str
) -> None:
    server = own_smtp_server(tls=tls, account="ada:secret")
    dispatch = send_issue(server.url, settings)
    assert dispatch.state == DispatchState.PAUSED
    assert "TLS with 127.0.0.1 failed" in dispatch.pause_reason
    assert len(server) == 0


@pytest.mark.django_db(transaction=True)
def test_a_wrong_password_pauses_the_dispatch(
    own_smtp_server: Callable[..., SmtpServer], settings: Any
) -> None:
    server = own_smtp_server(account="ada:secret")
    dispatch = send_issue(server.url.replace("secret", "guess"), settings)
    assert dispatch.state == DispatchState.PAUSED
    assert "refused our user name or password" in dispatch.pause_reason
    assert "guess" not in dispatch.pause_reason


@pytest.mark.django_db(transaction=True)
def test_we_never_send_without_the_tls_that_is_set(
    own_smtp_server: Callable[..., SmtpServer], settings: Any
) -> None:
    """Somebody who removes the server's offer of STARTTLS must not make us send unencrypted."""
    server = own_smtp_server()
    dispatch = send_issue(f"{server.url}/?tls=starttls", settings)
    assert dispatch.state == DispatchState.PAUSED
    assert "offers no TLS" in dispatch.pause_reason
    assert len(server) == 0
