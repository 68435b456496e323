"""The clerk: one thread that keeps the books for all connections of a worker process.

Connections never touch the database. They tell the clerk how far their leases have come; whatever
was told while the last record was being written goes into the next one, so that a record costs
the same for one connection or for a hundred.
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

from subscribers.engine import recording
from subscribers.engine.answers import Verdict
from subscribers.engine.line import Line

if TYPE_CHECKING:
    from collections.abc import Callable

    from subscribers.engine.recording import Entry

log = logging.getLogger(__name__)
Result = TypeVar("Result")

# How long a record waits for others to join it: with eight connections this halved its CPU.
GATHER_SECONDS = 0.001


class Clerk:
    """Serves the couriers of one stretch; made and closed inside a running event loop."""

    def __init__(self, *, dispatch: int, briefing: int) -> None:
        self._dispatch, self._briefing = dispatch, briefing
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="clerk")
        self._told: list[tuple[Entry, asyncio.Future[Verdict]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._line: Line | None = None

    async def ask(self, act: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        """Do something with the database on the clerk's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: _steadily(act, *args, **kwargs))

    def record(self, entry: Entry) -> asyncio.Future[Verdict]:
        """Write down how far a lease has come; the future tells whether its next letter may go."""
        loop = asyncio.get_running_loop()
        verdict: asyncio.Future[Verdict] = loop.create_future()
        self._told.append((entry, verdict))
        if self._writing is None:
            self._writing = loop.create_task(self._write())
        return verdict

    async def _write(self) -> None:
        """Write until nothing was told while writing."""
        while self._told:
            await asyncio.sleep(GATHER_SECONDS)
            told, self._told = self._told, []
            try:
                verdicts = await self._write_down([entry for entry, _ in told])
            except Exception as failure:  # noqa: BLE001  (each courier is told, and stops)
                for _, waiting in told:
                    if not waiting.cancelled():
                        waiting.set_exception(failure)
                continue
            for entry, waiting in told:
                if not waiting.cancelled():
                    waiting.set_result(verdicts[entry.lease])
        self._writing = None

    async def _write_down(self, entries: list[Entry]) -> dict[int, Verdict]:
        """Take the fast way for what is plain, the thread for the rest and when the line is cut."""
        shared = {"dispatch": self._dispatch, "briefing": self._briefing}
        plain = [entry for entry in entries if not entry.outcomes]
        verdicts: dict[int, Verdict] = {}
        if plain and connection.vendor == "postgresql":
            try:
                verdicts = await self._write_on_line(plain, **shared)
            except (psycopg2.Error, TimeoutError) as failure:
                log.warning("the clerk's line is cut: %s", " ".join(str(failure).split()))
                self._hang_up()
        rest = [entry for entry in entries if entry.lease not in verdicts]
        if rest:
            verdicts |= await self.ask(recording.record, rest, **shared)
        return verdicts

    async def _write_on_line(self, entries: list[Entry], **shared: int) -> dict[int, Verdict]:
        seconds = settings.LEASE_SECONDS / 4
        if self._line is None:
            self._line = await Line.open(prepare=recording.PREPARE, seconds=seconds)
        rows = await self._line.ask(
            recording.EXECUTE, recording.values(entries, **shared), seconds=seconds
        )
        return recording.read_verdicts(entries, cast("list[tuple[int, bool, bool]]", rows))

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    async def close(self) -> None:
        """Let the line, the thread and its connection go."""
        if self._writing is not None:
            await self._writing
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
