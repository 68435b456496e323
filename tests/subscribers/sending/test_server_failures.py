"""A mail server that refuses, or refuses temporarily, again and again."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from newsroom.mail_servers import parse_mail_servers
from newsroom.models import OutgoingEmail
from subscribers.models import Delivery, DeliveryState, DispatchState, DomainBackoff, Outage
from subscribers.models.delivery import WAITING_STATES
from subscribers.sending import dispatches, failure_streaks, send_run
from subscribers.sending.connection_worker import ConnectionWorker
from subscribers.sending.send_run import send_ready
from subscribers.sending.transport_interface import ServerRejectsUs
from tests.factories import make_reader
from tests.servers.smtp import SmtpServer
from tests.servers.smtp_rules import Stage
from tests.subscribers.sending.sending_setup import counts, make_sending, states

# The ledger writer is a thread with its own database connection: it sees committed rows only.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _by_smtp(settings: Any, smtp_server: SmtpServer) -> None:
    settings.MAIL_SERVERS = parse_mail_servers(smtp_server.url + "/?timeout=3")
    settings.SEND_CONNECTIONS = 1


def test_refusals_in_a_row_pause_the_dispatch_and_email_staff(
    smtp_server: SmtpServer, settings: Any
) -> None:
    settings.SEND_PAUSE_AFTER = 5
    editor = User.objects.create_user("ed", "ed@news.example.com", is_staff=True)
    editor.user_permissions.add(Permission.objects.get(codename="send_issue"))
    User.objects.create_user("rep", "rep@news.example.com", is_staff=True)
    dispatch = make_sending(readers=20)
    smtp_server.answer("550 5.7.1 blocked for spam")
    send_ready(dispatch)
    dispatch.refresh_from_db()
    assert dispatch.state == DispatchState.PAUSED
    assert dispatch.pause_reason == (
        "The mail server refused 5 emails in a row. Its last reply: 550 5.7.1 blocked for spam"
    )
    assert counts() == {"refused": 5, "pending": 15}
    [email] = OutgoingEmail.objects.filter(name="dispatch_paused")
    assert email.to == "ed@news.example.com"
    assert "blocked for spam" in email.text
    assert dispatch.get_absolute_url() in email.text


def test_refusals_between_accepted_emails_do_not_pause(
    smtp_server: SmtpServer, settings: Any
) -> None:
    settings.SEND_PAUSE_AFTER = 3
    dispatch = make_sending(readers=20)
    for number in (1, 2, 4, 5, 7, 8):
        smtp_server.answer("550 5.1.1 no such user", to=f"r{number}@*")
    send_ready(dispatch)
    assert counts() == {"refused": 6, "sent": 14}


def test_lost_connections_in_a_row_pause_the_dispatch(
    smtp_server: SmtpServer,
) -> None:
    dispatch = make_sending(readers=30)
    smtp_server.hang_up(at=Stage.CONTENT, keep=True)
    for _ in range(20):
        dispatches.advance(at=timezone.now())
        send_ready(dispatch)
    dispatch.refresh_from_db()
    assert dispatch.state == DispatchState.PAUSED
    assert "were lost while an email was being sent" in dispatch.pause_reason
    assert counts() == {"unknown": failure_streaks.UNKNOWN_IN_A_ROW, "pending": 20}


def test_a_domain_that_asks_us_to_wait_delays_no_other(smtp_server: SmtpServer) -> None:
    dispatch = make_sending(readers=12, domain="busy.example.org")
    briefing = dispatch.issue.briefing
    for number in range(4):
        make_reader(of=briefing, email=f"x{number}@example.com")
    dispatch.filled_at = None
    dispatches.start(dispatch, at=timezone.now())
    smtp_server.answer("451 4.7.0 too many emails from you", to="*@busy.example.org")
    send_ready(dispatch)
    found = states()
    assert {state for address, state in found.items() if "example.com" in address} == {"sent"}
    assert not Delivery.objects.exclude(state=DeliveryState.SENT).exclude(
        state__in=WAITING_STATES, not_before__gt=timezone.now()
    )
    [backoff] = DomainBackoff.objects.all()
    assert backoff.domain == "busy.example.org"
    assert backoff.backoffs == 1
    assert backoff.next_at > timezone.now() + timedelta(seconds=20)
    # One was tried, and the next was announced by then. The others were not tried.
    tried = Delivery.objects.filter(server_reply__contains="too many emails from you")
    assert tried.count() <= 2


def test_a_domain_is_tried_again_after_its_backoff(smtp_server: SmtpServer) -> None:
    dispatch = make_sending(readers=6, domain="busy.example.org")
    smtp_server.answer("451 4.7.0 too many emails from you", times=2)
    send_ready(dispatch)
    assert Delivery.objects.filter(not_before__gt=timezone.now()).count() == 6
    Delivery.objects.update(not_before=timezone.now())
    # The back-off lasts: emails that come early are held back again, not sent.
    send_ready(dispatch)
    assert len(smtp_server) == 0
    DomainBackoff.objects.update(next_at=timezone.now())
    Delivery.objects.update(not_before=timezone.now())
    send_ready(dispatch)
    assert counts() == {"sent": 6}
    assert DomainBackoff.objects.get().backoffs == 0
    assert sorted(smtp_server.received().values()) == [1] * 6


def test_past_the_deadline_a_domain_that_asked_us_to_wait_is_tried_once_more(
    smtp_server: SmtpServer,
) -> None:
    dispatch = make_sending(readers=3, domain="busy.example.org")
    smtp_server.answer("451 4.7.0 too many emails from you")
    send_ready(dispatch)
    dispatch.deadline = timezone.now()
    dispatch.save(update_fields=["deadline"])
    Delivery.objects.update(not_before=timezone.now())
    for _ in range(3):
        send_ready(dispatch)
    assert counts() == {"refused": 3}
    for delivery in Delivery.objects.filter(state=DeliveryState.REFUSED):
        assert "too many emails from you" in (delivery.server_reply or "")


def test_one_of_two_servers_may_be_unreachable(settings: Any, smtp_server: SmtpServer) -> None:
    settings.MAIL_SERVERS = parse_mail_servers(f"{smtp_server.url} smtp://127.0.0.1:9/?timeout=1")
    settings.SEND_CONNECTIONS = 2
    dispatch = make_sending(readers=10)
    assert send_ready(dispatch) == 10
    assert counts() == {"sent": 10}


def test_one_of_two_servers_may_reject_us(settings: Any, smtp_server: SmtpServer) -> None:
    other = SmtpServer()
    try:
        other.answer("550 5.7.1 not from here", at=Stage.MAIL)
        settings.MAIL_SERVERS = parse_mail_servers(f"{smtp_server.url} {other.url}")
        settings.SEND_CONNECTIONS = 2
        dispatch = make_sending(readers=10)
        send_ready(dispatch)
        send_ready(dispatch)
        assert counts() == {"sent": 10}
        assert sorted(smtp_server.received().values()) == [1] * 10
    finally:
        other.stop()


@pytest.mark.parametrize("connections", [1, 4])
def test_one_connection_that_is_refused_pauses_nothing(
    smtp_server: SmtpServer, settings: Any, connections: int
) -> None:
    settings.SEND_CONNECTIONS = connections
    dispatch = make_sending(readers=8)
    smtp_server.answer("554 5.7.1 too many connections", at=Stage.CONNECT, times=1)
    assert send_ready(dispatch) == 8
    dispatch.refresh_from_db()
    assert dispatch.state == DispatchState.SENDING
    assert not Outage.objects.exists()


def test_a_server_that_allows_fewer_connections_than_we_open_pauses_nothing(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = count()

    class OnlyTheFirst(ConnectionWorker):
        """A connection to a server that allows one."""

        async def run(self) -> None:
            if next(numbers):
                raise ServerRejectsUs("554 5.7.1 too many connections")
            await super().run()

    monkeypatch.setattr(send_run, "ConnectionWorker", OnlyTheFirst)
    settings.SEND_CONNECTIONS = 4
    dispatch = make_sending(readers=8)
    assert send_ready(dispatch) == 8
    dispatch.refresh_from_db()
    assert dispatch.state == DispatchState.SENDING
    assert not Outage.objects.exists()
    assert not send_run.is_left_out(settings.MAIL_SERVERS[0])
