"""A worker's stretch of sending: several connections, each working its own lease strictly in order.

Everything that touches the database runs on one thread of its own (the clerk), so that the
connections never wait for each other's answers.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connections
from django.utils import timezone

from subscribers.engine import ledger, pacing
from subscribers.engine.answers import Answer, ConnectionLost, ServerAway, ServerRejectsUs
from subscribers.engine.composing import Addressee, Composition, Unmailable
from subscribers.engine.ledger import Leased, Outcome, Verdict
from subscribers.engine.transports import open_transport
from subscribers.models import DeliveryState, Dispatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from subscribers.engine.smtp import Transport

log = logging.getLogger(__name__)

# A task lasts no longer than this: Celery may then stop, restart or move the worker at ease.
STRETCH_SECONDS = 10.0
FIRST_RETRY = timedelta(minutes=1)
LAST_RETRY = timedelta(hours=4)


def send_stretch(dispatch: Dispatch, *, seconds: float = STRETCH_SECONDS) -> int:
    """Send what is ready of a dispatch for some seconds; give back how many letters left.

    A server that is away is logged and left to the next wake-up; one that refuses us pauses the
    dispatch with its words.
    """
    return asyncio.run(Stretch(dispatch, seconds=seconds).run())


class Stretch:
    """One worker process at one dispatch for a bounded time."""

    def __init__(self, dispatch: Dispatch, *, seconds: float) -> None:
        self._dispatch = dispatch
        self._composition = Composition(dispatch)
        self._ends = time.monotonic() + seconds
        self._holder = f"{socket.gethostname()}:{os.getpid()}"
        self._clerk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="clerk")
        self._leave = 0
        self._pace = asyncio.Lock()
        self._sent = 0
        self._runs: set[_LeaseRun] = set()

    async def run(self) -> int:
        """Keep `SEND_CONNECTIONS` couriers busy until time or work runs out."""
        couriers = [self._courier() for _ in range(settings.SEND_CONNECTIONS)]
        heartbeat = asyncio.create_task(self._keep_leases())
        try:
            found = await asyncio.gather(*couriers, return_exceptions=True)
            for failure in found:
                await self._mind(failure)
        finally:
            heartbeat.cancel()
            await self._ask(connections.close_all)
            self._clerk.shutdown()
        return self._sent

    async def _keep_leases(self) -> None:
        """Renew the leases in hand while a server takes its time to answer."""
        while True:
            await asyncio.sleep(settings.LEASE_SECONDS / 4)
            for run in list(self._runs):
                await self._ask(run.renew)

    async def _mind(self, failure: BaseException | None) -> None:
        """Log what ended a courier; a server that refuses us pauses the dispatch."""
        if isinstance(failure, ServerRejectsUs):
            log.error("%s is paused: %s", self._dispatch, failure)
            await self._ask(self._pause, str(failure))
        elif isinstance(failure, ServerAway):
            log.warning("%s waits: %s", self._dispatch, failure)
        elif failure is not None:
            raise failure

    def _pause(self, reason: str) -> None:
        from subscribers.models.dispatch import DispatchRefused

        try:
            self._dispatch.pause(by=None, reason=reason)
        except DispatchRefused:
            log.info("%s was paused or cancelled by somebody else", self._dispatch)

    async def _ask(self, act: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Have the clerk do something with the database."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._clerk, lambda: act(*args, **kwargs))

    @property
    def _time_is_up(self) -> bool:
        return time.monotonic() >= self._ends

    async def _courier(self) -> None:
        """Work lease after lease on one connection."""
        if not await self._ask(self._has_work):
            return
        transport = await open_transport()
        try:
            while not self._time_is_up:
                leased = await self._ask(ledger.lease, self._dispatch.pk, holder=self._holder)
                if leased is None:
                    return
                if not await self._work(leased, transport):
                    return
        finally:
            await transport.close()

    def _has_work(self) -> bool:
        return self._dispatch.deliveries.ready(at=timezone.now()).exists()

    async def _work(self, leased: Leased, transport: Transport) -> bool:
        """Work one lease in order; False when this courier must not go on."""
        run = _LeaseRun(leased)
        self._runs.add(run)
        try:
            for reader in leased.readers:
                if self._time_is_up:
                    break
                await self._wait_for_leave()
                verdict = await self._ask(run.begin, reader)
                if verdict is Verdict.FENCED:
                    log.warning("lease %s is no longer ours: stopping", leased.lease)
                    return False
                if verdict is Verdict.STOP:
                    run.step_back()
                    break
                if verdict is Verdict.SKIP:
                    run.settle(_skipped(reader))
                    continue
                run.settle(self._outcome(reader, await self._hand_over(reader, transport)))
        except ConnectionLost as lost:
            log.warning("lease %s: %s", leased.lease, lost)
            if not lost.begun:
                run.step_back()
            await self._ask(run.close)
            raise ServerAway(str(lost)) from lost
        except ServerRejectsUs:
            run.step_back()
            await self._ask(run.close)
            raise
        finally:
            self._runs.discard(run)
        return bool(await self._ask(run.close)) and not self._time_is_up

    async def _hand_over(self, reader: Addressee, transport: Transport) -> Answer:
        try:
            envelope = self._composition.address(
                reader,
                eight_bit=transport.eight_bit,
                utf8_addresses=transport.utf8_addresses,
                at=timezone.now(),
            )
        except Unmailable as reason:
            code, _, text = str(reason).partition(" ")
            return Answer(code=int(code), text=text)
        answer = await transport.send(
            sender=envelope.sender,
            recipient=envelope.recipient,
            wire=envelope.wire,
            utf8=envelope.utf8,
        )
        self._sent += answer.accepted
        return answer

    def _outcome(self, reader: Addressee, answer: Answer) -> Outcome | None:
        """Put a server's answer into the ledger's words; None for a plain yes."""
        if answer.accepted:
            return None
        next_try = timezone.now() + _back_off(reader.tries)
        if answer.temporary and next_try < self._dispatch.deadline:
            return Outcome(
                delivery=reader.delivery,
                state=DeliveryState.DEFERRED,
                answer=str(answer),
                not_before=next_try,
            )
        return Outcome(delivery=reader.delivery, state=DeliveryState.REFUSED, answer=str(answer))

    async def _wait_for_leave(self) -> None:
        """Keep to SEND_RATE."""
        if not settings.SEND_RATE:
            return
        async with self._pace:
            while not self._leave:
                self._leave, wait = await self._ask(pacing.take_leave)
                await asyncio.sleep(wait)
            self._leave -= 1


class _LeaseRun:
    """How far a lease has come, and what the next record must say."""

    def __init__(self, leased: Leased) -> None:
        self._lease = leased.lease
        self._begun = 0
        self._settled = 0
        self._outcomes: list[Outcome] = []

    def begin(self, reader: Addressee) -> Verdict:
        """Record that the next letter is about to be handed over, unless it may not."""
        self._begun += 1
        return self._record(reader.subscriber)

    def step_back(self) -> None:
        """The letter that was begun was certainly not handed over."""
        self._begun = self._settled

    def settle(self, outcome: Outcome | None) -> None:
        """The letter that was begun has its answer; it is recorded with the next letter's begin."""
        self._settled = self._begun
        if outcome is not None:
            self._outcomes.append(outcome)

    def renew(self) -> None:
        """Say that we live."""
        ledger.renew(self._lease)

    def close(self) -> bool:
        """Record the last word and end the lease."""
        if self._record(None) is Verdict.FENCED:
            return False
        return ledger.close(self._lease)

    def _record(self, subscriber: int | None) -> Verdict:
        verdict = ledger.progress(
            self._lease,
            begun=self._begun,
            settled=self._settled,
            subscriber=subscriber,
            outcomes=self._outcomes,
        )
        self._outcomes = []
        return verdict


def _skipped(reader: Addressee) -> Outcome:
    return Outcome(delivery=reader.delivery, state=DeliveryState.SKIPPED, answer="")


def _back_off(tries: int) -> timedelta:
    """Wait twice as long each time, give or take a fifth, so that retries do not come in a wave."""
    wait: timedelta = min(FIRST_RETRY * 2 ** min(tries, 10), LAST_RETRY)
    return wait * random.uniform(0.8, 1.2)  # noqa: S311  (no secret)
