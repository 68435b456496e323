"""The one writer of a worker process: it records progress and takes leases for all connections.

Connections never use the database themselves. Whatever they submit while one record is being
written goes into the next, so that a record costs the same for one connection as for a hundred.
Leases are taken and ended together in the same way.
"""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar, cast

import psycopg2
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, connections

from newsroom.connection_errors import failure_reason
from subscribers.sending import lease_progress, leases
from subscribers.sending.async_postgres import AsyncConnection
from subscribers.sending.batcher import Batcher
from subscribers.sending.lease_progress import DeliveryOutcome, LeaseEnd, ProgressRecord
from subscribers.sending.transport_interface import Permit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from subscribers.sending.leases import LeasedBatch

log = logging.getLogger(__name__)
Result = TypeVar("Result")

# A turn of the batcher for progress records: with eight connections this halved their CPU.
RECORD_TURN_SECONDS = 0.001
# The same for leases, which last for seconds.
LEASE_TURN_SECONDS = 0.005


class LedgerWriter:
    """Serves the connections of one send run; made and closed inside a running event loop."""

    def __init__(self, *, dispatch: int, briefing: int, holder: str) -> None:
        self._dispatch, self._briefing, self._holder = dispatch, briefing, holder
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger-writer")
        self.connections = 0  # open ones; each waits for one record at a time
        self._records = Batcher(
            self._write_records, seconds=RECORD_TURN_SECONDS, requesters=lambda: self.connections
        )
        self._leases = Batcher(self._take_leases, seconds=LEASE_TURN_SECONDS)
        self._ends = Batcher(self._close_leases, seconds=LEASE_TURN_SECONDS)
        self._connection: AsyncConnection | None = None
        # Records and renewals each update many leases at once. Side by side they would deadlock,
        # which PostgreSQL notices only after a second.
        self._updating_leases = asyncio.Lock()

    async def call(self, function: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        """Call a function that uses the database, on the writer's thread.

        It is called again while the database restarts, so it must be harmless to repeat.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._thread, lambda: _call_until_reachable(function, *args, **kwargs)
        )

    def record(self, record: ProgressRecord) -> asyncio.Future[Permit]:
        """Record how far a lease has come; the future is the permit for its next email."""
        return self._records.submit(record)

    async def take_lease(self, size: int) -> OpenLease | None:
        """Take a lease; None if there is nothing to send."""
        leased = await self._leases.submit(size)
        return OpenLease(leased, self) if leased else None

    async def close_lease(self, end: LeaseEnd) -> bool:
        """End a lease with its last record; False if it was no longer ours."""
        return await self._ends.submit(end)

    async def renew(self, lease_ids: Collection[int]) -> None:
        """Postpone the expiry of leases; records wait meanwhile."""
        async with self._updating_leases:
            await self.call(leases.renew, lease_ids)

    async def _take_leases(self, sizes: list[int]) -> list[LeasedBatch | None]:
        taken = await self.call(leases.take, self._dispatch, holder=self._holder, sizes=sizes)
        return [*taken, *[None] * (len(sizes) - len(taken))]

    async def _close_leases(self, ends: list[LeaseEnd]) -> list[bool]:
        return await self.call(leases.close, ends)

    async def _write_records(self, records: list[ProgressRecord]) -> list[Permit]:
        """Write records without outcomes on the asynchronous connection, others on the thread.

        If that connection fails, the thread writes them too.
        """
        shared = {"dispatch": self._dispatch, "briefing": self._briefing}
        plain = [record for record in records if not record.outcomes]
        permits: dict[int, Permit] = {}
        if plain and connection.vendor == "postgresql":
            try:
                permits = await self._write_plain(plain, **shared)
            except (psycopg2.Error, TimeoutError) as failure:
                log.warning("connection for progress lost: %s", failure_reason(failure))
                self._close_connection()
        rest = [record for record in records if record.lease not in permits]
        if rest:
            permits |= await self.call(lease_progress.record_progress, rest, **shared)
        return [permits[record.lease] for record in records]

    async def _write_plain(self, records: list[ProgressRecord], **shared: int) -> dict[int, Permit]:
        seconds = settings.LEASE_SECONDS / 4
        if self._connection is None:
            self._connection = await AsyncConnection.open(
                prepare="SELECT 1" if settings.POOLED_BY_TRANSACTION else lease_progress.PREPARE,
                seconds=seconds,
            )
        async with self._updating_leases:
            rows = await self._connection.fetch(
                lease_progress.record_statement(),
                lease_progress.execute_values(records, **shared),
                seconds=seconds,
            )
        return lease_progress.read_permits(records, cast("list[tuple[int, bool, bool]]", rows))

    def _close_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def close(self) -> None:
        """Write what is left, and close the connections and the thread."""
        await self._records.drain()
        self._close_connection()
        await self.call(connections.close_all)
        self._thread.shutdown()


class OpenLease:
    """A lease that one connection sends, email by email: how far it is, and what to record next."""

    def __init__(self, leased: LeasedBatch, writer: LedgerWriter) -> None:
        self.id, self.recipients = leased.lease, leased.recipients
        self._writer = writer
        self._begun = 0
        self.settled = 0
        self.handed_over = 0  # emails that were given to a transport
        self._outcomes: list[DeliveryOutcome] = []

    def begin(self, subscriber: int) -> asyncio.Future[Permit]:
        """Record that the email to `subscriber` is next; the future is its permit."""
        self._begun += 1
        return self._writer.record(self._record(subscriber))

    def undo_begin(self) -> None:
        """Take the begin back, because the email was certainly not handed over."""
        self._begun = self.settled

    def settle(self, outcome: DeliveryOutcome | None) -> None:
        """Keep the outcome of the email that was begun for the next record; None if accepted.

        The record of its begin has the outcomes before it.
        """
        self.settled = self._begun
        self._outcomes = [] if outcome is None else [outcome]

    def record_end(self) -> asyncio.Future[Permit]:
        """Record the outcome of the last email; nothing follows in this lease."""
        return self._writer.record(self._record(None))

    async def close(self) -> None:
        """End the lease with its last record; does nothing if it is no longer ours."""
        order = [recipient.subscriber for recipient in self.recipients]
        await self._writer.close_lease(LeaseEnd(last=self._record(None), order=order))

    def _record(self, subscriber: int | None) -> ProgressRecord:
        return ProgressRecord(
            lease=self.id,
            begun=self._begun,
            settled=self.settled,
            subscriber=subscriber,
            outcomes=tuple(self._outcomes),
        )


def _call_until_reachable(function: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
    """Call a function again while the database is unreachable, for as long as a lease lives.

    After that, our leases have been reclaimed.
    """
    until = time.monotonic() + settings.LEASE_SECONDS
    while True:
        try:
            return function(*args, **kwargs)
        except (OperationalError, InterfaceError) as failure:
            if connection.in_atomic_block or time.monotonic() > until:
                raise
            log.warning("waiting for the database: %s", failure_reason(failure))
            connection.close()
            time.sleep(0.5)
