"""A worker's stretch of sending: several connections, each working its own lease strictly in order.

A letter leaves in this order: its begin is recorded (and consent asked again) while its envelope
travels; with the record's leave go its words, and with them the next letter's envelope; the
server's answer is recorded together with the next letter's begin.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import random
import socket
import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from subscribers.engine import ledger, pacing
from subscribers.engine.answers import Answer, ConnectionLost, ServerAway, ServerRejectsUs, Verdict
from subscribers.engine.clerk import Clerk
from subscribers.engine.composing import Addressee, Composition, Envelope, Unmailable
from subscribers.engine.recording import Entry, Outcome
from subscribers.engine.transports import open_transport
from subscribers.models import DeliveryState, Dispatch
from subscribers.models.dispatch import DispatchRefused

if TYPE_CHECKING:
    from subscribers.engine.ledger import Leased
    from subscribers.engine.transports import Transport

log = logging.getLogger(__name__)

# A task lasts no longer than this: Celery may then stop, restart or move the worker at ease.
STRETCH_SECONDS = 10.0
FIRST_RETRY = timedelta(minutes=1)
LAST_RETRY = timedelta(hours=4)
SKIPPED = DeliveryState.SKIPPED


def send_stretch(dispatch: Dispatch, *, seconds: float = STRETCH_SECONDS) -> int:
    """Send what is ready of a dispatch for some seconds; give back how many letters left.

    A server that is away is logged and left to the next wake-up; one that refuses us pauses the
    dispatch with its words.
    """
    composition = Composition(dispatch)
    briefing = dispatch.issue.briefing_id
    gc.freeze()  # what the framework made at the start is not looked through for every few letters
    try:
        return asyncio.run(_run(dispatch, composition, briefing=briefing, seconds=seconds))
    finally:
        gc.unfreeze()


async def _run(
    dispatch: Dispatch, composition: Composition, *, briefing: int, seconds: float
) -> int:
    clerk = Clerk(dispatch=dispatch.pk, briefing=briefing)
    try:
        return await Stretch(dispatch, composition, clerk, seconds=seconds).run()
    finally:
        await clerk.close()


class Stretch:
    """One worker process at one dispatch for a bounded time."""

    def __init__(
        self, dispatch: Dispatch, composition: Composition, clerk: Clerk, *, seconds: float
    ) -> None:
        self._dispatch, self._composition, self._clerk = dispatch, composition, clerk
        self._ends = time.monotonic() + seconds
        self._holder = f"{socket.gethostname()}:{os.getpid()}"
        self._held: set[int] = set()
        self._leave = 0
        self._pace = asyncio.Lock()
        self._sent = 0

    async def run(self) -> int:
        """Keep `SEND_CONNECTIONS` couriers busy until time or work runs out."""
        heartbeat = asyncio.create_task(self._keep_leases())
        couriers = (self._courier() for _ in range(settings.SEND_CONNECTIONS))
        found = await asyncio.gather(*couriers, return_exceptions=True)
        heartbeat.cancel()
        await asyncio.gather(heartbeat, return_exceptions=True)
        await self._mind([failure for failure in found if failure is not None])
        return self._sent

    async def _mind(self, failures: list[BaseException]) -> None:
        """Log what ended couriers, once each; a server that refuses us pauses the dispatch."""
        refusals = {str(f) for f in failures if isinstance(f, ServerRejectsUs)}
        for refusal in sorted(refusals):
            log.error("%s is paused: %s", self._dispatch, refusal)
            with suppress(DispatchRefused):  # somebody paused or cancelled it already
                await self._clerk.ask(self._dispatch.pause, by=None, reason=refusal)
        for reason in sorted({str(f) for f in failures if isinstance(f, ServerAway)}):
            log.warning("%s waits: %s", self._dispatch, reason)
        for failure in failures:
            if not isinstance(failure, ServerRejectsUs | ServerAway):
                raise failure

    async def _keep_leases(self) -> None:
        """Renew the leases in hand, also while a server takes its time to answer."""
        while True:
            await asyncio.sleep(settings.LEASE_SECONDS / 4)
            await self._clerk.ask(ledger.renew, list(self._held))

    @property
    def _time_is_up(self) -> bool:
        return time.monotonic() >= self._ends

    async def _courier(self) -> None:
        """Work lease after lease, on one connection as long as it lasts."""
        transport: Transport | None = None
        try:
            while not self._time_is_up:
                if transport is None:
                    # No connection is opened for nothing.
                    if not await self._clerk.ask(ledger.has_work, self._dispatch.pk):
                        return
                    transport = await open_transport()
                leased = await self._clerk.ask(
                    ledger.lease, self._dispatch.pk, holder=self._holder, size=_lease_size()
                )
                if leased is None:
                    return
                if not await self._work(leased, transport):
                    await transport.close()
                    transport = None
        finally:
            if transport is not None:
                await transport.close()

    async def _work(self, leased: Leased, transport: Transport) -> bool:
        """Work one lease in order and close it; False when the connection is used up."""
        run = LeaseRun(leased, self._clerk)
        self._held.add(leased.lease)
        try:
            return await self._walk(run, leased.readers, transport)
        except ConnectionLost as lost:
            log.warning("lease %s: %s", leased.lease, lost)
            if not run.settled:  # this server takes nothing now; the next wake-up asks again
                raise ServerAway(str(lost)) from lost
            return False
        finally:
            self._held.discard(leased.lease)
            await run.close()

    async def _walk(
        self, run: LeaseRun, readers: tuple[Addressee, ...], transport: Transport
    ) -> bool:
        """Hand over letter after letter; False when one got no leave and its connection ended."""
        envelope = self._address(readers[0], transport)
        for position, reader in enumerate(readers, start=1):
            await self._wait_for_leave()
            leave = run.begin(reader.subscriber)
            is_last = position == len(readers) or self._time_is_up
            following = None if is_last else self._address(readers[position], transport)
            answer = await self._hand_over(run, envelope, leave, following, transport)
            match leave.result():
                case Verdict.GO if answer is not None:
                    self._sent += answer.accepted
                    run.settle(self._outcome(reader, answer))
                case Verdict.SKIP:
                    run.settle(Outcome(delivery=reader.delivery, state=SKIPPED, answer=""))
                    return False
                case verdict:
                    log.info("lease %s ends: %s", run.lease, verdict.value)
                    run.step_back()
                    return False
            if is_last or following is None:
                return True
            envelope = following
        return True

    async def _hand_over(
        self,
        run: LeaseRun,
        envelope: Envelope | Answer,
        leave: asyncio.Future[Verdict],
        following: Envelope | Answer | None,
        transport: Transport,
    ) -> Answer | None:
        """Give one letter to the transport, and announce the next unless a rate holds it back."""
        if isinstance(envelope, Answer):
            await leave
            return envelope
        ahead = following if isinstance(following, Envelope) and not settings.SEND_RATE else None
        try:
            return await transport.send(envelope, leave=leave, following=ahead)
        except (ConnectionLost, ServerRejectsUs) as failure:
            await asyncio.wait([leave])  # the begin is recorded before it is taken back
            if not (isinstance(failure, ConnectionLost) and failure.begun):
                run.step_back()
            raise

    def _address(self, reader: Addressee, transport: Transport) -> Envelope | Answer:
        """Make one reader's letter, or the refusal of an address that cannot be written to."""
        try:
            return self._composition.address(
                reader,
                eight_bit=transport.eight_bit,
                utf8_addresses=transport.utf8_addresses,
                at=time.time(),
            )
        except Unmailable as reason:
            return Answer(code=550, text=str(reason))

    def _outcome(self, reader: Addressee, answer: Answer) -> Outcome | None:
        """Put a server's answer into the ledger's words; None for a plain yes."""
        if answer.accepted:
            return None
        next_try = timezone.now() + _back_off(reader.tries)
        if answer.temporary and next_try < self._dispatch.deadline:
            state, not_before = DeliveryState.DEFERRED, next_try
        else:
            state, not_before = DeliveryState.REFUSED, None
        return Outcome(
            delivery=reader.delivery, state=state, answer=str(answer), not_before=not_before
        )

    async def _wait_for_leave(self) -> None:
        """Keep to SEND_RATE."""
        if not settings.SEND_RATE:
            return
        async with self._pace:
            while not self._leave:
                self._leave, wait = await self._clerk.ask(pacing.take_leave)
                await asyncio.sleep(wait)
            self._leave -= 1


class LeaseRun:
    """How far a lease has come, and what its next record must say."""

    def __init__(self, leased: Leased, clerk: Clerk) -> None:
        self.lease = leased.lease
        self._order = [reader.subscriber for reader in leased.readers]
        self._clerk = clerk
        self._begun = 0
        self.settled = 0
        self._outcomes: list[Outcome] = []

    def begin(self, subscriber: int) -> asyncio.Future[Verdict]:
        """Record that the next letter is about to leave; the future is its leave."""
        self._begun += 1
        return self._clerk.record(self._entry(subscriber))

    def step_back(self) -> None:
        """Forget the begin: the letter was certainly not handed over."""
        self._begun = self.settled

    def settle(self, outcome: Outcome | None) -> None:
        """Note the answer to the letter that was begun, for the next record."""
        self.settled = self._begun
        if outcome is not None:
            self._outcomes.append(outcome)

    async def close(self) -> None:
        """Give the lease back with its last record; nothing happens when it is no longer ours."""
        await self._clerk.ask(ledger.close, self.lease, last=self._entry(None), order=self._order)

    def _entry(self, subscriber: int | None) -> Entry:
        outcomes, self._outcomes = tuple(self._outcomes), []
        return Entry(
            lease=self.lease,
            begun=self._begun,
            settled=self.settled,
            subscriber=subscriber,
            outcomes=outcomes,
        )


def _lease_size() -> int:
    """Give many connections small leases and few connections large ones."""
    return max(100, min(ledger.LEASE_SIZE, 4_000 // settings.SEND_CONNECTIONS))


def _back_off(tries: int) -> timedelta:
    """Wait twice as long each time, give or take a fifth, so that retries do not come in a wave."""
    wait: timedelta = min(FIRST_RETRY * 2 ** min(tries, 10), LAST_RETRY)
    return wait * random.uniform(0.8, 1.2)  # noqa: S311  (no secret)
