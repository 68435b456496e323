"""A mail server that refuses for good pauses sending; others are shown, and alert if it lasts."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from newsroom.emails import batch_tried, queue_rendered_email, send_due_emails
from newsroom.mail_servers import parse_mail_servers
from newsroom.models import OutgoingEmail
from subscribers.models import Dispatch, DispatchState, Outage
from subscribers.sending import dispatches, ledger, outages, tasks
from subscribers.sending.dispatch_progress import waiting_reasons
from subscribers.sending.send_run import _left_out_until, send_ready
from subscribers.sending.smtp_connection import _tls_failure
from subscribers.sending.transport_interface import ServerRejectsUs, ServerUnreachable
from tests.factories import make_reader, make_scheduled_issue
from tests.servers.processes import free_port
from tests.servers.scripted import ScriptedServer
from tests.servers.smtp import SmtpServer
from tests.subscribers.sending.sending_setup import counts, make_sending

pytestmark = pytest.mark.django_db(transaction=True)

EHLO = b"220 mx ESMTP\r\n"
NO_ROOM = b"421 4.3.2 too many connections\r\n"
ScriptedServers = Callable[..., ScriptedServer]


@pytest.fixture(autouse=True)
def editor(settings: Any) -> User:
    settings.SEND_CONNECTIONS = 1
    _left_out_until.clear()
    editor = User.objects.create_user("ed", "ed@news.example.com", is_staff=True)
    for codename in ("send_issue", "view_dispatch"):
        editor.user_permissions.add(Permission.objects.get(codename=codename))
    return editor


@pytest.fixture
def scripted() -> Iterator[ScriptedServers]:
    started: list[ScriptedServer] = []

    def start(greeting: bytes, *replies: bytes) -> ScriptedServer:
        started.append(ScriptedServer(greeting, replies))
        return started[-1]

    yield start
    for server in started:
        server.stop()


def run_with(url: str, settings: Any) -> Dispatch:
    """Do one send run through this server."""
    settings.MAIL_SERVERS = parse_mail_servers(url)
    dispatch = Dispatch.objects.first() or make_sending(readers=3)
    send_ready(Dispatch.objects.get(pk=dispatch.pk))
    dispatch.refresh_from_db()
    return dispatch


@pytest.mark.parametrize(
    ("greeting", "replies", "words"),
    [
        (b"554 5.7.1 your network is blocked\r\n", [], "554 5.7.1 your network is blocked"),
        (b"500 no\r\n", [], "500 no"),
        (EHLO, [b"550 5.7.1 your name is not known here\r\n"], "550 5.7.1 your name is not known"),
        (EHLO, [b"502 no such command\r\n"], "502 no such command"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", [], "the reply is not SMTP: 'SSH-2.0-OpenSSH_9.2'"),
        (b"+OK POP3 ready\r\n", [], "the reply is not SMTP: '+OK POP3 ready'"),
        (b"* OK IMAP4 ready\r\n", [], "the reply is not SMTP: '* OK IMAP4 ready'"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", [], "the reply is not SMTP: 'HTTP/1.1 400"),
        (b"RFB 003.008", [], "the reply is not SMTP: 'RFB 003.008'"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_server_that_refuses_for_good_pauses_with_its_words(
    scripted: ScriptedServers, settings: Any, greeting: bytes, replies: list[bytes], words: str
) -> None:
    server = scripted(greeting, *replies)
    dispatch = run_with(f"smtp://127.0.0.1:{server.port}/?timeout=3", settings)
    assert dispatch.state == DispatchState.PAUSED
    assert words in dispatch.pause_reason
    assert f"127.0.0.1:{server.port}" in dispatch.pause_reason
    assert OutgoingEmail.objects.filter(name="dispatch_paused").count() == 1
    assert counts() == {"pending": 3}


@pytest.mark.parametrize("host", ["mail.invalid", "mail..example.com", "a" * 64 + ".example.com"])
def test_a_host_name_that_does_not_exist_pauses(settings: Any, host: str) -> None:
    dispatch = run_with(f"smtp://{host}:25/?timeout=3", settings)
    assert dispatch.state == DispatchState.PAUSED
    assert f"There is no host named {host}" in dispatch.pause_reason


@pytest.mark.parametrize(
    ("conversation", "words"),
    [
        ((NO_ROOM, []), "421 4.3.2 too many connections"),
        ((b"454 4.3.0 restarting\r\n", []), "454 4.3.0 restarting"),
        ((EHLO, [b"451 4.3.0 not now\r\n"]), "451 4.3.0 not now"),
        # Which of the two depends on what the server had read when it closed.
        ((EHLO, []), "the server closed the connection|Connection reset by peer"),
        ((b"", [b""]), "no reply within 1 s"),
        (
            (EHLO, [b"250 mx\r\n", b"451 4.3.0 queue is full\r\n", b"250 ok\r\n"]),
            "451 4.3.0 queue is full",
        ),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_server_that_may_come_back_is_shown_with_its_words(
    settings: Any,
    admin_client: Client,
    scripted: ScriptedServers,
    conversation: tuple[bytes, list[bytes]],
    words: str,
) -> None:
    greeting, replies = conversation
    server = scripted(greeting, *replies)
    dispatch = run_with(f"smtp://127.0.0.1:{server.port}/?timeout=1", settings)
    assert dispatch.state == DispatchState.SENDING
    [sentence] = waiting_reasons(dispatch, at=timezone.now())
    assert sentence.startswith(f"The mail server 127.0.0.1:{server.port} has failed since ")
    assert re.search(words, sentence)
    page = admin_client.get(dispatch.get_absolute_url()).content.decode()
    assert f"The mail server 127.0.0.1:{server.port} has failed since" in page


OFFERS_TLS = b"250-mx\r\n250 STARTTLS\r\n"
HALF_A_HANDSHAKE = b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"


@pytest.mark.parametrize(
    ("query", "greeting", "replies", "words"),
    [
        ("starttls", EHLO, [OFFERS_TLS, b"454 4.7.0 TLS not available now\r\n"], "454 4.7.0 TLS"),
        ("starttls", EHLO, [OFFERS_TLS, b"421 4.3.2 closing\r\n"], "421 4.3.2 closing"),
        ("starttls", EHLO, [OFFERS_TLS, b"220 go ahead\r\n"], "TLS with 127.0.0.1 failed"),
        ("starttls", EHLO, [OFFERS_TLS], "closed the connection|reset by peer"),
        ("ssl", b"", [], "unreachable|failed"),
        ("ssl", HALF_A_HANDSHAKE, [], "unreachable|failed"),
    ],
    ids=["454", "421", "cut after 220", "cut before 220", "cut at once", "cut within"],
)
def test_tls_that_is_cut_or_refused_for_now_is_tried_again(
    *,
    settings: Any,
    scripted: ScriptedServers,
    query: str,
    greeting: bytes,
    replies: list[bytes],
    words: str,
) -> None:
    server = scripted(greeting, *replies)
    dispatch = run_with(f"smtp://127.0.0.1:{server.port}/?tls={query}&timeout=15", settings)
    assert dispatch.state == DispatchState.SENDING
    [sentence] = waiting_reasons(dispatch, at=timezone.now())
    assert re.search(words, sentence), sentence
    assert counts() == {"pending": 3}


@pytest.mark.parametrize(
    ("query", "greeting", "replies", "words"),
    [
        ("starttls", EHLO, [OFFERS_TLS, b"554 5.7.3 no TLS for you\r\n"], "554 5.7.3 no TLS"),
        ("starttls", EHLO, [b"250 mx\r\n", b"502 5.5.1 what?\r\n"], "502 5.5.1 what"),
        ("ssl", b"220 mx ESMTP\r\n", [b"220 this is not TLS\r\n"], "TLS with 127.0.0.1 failed"),
    ],
    ids=["554", "502", "not TLS"],
)
def test_tls_that_is_refused_for_good_pauses(
    *,
    settings: Any,
    scripted: ScriptedServers,
    query: str,
    greeting: bytes,
    replies: list[bytes],
    words: str,
) -> None:
    server = scripted(greeting, *replies)
    dispatch = run_with(f"smtp://127.0.0.1:{server.port}/?tls={query}&timeout=15", settings)
    assert dispatch.state == DispatchState.PAUSED
    assert words in dispatch.pause_reason
    assert counts() == {"pending": 3}


def test_an_end_of_file_in_tls_is_a_cut_and_a_wrong_certificate_is_not() -> None:
    cut = _tls_failure("mx", ssl.SSLEOFError("EOF occurred in violation of protocol"))
    assert isinstance(cut, ServerUnreachable)
    wrong = _tls_failure("mx", ssl.SSLCertVerificationError("self-signed certificate"))
    assert isinstance(wrong, ServerRejectsUs)


def test_an_unreachable_server_alerts_once_after_some_time(settings: Any) -> None:
    url = f"smtp://127.0.0.1:{free_port()}/?timeout=1"
    dispatch = run_with(url, settings)
    run_with(url, settings)
    assert not OutgoingEmail.objects.exists()
    Outage.objects.update(since=timezone.now() - timedelta(minutes=11))
    for _ in range(3):
        run_with(url, settings)
    [email] = OutgoingEmail.objects.all()
    assert (email.name, email.to) == ("outage", "ed@news.example.com")
    assert "the mail server 127.0.0.1:" in email.text
    assert "is unreachable" in email.text
    assert dispatch.state == DispatchState.SENDING


def test_the_time_before_an_alert_is_a_setting(settings: Any) -> None:
    settings.ALERT_AFTER = 0
    run_with(f"smtp://127.0.0.1:{free_port()}/?timeout=1", settings)
    assert OutgoingEmail.objects.filter(name="outage").count() == 1


def test_an_outage_is_over_once_the_server_accepts(
    settings: Any, own_smtp_server: Callable[..., SmtpServer]
) -> None:
    server = own_smtp_server()
    server.kill()
    dispatch = run_with(server.url, settings)
    assert len(waiting_reasons(dispatch, at=timezone.now())) == 1
    server.start()
    run_with(server.url, settings)
    assert counts() == {"sent": 3}
    assert not Outage.objects.exists()


def test_an_outage_that_was_long_ago_does_not_count(settings: Any) -> None:
    url = f"smtp://127.0.0.1:{free_port()}/?timeout=1"
    long_ago = timezone.now() - timedelta(days=7)
    dispatch = run_with(url, settings)
    Outage.objects.update(since=long_ago, last_at=long_ago, alerted_at=long_ago)
    assert waiting_reasons(dispatch, at=timezone.now()) == []
    run_with(url, settings)
    assert not OutgoingEmail.objects.exists()
    assert Outage.objects.get().since > timezone.now() - timedelta(minutes=1)


def test_one_server_of_two_that_rejects_us_is_shown_too(
    settings: Any, scripted: ScriptedServers, smtp_server: SmtpServer
) -> None:
    rejecting = scripted(b"554 5.7.1 blocked\r\n")
    settings.SEND_CONNECTIONS = 2
    dispatch = run_with(f"{smtp_server.url} smtp://127.0.0.1:{rejecting.port}", settings)
    assert counts() == {"sent": 3}
    [sentence] = waiting_reasons(dispatch, at=timezone.now())
    assert "554 5.7.1 blocked" in sentence


def test_every_log_line_can_name_its_dispatch(
    settings: Any, scripted: ScriptedServers, caplog: pytest.LogCaptureFixture
) -> None:
    """Inside the event loop nothing may be loaded; the logging handlers of tests raise errors."""
    run_with(f"smtp://127.0.0.1:{free_port()}/?timeout=1", settings)
    one, other = scripted(b"554 5.7.1 blocked\r\n"), scripted(NO_ROOM)
    ports = one.port, other.port
    run_with(" ".join(f"smtp://127.0.0.1:{port}/?timeout=1" for port in ports), settings)
    run_with(f"smtp://127.0.0.1:{one.port}/?timeout=1", settings)
    name = str(Dispatch.objects.get())
    lines = [record.getMessage() for record in caplog.records]
    assert any(line.startswith(f"{name} will be tried again soon: ") for line in lines)
    assert any(line.startswith(f"{name} continues on other servers: ") for line in lines)
    assert any(line.startswith(f"{name} is paused: ") for line in lines)


def test_an_issue_that_cannot_be_published_again_and_again_alerts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    issue = make_scheduled_issue(title="Council & mayor")
    make_reader(of=issue.briefing)

    def fail(*_: Any, **__: Any) -> None:
        raise OSError("no space left on the device")

    with monkeypatch.context() as broken:
        broken.setattr(dispatches, "render_issue_email", fail)
        dispatches.publish_due(at=timezone.now())
        Outage.objects.update(since=timezone.now() - timedelta(minutes=11))
        dispatches.publish_due(at=timezone.now())
        dispatches.publish_due(at=timezone.now())
    [email] = OutgoingEmail.objects.filter(name="outage")
    assert "Council & mayor" in " ".join(email.text.split())
    assert "no space left on the device" in email.text
    assert len(dispatches.publish_due(at=timezone.now())) == 1
    assert not Outage.objects.exists()


def test_a_dispatch_that_cannot_start_again_and_again_alerts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dispatch = make_sending(readers=1)

    def fail(*_: Any) -> None:
        raise RuntimeError("a disk is full")

    monkeypatch.setattr(ledger, "has_work", fail)
    dispatches.advance(at=timezone.now())
    [sentence] = waiting_reasons(dispatch, at=timezone.now())
    assert "a disk is full" in sentence
    Outage.objects.update(since=timezone.now() - timedelta(minutes=11))
    dispatches.advance(at=timezone.now())
    assert "a disk is full" in OutgoingEmail.objects.get(name="outage").text


@pytest.mark.parametrize("task", ["publish_due", "advance_dispatches"])
def test_a_task_that_fails_as_a_whole_alerts(monkeypatch: pytest.MonkeyPatch, task: str) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("a column is missing")

    monkeypatch.setattr(dispatches, task.removesuffix("_dispatches"), fail)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            getattr(tasks, task)()
        Outage.objects.update(since=timezone.now() - timedelta(minutes=11))
    assert "a column is missing" in OutgoingEmail.objects.get(name="outage").text


def test_single_emails_that_no_server_takes_are_shown_and_alert(
    client: Client, editor: User, settings: Any, scripted: ScriptedServers
) -> None:
    server = scripted(b"554 5.7.1 this host is blocked\r\n")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    queue_rendered_email(
        "confirm_signup", to="ada@example.org", subject="Hello", text="Hello", html="", headers={}
    )
    at = timezone.now()
    send_due_emails(at=at)
    client.force_login(editor)
    page = client.get("/admin/").content.decode()
    assert "The sending of single emails, such as confirmations, has failed since" in page
    assert "this host is blocked" in page

    Outage.objects.update(since=at - timedelta(minutes=11))
    send_due_emails(at=at + timedelta(minutes=5))
    assert "this host is blocked" in OutgoingEmail.objects.get(name="outage").text

    batch_tried.send(None, failure=None)
    assert not Outage.objects.exists()


def test_a_refused_address_is_not_an_outage(settings: Any, scripted: ScriptedServers) -> None:
    server = scripted(EHLO, b"250 mx\r\n", b"250 ok\r\n", b"550 5.1.1 not here\r\n")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    queue_rendered_email(
        "confirm_signup", to="ada@example.org", subject="Hello", text="Hello", html="", headers={}
    )
    send_due_emails()
    assert not OutgoingEmail.objects.exists()
    assert not Outage.objects.exists()


def test_success_of_one_thing_ends_no_other_outage() -> None:
    outages.note_failure("one", "reason")
    outages.note_failure("other", "reason")
    outages.note_success("one")
    assert Outage.objects.get().what == "other"


def test_the_start_page_shows_every_outage(client: Client, editor: User) -> None:
    client.force_login(editor)
    assert "Sending has problems" not in client.get("/admin/").content.decode()

    with pytest.raises(ValueError), outages.watch("the publication of scheduled issues"):  # noqa: PT011
        raise ValueError("nothing works")

    page = client.get("/admin/").content.decode()
    assert "The publication of scheduled issues has failed since" in page
    with outages.watch("the publication of scheduled issues"):
        pass
    assert "Sending has problems" not in client.get("/admin/").content.decode()
