"""A worker's stretch of sending: several couriers, each with its own leases and connection."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import uvloop
from django.conf import settings
from django.db import InterfaceError, OperationalError

from newsroom.transitions import TransitionRefused
from subscribers.sending import alerts, domain_backoff, ledger
from subscribers.sending.connection_worker import ConnectionWorker, Trip
from subscribers.sending.ledger_writer import LedgerWriter
from subscribers.sending.personalised_email import PreparedEmail
from subscribers.sending.transport_interface import MustPause, ServerRejectsUs, ServerUnreachable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsroom.mail_servers import MailServer
    from subscribers.models import Dispatch

log = logging.getLogger(__name__)

# No lease is taken after this, and the last ones are given back a little later if they are not
# done: Celery may then stop, restart or move the worker at ease.
SEND_RUN_SECONDS = 30.0
# A server that refuses us gets no letters for so long, where there is another.
LEFT_OUT_SECONDS = 60.0


def send_ready(dispatch: Dispatch, *, seconds: float = SEND_RUN_SECONDS) -> int:
    """Send what is ready of a dispatch for some seconds; give back how many letters left.

    A server that is away is logged and left to the next wake-up; one that refuses us, or refuses
    letter after letter, pauses the dispatch with its words and tells the desk.
    """
    composition = PreparedEmail(dispatch)
    briefing = dispatch.issue.briefing_id
    gc.freeze()  # what the framework made at the start is not looked through every few letters
    try:
        return uvloop.run(_run(dispatch, composition, briefing=briefing, seconds=seconds))
    finally:
        gc.unfreeze()


async def _run(
    dispatch: Dispatch, composition: PreparedEmail, *, briefing: int, seconds: float
) -> int:
    holder = f"{socket.gethostname()}:{os.getpid()}"
    clerk = LedgerWriter(dispatch=dispatch.pk, briefing=briefing, holder=holder)
    try:
        return await Stretch(dispatch, composition, clerk, seconds=seconds).run()
    finally:
        await clerk.close()


class Stretch:
    """One worker process at one dispatch for a bounded time."""

    def __init__(
        self, dispatch: Dispatch, composition: PreparedEmail, clerk: LedgerWriter, *, seconds: float
    ) -> None:
        self._dispatch, self._clerk = dispatch, clerk
        self._trip = Trip(
            dispatch=dispatch,
            composition=composition,
            clerk=clerk,
            ends=time.monotonic() + seconds,
        )

    async def run(self) -> int:
        """Keep `SEND_CONNECTIONS` couriers busy until time or work runs out."""
        if not await self._clerk.ask(ledger.has_work, self._dispatch.pk):
            return 0
        self._trip.rests |= await self._clerk.ask(domain_backoff.active_backoffs, self._dispatch.pk)
        heartbeat = asyncio.create_task(self._keep_leases())
        servers = share_out(settings.SEND_CONNECTIONS, usable(settings.MAIL_SERVERS))
        found = await asyncio.gather(
            *(self._deliver(ConnectionWorker(self._trip, server)) for server in servers),
            return_exceptions=True,
        )
        heartbeat.cancel()
        await asyncio.gather(heartbeat, return_exceptions=True)
        await self._mind([failure for failure in found if failure is not None])
        return self._trip.sent

    async def _keep_leases(self) -> None:
        """Renew the leases in hand, also while a server takes its time to answer."""
        while True:
            await asyncio.sleep(settings.LEASE_SECONDS / 4)
            try:
                await self._clerk.renew(list(self._trip.held))
            except (OperationalError, InterfaceError) as failure:
                log.warning("leases could not be renewed: %s", failure)

    async def _deliver(self, courier: ConnectionWorker) -> None:
        """Let a courier work; what it must not go on with pauses the dispatch at once."""
        try:
            await courier.run()
        except MustPause as reason:
            await self._pause(str(reason))
        except ServerRejectsUs:
            _left_out[courier.server.name] = time.monotonic() + LEFT_OUT_SECONDS
            raise

    async def _pause(self, reason: str) -> None:
        log.error("%s is paused: %s", self._dispatch, reason)
        with suppress(TransitionRefused):  # somebody paused or cancelled it already
            await self._clerk.ask(alerts.pause, self._dispatch, reason)

    async def _mind(self, failures: list[BaseException]) -> None:
        """Log what ended couriers, once each.

        A server that refuses us pauses the dispatch; of several it is left out for a while, until
        the last one refuses us too.
        """
        rejections = {str(f) for f in failures if isinstance(f, ServerRejectsUs)}
        if rejections and all(is_left_out(server) for server in settings.MAIL_SERVERS):
            await self._pause("; ".join(sorted(rejections)))
        elif rejections:
            log.error("%s goes on without: %s", self._dispatch, "; ".join(sorted(rejections)))
        for reason in sorted({str(f) for f in failures if isinstance(f, ServerUnreachable)}):
            log.warning("%s waits: %s", self._dispatch, reason)
        for failure in failures:
            if not isinstance(failure, ServerRejectsUs | ServerUnreachable):
                raise failure


_left_out: dict[str, float] = {}  # until when, by this process's clock


def is_left_out(server: MailServer) -> bool:
    """Whether a server refused us a short while ago."""
    return time.monotonic() < _left_out.get(server.name, 0.0)


def usable(servers: Sequence[MailServer]) -> list[MailServer]:
    """Give the servers that did not refuse us lately; all of them when there is no other."""
    return [server for server in servers if not is_left_out(server)] or list(servers)


def share_out(connections: int, servers: Sequence[MailServer]) -> list[MailServer]:
    """Give each connection a server, so that each has its weight's share and at least one."""
    shared = list(servers)
    while len(shared) < connections:
        shared.append(min(servers, key=lambda server: shared.count(server) / server.weight))
    return shared
