"""A mail server that takes fewer connections gets fewer, and no subscriber notices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from newsroom.mail_servers import parse_mail_servers
from subscribers.models import Delivery, Dispatch, DispatchState, DomainBackoff, Outage
from subscribers.sending import connection_limits, ledger
from subscribers.sending.send_run import send_ready
from tests.servers.processes import wait_until
from tests.servers.smtp_limited import LimitedServer
from tests.subscribers.sending.sending_setup import counts, make_sending, take

pytestmark = pytest.mark.django_db(transaction=True)

READERS = 60
Servers = Callable[..., LimitedServer]


@pytest.fixture
def limited(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    """Start servers with a limit, and send through them."""
    started: list[LimitedServer] = []
    connection_limits.forget()
    monkeypatch.setattr(connection_limits, "FORGET_AFTER_SECONDS", 3600.0)

    def start(**facts: Any) -> LimitedServer:
        started.append(LimitedServer(**facts))
        settings.MAIL_SERVERS = parse_mail_servers(started[-1].url)
        return started[-1]

    yield start
    for server in started:
        server.stop()
    connection_limits.forget()


def send_all(dispatch: Dispatch, server: LimitedServer) -> None:
    """Send everything; nobody is refused, made to wait, written to twice or left out."""
    for _ in range(5):  # what a connection could not send is left to another, or to the next run
        if ledger.has_work(dispatch.pk):
            send_ready(dispatch)
            wait_until(lambda: not server.open, seconds=30, what="the end of all connections")
    assert counts() == {"sent": dispatch.deliveries.count()}
    assert set(server.received.values()) == {1}
    assert len(server.received) == dispatch.deliveries.count()
    assert not Delivery.objects.filter(tries__gt=0)
    assert not DomainBackoff.objects.exists()
    assert not Outage.objects.exists()


@pytest.mark.parametrize("connections", [24, 0])
@pytest.mark.parametrize(
    ("reply", "at"),
    [
        ("421 4.7.0 mx.example.com Error: too many connections from 192.0.2.1", "greeting"),
        ("421 4.3.2 The maximum number of concurrent connections has exceeded a limit", "greeting"),
        ("421 busy, come back later", "greeting"),
        ("432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", "content"),
        ("451 4.3.2 Too many concurrent SMTP connections", "content"),
    ],
)
def test_a_server_gets_as_many_connections_as_it_takes(
    limited: Servers, settings: Any, connections: int, reply: str, at: str
) -> None:
    settings.SEND_CONNECTIONS = connections
    server = limited(limit=3, reply=reply, at=at)
    send_all(make_sending(readers=READERS), server)
    [taken] = [connection_limits.taken_by(one) for one in settings.MAIL_SERVERS]
    assert server.refused
    if at == "greeting":  # later, all of them may be open by then, or the others at their end
        assert taken
        assert server.refused <= connection_limits.STEP
        assert taken < server.limit  # one is left free for transactional emails


def test_what_a_server_took_is_remembered_for_a_while(
    limited: Servers, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SEND_CONNECTIONS = 24
    server = limited(limit=3)
    dispatch = make_sending(readers=READERS)
    send_all(dispatch, server)
    refused, server.most_open = server.refused, 0
    Delivery.objects.update(state=0, settled_at=None)  # pending again
    Dispatch.objects.update(leased_up_to=0)
    server.received.clear()
    send_all(dispatch, server)
    assert server.refused == refused
    assert server.most_open <= 2
    monkeypatch.setattr(connection_limits, "time", FarAhead)
    assert connection_limits.taken_by(settings.MAIL_SERVERS[0]) is None


class FarAhead:
    """A clock by which every limit is over."""

    @staticmethod
    def monotonic() -> float:
        return float("inf")


def test_without_a_number_more_are_opened_as_long_as_the_server_takes_them(
    limited: Servers, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SEND_CONNECTIONS = 0
    most = connection_limits.FEWEST_TRIED
    monkeypatch.setattr(connection_limits, "MOST_CONNECTIONS", most)
    server = limited(limit=1000, crowd=most)
    # Everybody finds something to send while the others connect.
    send_all(make_sending(readers=most * 10), server)
    assert server.most_open == most


def test_a_server_that_is_full_with_another_process_has_no_outage(
    limited: Servers, settings: Any
) -> None:
    settings.SEND_CONNECTIONS = 1
    limited(limit=0)
    dispatch = make_sending(readers=20)
    assert take(dispatch, size=5)  # another process is sending
    send_ready(dispatch)
    dispatch.refresh_from_db()
    assert dispatch.state == DispatchState.SENDING
    assert not Outage.objects.exists()


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("421 4.7.0 Error: too many connections from 192.0.2.1", True),
        ("421 Too many concurrent SMTP connections; please try again later.", True),
        ("421 4.3.2 Too many open connections.", True),
        ("421 4.3.2 Connection rate limit exceeded.", True),
        ("432 4.3.2 Concurrent connections limit exceeded. Visit the help", True),
        ("421 the limit of 10 connections is reached", True),
        ("421 4.7.0 Error: too many errors", False),
        ("451 4.7.0 too many emails from you", False),
        ("450 4.2.1 the mailbox receives too many messages", False),
        ("452 4.5.3 too many recipients", False),
        ("421 4.4.2 connection timed out", False),
        ("454 4.7.0 too many login attempts", False),
    ],
)
def test_a_reply_about_connections_is_recognised(reply: str, expected: bool) -> None:
    assert connection_limits.is_about_connections(reply) is expected
