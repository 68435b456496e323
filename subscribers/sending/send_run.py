"""A send run: a worker process sends one dispatch for a limited time, on several connections."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import uvloop
from django.conf import settings
from django.db import InterfaceError, OperationalError, connections

from newsroom.clock import database_now
from newsroom.connection_errors import failure_reason
from newsroom.transitions import TransitionRefused
from subscribers.sending import alerts, connection_limits, domain_backoff, ledger, outages
from subscribers.sending.connection_worker import ConnectionWorker, SharedState
from subscribers.sending.failure_streaks import TooManyFailures
from subscribers.sending.frozen_words import FrozenWords
from subscribers.sending.ledger_writer import LedgerWriter
from subscribers.sending.transport_interface import (
    GreetingRejected,
    ServerBusy,
    ServerRejectsUs,
    ServerUnreachable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from newsroom.mail_servers import MailServer
    from subscribers.models import Dispatch

log = logging.getLogger(__name__)

# After this no lease is taken, and a little later unfinished ones are returned: so Celery can stop,
# restart or move a worker without waiting for long.
SEND_RUN_SECONDS = 30.0
# Readers may withdraw what a dispatch quotes while it is sent: how often we look.
LOOK_SECONDS = 1.0
# A server rejects us for good if its greeting does so this often in one run, after pauses.
ENOUGH_REJECTIONS = 3
AFTER_REJECTION_SECONDS = 1.0
# Then it gets no emails for this long, if there is another.
LEFT_OUT_SECONDS = 60.0


def send_ready(
    dispatch: Dispatch,
    *,
    seconds: float = SEND_RUN_SECONDS,
    each_second: Callable[[], None] | None = None,
) -> int:
    """Send what is ready of a dispatch for some seconds; return how many emails were accepted.

    `each_second` is called meanwhile, where the database may be used.
    An unreachable server is logged and tried again in the next run. One that rejects us, or refuses
    email after email, pauses the dispatch with its reply as the reason, and staff are emailed.
    """
    words = FrozenWords(dispatch)
    briefing, name = dispatch.issue.briefing_id, str(dispatch)
    gc.freeze()  # so that collections do not look through everything that the framework loaded
    try:
        return uvloop.run(
            _run(
                dispatch,
                words,
                briefing=briefing,
                name=name,
                seconds=seconds,
                each_second=each_second,
            )
        )
    finally:
        gc.unfreeze()


async def _run(
    dispatch: Dispatch,
    words: FrozenWords,
    *,
    briefing: int,
    name: str,
    seconds: float,
    each_second: Callable[[], None] | None,
) -> int:
    holder = f"{socket.gethostname()}:{os.getpid()}"
    writer = LedgerWriter(dispatch=dispatch.pk, briefing=briefing, holder=holder)
    try:
        run = SendRun(dispatch, words, writer, name=name, seconds=seconds, each_second=each_second)
        return await run.run()
    finally:
        await writer.close()


class SendRun:
    """One worker process sending one dispatch for a limited time."""

    def __init__(
        self,
        dispatch: Dispatch,
        words: FrozenWords,
        writer: LedgerWriter,
        *,
        name: str,
        seconds: float,
        each_second: Callable[[], None] | None = None,
    ) -> None:
        self._dispatch, self._writer = dispatch, writer
        self._each_second = each_second
        self._rejections: Counter[str] = Counter()  # by the name of the server
        self._words = words
        self._name = name  # for the log: nothing may be loaded while the event loop runs
        self._shared = SharedState(
            dispatch=dispatch,
            prepared=words.prepared,
            writer=writer,
            ends_at=time.monotonic() + seconds,
        )

    async def run(self) -> int:
        """Keep the connections to all servers busy until the run ends or nothing is left."""
        if not await self._writer.call(ledger.has_work, self._dispatch.pk):
            return 0
        self._shared.backoffs |= await self._writer.call(
            domain_backoff.active_backoffs, self._dispatch.pk
        )
        self._shared.outages |= await self._writer.call(_outages_of_servers)
        beside = [
            asyncio.create_task(self._renew_leases()),
            asyncio.create_task(
                self._call_each_second(
                    self._read_words_again, trouble="its words could not be read again"
                )
            ),
        ]
        if self._each_second is not None:
            each_second = self._call_each_second(
                self._each_second, trouble="the epoch could not be counted"
            )
            beside.append(asyncio.create_task(each_second))
        wanted = connection_limits.wanted(
            usable(settings.MAIL_SERVERS), emails=self._dispatch.fresh_left
        )
        failures = await asyncio.gather(
            *(self._send_through(server, connections) for server, connections in wanted.items())
        )
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await self._handle_failures([failure for found in failures for failure in found])
        return self._shared.sent

    async def _send_through(self, server: MailServer, connections: int) -> list[BaseException]:
        """Send through one server; return what ended connections.

        Connections are opened step by step, as long as the server takes them.
        """
        running: list[asyncio.Task[None]] = []
        while len(running) < connections and not self._shared.is_ending:
            taken = connection_limits.taken_by(server)
            room = connections if taken is None else min(taken, connections)
            if len(running) >= room:
                break
            number = min(connection_limits.STEP, room - len(running))
            workers = [ConnectionWorker(self._shared, server) for _ in range(number)]
            step = asyncio.gather(*(worker.was_taken for worker in workers))
            running += [asyncio.create_task(self._run_worker(worker, step)) for worker in workers]
            were_taken = await step
            # One that ended already found nothing left to send.
            if not all(were_taken) or any(task.done() for task in running):
                break
        results = await asyncio.gather(*running, return_exceptions=True)
        if (
            server in self._shared.accepted_by
            and _left_out_until.pop(server.name, None) is not None
        ):
            # It refused only some connections: it may allow fewer than we opened.
            await self._writer.call(outages.note_success, outages.of_server(server))
        return [result for result in results if result is not None]

    async def _renew_leases(self) -> None:
        """Renew the open leases from time to time, also while a server is slow to reply."""
        while True:
            await asyncio.sleep(settings.LEASE_SECONDS / 4)
            try:
                await self._writer.renew(list(self._shared.open_leases))
            except (OperationalError, InterfaceError) as failure:
                log.warning("leases could not be renewed: %s", failure_reason(failure))

    def _read_words_again(self) -> None:
        """Prepare the email again when a quotation in it was taken back, for whoever comes next."""
        if changed := self._words.if_changed():
            self._words, self._shared.prepared = changed, changed.prepared
            log.info("%s goes on with other words", self._name)

    async def _call_each_second(self, function: Callable[[], None], *, trouble: str) -> None:
        """Call a function on a thread and connection of its own, so that it delays no record."""
        loop = asyncio.get_running_loop()
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="each-second")
        try:
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                try:
                    await loop.run_in_executor(thread, function)
                except (OperationalError, InterfaceError) as failure:
                    log.warning("%s: %s", trouble, failure_reason(failure))
                    thread.submit(connections.close_all)
        finally:
            thread.submit(connections.close_all)
            thread.shutdown(wait=False)

    async def _run_worker(self, worker: ConnectionWorker, step: asyncio.Future[list[bool]]) -> None:
        """Run one connection of a step; too many failures pause the dispatch at once."""
        server = worker.server
        try:
            await self._run_until_rejected(worker)
        except TooManyFailures as reason:
            await self._pause(str(reason))
        except (ServerRejectsUs, ServerUnreachable) as failure:
            await step  # some of those that are opened together may be taken
            if _may_be_full(failure) and await self._has_connections(server):
                connection_limits.note_full(server, connected=self._shared.connected[server])
                log.info("%s takes no more connections: %s", server.name, failure)
                return
            if isinstance(failure, ServerRejectsUs):
                _left_out_until[server.name] = time.monotonic() + LEFT_OUT_SECONDS
            outage = outages.of_server(server)
            self._shared.outages.add(outage)
            await self._writer.call(outages.note_failure, outage, str(failure))
            raise

    async def _run_until_rejected(self, worker: ConnectionWorker) -> None:
        """Run one connection.

        A server that rejects us at its greeting is tried again a few times: it may have refused
        this connection alone. A refused login is not repeated, which may lock an account.
        """
        while True:
            try:
                return await worker.run()
            except GreetingRejected as rejection:
                if _may_be_full(rejection) and self._shared.connected[worker.server]:
                    raise
                self._rejections[worker.server.name] += 1
                if (
                    self._rejections[worker.server.name] >= ENOUGH_REJECTIONS
                    or self._shared.is_ending
                ):
                    raise
            finally:
                worker.note_taken(was_taken=False)
            await asyncio.sleep(AFTER_REJECTION_SECONDS)
            worker = ConnectionWorker(self._shared, worker.server)

    async def _has_connections(self, server: MailServer) -> bool:
        """Whether this process or another one sends, so that the server is not out of order."""
        return self._shared.connected[server] > 0 or await self._writer.call(
            ledger.is_being_sent, self._dispatch.pk
        )

    async def _pause(self, reason: str) -> None:
        log.error("%s is paused: %s", self._name, reason)
        with suppress(TransitionRefused):  # somebody has paused or cancelled it already
            await self._writer.call(alerts.pause_and_alert, self._dispatch, reason)

    async def _handle_failures(self, failures: list[BaseException]) -> None:
        """Log each different failure that ended a connection, once.

        A server that rejects all our connections is left out for a while. Once every server is,
        the dispatch is paused.
        """
        rejections = {str(f) for f in failures if isinstance(f, ServerRejectsUs)}
        if rejections and all(is_left_out(server) for server in settings.MAIL_SERVERS):
            await self._pause("; ".join(sorted(rejections)))
        elif rejections:
            left_out = any(is_left_out(server) for server in settings.MAIL_SERVERS)
            where = "servers" if left_out else "connections"
            log.error(
                "%s continues on other %s: %s", self._name, where, "; ".join(sorted(rejections))
            )
        for reason in sorted({str(f) for f in failures if isinstance(f, ServerUnreachable)}):
            log.warning("%s will be tried again soon: %s", self._name, reason)
        for failure in failures:
            if not isinstance(failure, ServerRejectsUs | ServerUnreachable):
                raise failure


def _may_be_full(failure: Exception) -> bool:
    """Whether a failure may mean that a server has enough connections of ours."""
    return isinstance(failure, ServerBusy) or connection_limits.is_about_connections(str(failure))


def _outages_of_servers() -> set[str]:
    whats = [outages.of_server(server) for server in settings.MAIL_SERVERS]
    return {outage.what for outage in outages.current(whats, at=database_now())}


_left_out_until: dict[str, float] = {}  # by time.monotonic()


def is_left_out(server: MailServer) -> bool:
    """Whether a server rejected us a short while ago."""
    return time.monotonic() < _left_out_until.get(server.name, 0.0)


def usable(servers: Sequence[MailServer]) -> list[MailServer]:
    """Return the servers that did not reject us lately; all of them if each did."""
    return [server for server in servers if not is_left_out(server)] or list(servers)
