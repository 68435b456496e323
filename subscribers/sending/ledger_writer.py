"""The clerk: one thread that keeps the books for all connections of a worker process.

Connections never touch the database. They tell the clerk how far their leases have come; whatever
was told while the last record was being written goes into the next one, so that a record costs
the same for one connection or for a hundred. Leases are taken and ended together likewise.
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

from subscribers.sending import lease_progress, leases
from subscribers.sending.async_postgres import AsyncConnection
from subscribers.sending.batcher import Batcher
from subscribers.sending.transport_interface import Permit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from subscribers.sending.lease_progress import LeaseEnd, ProgressRecord
    from subscribers.sending.leases import LeasedBatch

log = logging.getLogger(__name__)
Result = TypeVar("Result")

# How long a record waits for others to join it: with eight connections this halved its CPU.
GATHER_SECONDS = 0.001
# The same for leases, which take seconds to work off.
GATHER_LEASES_SECONDS = 0.005


class LedgerWriter:
    """Serves the couriers of one stretch; made and closed inside a running event loop."""

    def __init__(self, *, dispatch: int, briefing: int, holder: str) -> None:
        self._dispatch, self._briefing, self._holder = dispatch, briefing, holder
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="clerk")
        self._records = Batcher(self._write_down, seconds=GATHER_SECONDS)
        self._leases = Batcher(self._take_leases, seconds=GATHER_LEASES_SECONDS)
        self._closings = Batcher(self._close_leases, seconds=GATHER_LEASES_SECONDS)
        self._line: AsyncConnection | None = None
        # Each of them changes many leases at once: side by side they would end up waiting for one
        # another, and PostgreSQL notices that only after a second.
        self._changing_leases = asyncio.Lock()

    async def ask(self, act: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        """Do something with the database on the clerk's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: _steadily(act, *args, **kwargs))

    def record(self, entry: ProgressRecord) -> asyncio.Future[Permit]:
        """Write down how far a lease has come; the future tells whether its next letter may go."""
        return self._records.ask(entry)

    async def lease(self, size: int) -> LeasedBatch | None:
        """Take a lease; None when there is nothing to take."""
        return await self._leases.ask(size)

    async def close_lease(self, closing: LeaseEnd) -> bool:
        """End a lease with its last record; False when it was no longer ours."""
        return await self._closings.ask(closing)

    async def renew(self, lease_ids: Collection[int]) -> None:
        """Put off the end of leases; what is told meanwhile is written down afterwards."""
        async with self._changing_leases:
            await self.ask(leases.renew, lease_ids)

    async def _take_leases(self, sizes: list[int]) -> list[LeasedBatch | None]:
        taken = await self.ask(leases.take, self._dispatch, holder=self._holder, sizes=sizes)
        return [*taken, *[None] * (len(sizes) - len(taken))]

    async def _close_leases(self, closings: list[LeaseEnd]) -> list[bool]:
        return await self.ask(leases.close, closings)

    async def _write_down(self, entries: list[ProgressRecord]) -> list[Permit]:
        """Take the fast way for what is plain, the thread for the rest and when the line is cut."""
        shared = {"dispatch": self._dispatch, "briefing": self._briefing}
        plain = [entry for entry in entries if not entry.outcomes]
        verdicts: dict[int, Permit] = {}
        if plain and connection.vendor == "postgresql":
            try:
                verdicts = await self._write_on_line(plain, **shared)
            except (psycopg2.Error, TimeoutError) as failure:
                log.warning("the clerk's line is cut: %s", " ".join(str(failure).split()))
                self._hang_up()
        rest = [entry for entry in entries if entry.lease not in verdicts]
        if rest:
            verdicts |= await self.ask(lease_progress.record_progress, rest, **shared)
        return [verdicts[entry.lease] for entry in entries]

    async def _write_on_line(
        self, entries: list[ProgressRecord], **shared: int
    ) -> dict[int, Permit]:
        seconds = settings.LEASE_SECONDS / 4
        if self._line is None:
            self._line = await AsyncConnection.open(prepare=lease_progress.PREPARE, seconds=seconds)
        async with self._changing_leases:
            rows = await self._line.ask(
                lease_progress.EXECUTE,
                lease_progress.values(entries, **shared),
                seconds=seconds,
            )
        return lease_progress.read_verdicts(entries, cast("list[tuple[int, bool, bool]]", rows))

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    async def close(self) -> None:
        """Let the line, the thread and its connection go."""
        await self._records.finish()
        self._hang_up()
        await self.ask(connections.close_all)
        self._thread.shutdown()


def _steadily(act: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
    """Do an act whose repetition is harmless again while the database restarts.

    After the life of a lease there is no point: it was taken back.
    """
    until = time.monotonic() + settings.LEASE_SECONDS
    while True:
        try:
            return act(*args, **kwargs)
        except (OperationalError, InterfaceError) as failure:
            if connection.in_atomic_block or time.monotonic() > until:
                raise
            log.warning("the clerk waits for the database: %s", failure)
            connection.close()
            time.sleep(0.5)
