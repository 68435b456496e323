"""TLS and passwords for the mail server, for transactional emails and for issues."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from smtplib import SMTPException
from typing import Any
from urllib.parse import quote

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone

from newsroom import smtp_login
from newsroom.mail_servers import parse_mail_server, parse_mail_servers
from newsroom.smtp_login import LoginRefused, log_in, offered_ways
from newsroom.smtp_submission import SmtpBackend
from subscribers.models import Dispatch, DispatchState, Outage
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


def send_transactional(url: str) -> None:
    """Send one email in the way of transactional emails."""
    connection = SmtpBackend(server=parse_mail_server(url))
    EmailMessage(
        "Hello", "Hello.", "news@example.com", ["ada@example.com"], connection=connection
    ).send()


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
    send_transactional(server.url)
    [received] = server.emails()
    assert received.message["Subject"] == "Hello"
    assert server.violations() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ways", ["PLAIN", "LOGIN", "CRAM-MD5", "GSSAPI LOGIN XOAUTH2 NTLM"])
def test_we_log_in_by_each_way_that_a_server_may_offer_alone(
    own_smtp_server: Callable[..., SmtpServer], settings: Any, ways: str
) -> None:
    server = own_smtp_server(account="ada:s€cret/=", mechanisms=ways)
    url = server.url.replace("s€cret/=", "s%E2%82%ACcret%2F%3D")
    send_issue(url, settings)
    send_transactional(url)
    assert server.violations() == []
    assert server.received() == {"ada@example.com": 2}


@pytest.fixture
def token_command(tmp_path: Path) -> Iterator[str]:
    """Return an EMAIL_URL option whose command prints the token and counts its runs."""
    smtp_login._tokens.clear()
    script = tmp_path / "print token"
    script.write_text(f"#!/bin/sh\necho run >> '{tmp_path}/runs'\necho \"$1\"\n")
    script.chmod(0o755)
    command = quote(f"'{script}'")
    yield f"token_command={command}"
    smtp_login._tokens.clear()


@pytest.mark.django_db(transaction=True)
def test_we_log_in_with_a_token(
    own_smtp_server: Callable[..., SmtpServer], settings: Any, tmp_path: Path, token_command: str
) -> None:
    server = own_smtp_server(account="ada:ya29.tok", mechanisms="LOGIN XOAUTH2")
    url = f"smtp://ada@127.0.0.1:{server.port}/?{token_command}+ya29.tok"
    send_issue(url, settings)
    send_transactional(url)
    assert server.violations() == []
    assert server.received() == {"ada@example.com": 2}
    assert (tmp_path / "runs").read_text() == "run\n"  # it is kept for a minute


@pytest.mark.django_db(transaction=True)
def test_a_token_that_is_refused_pauses_and_is_not_kept(
    own_smtp_server: Callable[..., SmtpServer], settings: Any, tmp_path: Path, token_command: str
) -> None:
    server = own_smtp_server(account="ada:ya29.tok", mechanisms="XOAUTH2")
    url = f"smtp://ada@127.0.0.1:{server.port}/?{token_command}+expired"
    dispatch = send_issue(url, settings)
    assert dispatch.state == DispatchState.PAUSED
    assert "refused our user name or token: 535" in dispatch.pause_reason
    assert '{"status":"401"}' in dispatch.pause_reason
    assert "expired" not in dispatch.pause_reason
    with pytest.raises(SMTPException, match="refused our user name or token: 535"):
        send_transactional(url)
    assert server.violations() == []
    # For each time that it was tried, and not once for all.
    assert (tmp_path / "runs").read_text().count("run\n") >= 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("command", "state", "words"),
    [
        ("/nowhere/print-token", DispatchState.PAUSED, "cannot be run"),
        ("sh+-c+'echo+no+network>%262;exit+3'", DispatchState.SENDING, "failed (3): no network"),
        ("true", DispatchState.SENDING, "it printed nothing"),
        ("echo+a+b", DispatchState.PAUSED, "has to print a token and nothing else"),
    ],
)
def test_a_token_command_that_fails_says_why(
    own_smtp_server: Callable[..., SmtpServer],
    settings: Any,
    command: str,
    state: DispatchState,
    words: str,
) -> None:
    server = own_smtp_server(account="ada:ya29.tok", mechanisms="XOAUTH2")
    url = f"smtp://ada@127.0.0.1:{server.port}/?token_command={command}"
    dispatch = send_issue(url, settings)
    assert dispatch.state == state
    assert words in dispatch.pause_reason or words in Outage.objects.get().reason
    with pytest.raises(SMTPException, match=re.escape(words)):
        send_transactional(url)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("mechanisms", "words"),
    [("", "offers no way to log in"), ("GSSAPI XOAUTH2", "offers only GSSAPI, XOAUTH2")],
)
def test_a_server_without_a_way_that_we_know_pauses_and_says_what_it_offers(
    own_smtp_server: Callable[..., SmtpServer], settings: Any, mechanisms: str, words: str
) -> None:
    server = own_smtp_server(mechanisms=mechanisms)
    url = server.url.replace("127", "ada:secret@127")
    dispatch = send_issue(url, settings)
    assert dispatch.state == DispatchState.PAUSED
    assert words in dispatch.pause_reason
    assert "PLAIN or LOGIN or CRAM-MD5" in dispatch.pause_reason
    with pytest.raises(SMTPException, match=words):
        send_transactional(url)
    assert len(server) == 0


def test_a_way_that_turns_out_not_to_work_is_followed_by_the_next() -> None:
    lines = log_in(parse_mail_server("smtp://ada:pw@localhost"), ["LOGIN", "PLAIN"], "pw")
    assert next(lines) == "AUTH PLAIN AGFkYQBwdw=="
    assert lines.send((504, "5.5.4 not implemented")) == "AUTH LOGIN"
    assert lines.send((334, "VXNlcm5hbWU6")) == "YWRh"
    assert lines.send((334, "UGFzc3dvcmQ6")) == "cHc="
    with pytest.raises(StopIteration):
        lines.send((235, "2.7.0 welcome"))


@pytest.mark.parametrize(("code", "temporary"), [(535, False), (454, True)])
def test_a_refusal_says_whether_it_may_pass(code: int, temporary: bool) -> None:
    lines = log_in(parse_mail_server("smtp://ada:pw@localhost"), ["PLAIN"], "pw")
    next(lines)
    with pytest.raises(LoginRefused) as refusal:
        lines.send((code, "no"))
    assert refusal.value.temporary is temporary


def test_the_ways_of_old_servers_are_understood_too() -> None:
    assert offered_ways(["SIZE 1000", "AUTH=LOGIN plain", "AUTH PLAIN CRAM-MD5", ""]) == [
        "LOGIN",
        "PLAIN",
        "CRAM-MD5",
    ]


def test_no_password_goes_to_another_host_without_tls() -> None:
    server = parse_mail_server("smtp://ada:pw@mail.example.com")
    with pytest.raises(LoginRefused, match="without TLS"):
        next(log_in(server, ["PLAIN"], "pw"))


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("smtp://ada:pw@mail.example.com/?token_command=print", "no password"),
        ("smtp://mail.example.com/?token_command=print", "write a user name"),
        ("smtp://ada@mail.example.com/?token_command='print", "not a command line"),
    ],
)
def test_a_wrong_token_command_is_refused_at_the_start(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_mail_server(url)


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
