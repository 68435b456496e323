"""From one lease to the next, no connection waits for the ledger, and one email is in doubt."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import pytest

from subscribers.models import Dispatch, Lease
from subscribers.sending import connection_worker, leases, ledger, ledger_writer
from subscribers.sending.personalised_email import PersonalisedEmail
from subscribers.sending.send_run import send_ready
from subscribers.sending.transport_interface import Permit, SmtpReply
from tests.subscribers.sending.sending_setup import counts, make_sending

# The ledger writer is a thread with its own database connection: it sees committed rows only.
pytestmark = pytest.mark.django_db(transaction=True)

SIZE = 5  # of each lease


class WatchedServer:
    """A mail server that accepts everything, and notes what happened in which order."""

    eight_bit = utf8_addresses = True

    def __init__(self) -> None:
        self.events: list[str] = []
        self.most_in_doubt = 0
        self.writer: ledger_writer.LedgerWriter | None = None

    async def send(
        self,
        email: PersonalisedEmail,
        *,
        permit: Awaitable[Permit],
        following: PersonalisedEmail | None = None,
    ) -> SmtpReply | None:
        assert await permit is Permit.GO
        self.events.append("send")
        # The database as a worker would leave it that is killed at this moment.
        assert self.writer is not None
        in_doubt = await self.writer.call(emails_in_doubt)
        self.most_in_doubt = max(self.most_in_doubt, in_doubt)
        return SmtpReply(code=250, text="ok")

    async def close(self) -> None:
        """Do nothing: no connection is open."""


def emails_in_doubt() -> int:
    """Return how many emails were begun and have no outcome yet."""
    found = list(Lease.objects.filter(closed_at=None))
    return sum(lease.begun - lease.settled for lease in found)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, settings: Any) -> WatchedServer:
    """Send through one connection to such a server, in leases of `SIZE`."""
    settings.SEND_CONNECTIONS = 1
    server = WatchedServer()

    async def opened(_: object) -> WatchedServer:
        return server

    def noted(event: str, original: Any) -> Any:
        async def call(self: ledger_writer.LedgerWriter, *args: Any) -> Any:
            server.writer = self
            server.events.append(event)
            return await original(self, *args)

        return call

    writer = ledger_writer.LedgerWriter
    monkeypatch.setattr(connection_worker, "open_transport", opened)
    monkeypatch.setattr(leases, "LARGEST_LEASE", SIZE)
    monkeypatch.setattr(connection_worker, "FIRST_LEASE_SIZES", (SIZE, SIZE))
    for event in ("take_lease", "close_lease"):
        monkeypatch.setattr(writer, event, noted(event, getattr(writer, event)))
    return server


def dispatched(readers: int) -> Dispatch:
    dispatch = make_sending(readers=readers)
    assert send_ready(dispatch) == readers
    assert counts() == {"sent": readers}
    assert not Lease.objects.filter(closed_at=None)
    return dispatch


def test_the_next_lease_is_requested_before_the_last_email_of_this_one(
    server: WatchedServer,
) -> None:
    dispatched(3 * SIZE)
    lasts = [index for index, event in enumerate(server.events) if event == "send"][
        SIZE - 1 :: SIZE
    ]
    takes = [index for index, event in enumerate(server.events) if event == "take_lease"]
    assert all(take < last for take, last in zip(takes[1:], lasts, strict=True))


def test_a_connection_has_one_email_in_doubt_also_at_the_end_of_a_lease(
    server: WatchedServer,
) -> None:
    dispatched(3 * SIZE)
    assert server.most_in_doubt == 1


def test_a_lease_that_was_requested_ahead_is_returned_if_the_run_ends(
    server: WatchedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatch = make_sending(readers=2 * SIZE)
    monkeypatch.setattr(
        connection_worker.SharedState,
        "is_ending",
        property(lambda _: server.events.count("send") >= SIZE - 1),
    )
    send_ready(dispatch)
    assert server.events.count("take_lease") == 2
    assert counts() == {"sent": SIZE, "pending": SIZE}
    assert not Lease.objects.filter(closed_at=None)
    assert ledger.has_work(dispatch.pk)
