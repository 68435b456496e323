"""A courier: one connection, its leases worked strictly in order.

A letter leaves in this order: its begin is recorded (and consent asked again) while its envelope
travels; with the record's leave go its words, and with them the next letter's envelope; the
server's answer is recorded together with the next letter's begin.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from subscribers.models import DeliveryState
from subscribers.sending import daily_limits, domain_backoff, leases, ledger, send_rate
from subscribers.sending.failure_streaks import streaks_of
from subscribers.sending.lease_progress import DeliveryOutcome, LeaseProgress
from subscribers.sending.personalised_email import (
    PersonalisedEmail,
    PreparedEmail,
    Recipient,
    Unmailable,
)
from subscribers.sending.transport_interface import (
    ConnectionLost,
    Permit,
    ServerRejectsUs,
    ServerUnreachable,
    SmtpReply,
)
from subscribers.sending.transports import open_transport

if TYPE_CHECKING:
    from newsroom.mail_servers import MailServer
    from subscribers.models import Dispatch
    from subscribers.sending.daily_limits import Reservation
    from subscribers.sending.ledger_writer import LedgerWriter
    from subscribers.sending.transports import Transport

log = logging.getLogger(__name__)

# A lease is as large as its connection works off in about this time, and towards the stretch's end
# in what is left of it, so that all come to it together. What is not done a little later goes back.
LEASE_TAKES = 10.0
OVERTIME = 5.0
# The first leases are not all alike, or all connections would come for their next ones at once.
FIRST_LEASE = (25, 75)
FIRST_RETRY = timedelta(minutes=1)
LAST_RETRY = timedelta(hours=4)
# How long a connection holds its breath after a 'not now', doubled each time in a row.
FIRST_NAP, LAST_NAP = 0.05, 5.0


@dataclass(slots=True, kw_only=True)
class Trip:
    """What the couriers of one stretch share; `rests` holds places that asked us to wait."""

    dispatch: Dispatch
    composition: PreparedEmail
    clerk: LedgerWriter
    ends: float
    held: set[int] = field(default_factory=set)
    rests: dict[str, datetime] = field(default_factory=dict)
    leave: int = 0
    pace: asyncio.Lock = field(default_factory=asyncio.Lock)
    sent: int = 0

    @property
    def time_is_up(self) -> bool:
        """No lease is taken any more."""
        return time.monotonic() >= self.ends

    @property
    def is_over(self) -> bool:
        """What is in hand goes back."""
        return time.monotonic() >= self.ends + OVERTIME


class ConnectionWorker:
    """Works lease after lease through one server, on one connection as long as it lasts."""

    def __init__(self, trip: Trip, server: MailServer) -> None:
        self._trip, self.server = trip, server
        self._clerk, self._number = trip.clerk, trip.dispatch.pk
        self._streaks = streaks_of(self._number, server.name)
        self._has_rate = bool(settings.SEND_RATE)
        self._nap = 0.0
        self._letters_per_s = 0.0

    async def run(self) -> None:
        """Go on until time or work runs out. Raises what ends it before that."""
        transport: Transport | None = await open_transport(self.server)
        try:
            while not self._trip.time_is_up:
                if transport is None:
                    # No connection is opened again for nothing.
                    if not await self._clerk.ask(ledger.has_work, self._number):
                        return
                    transport = await open_transport(self.server)
                budget = await self._budget()
                run = await self._lease(budget.letters)
                try:
                    if run is None:
                        return
                    if not await self._work(run, transport):
                        await transport.close()
                        transport = None
                finally:
                    if budget.names:
                        handed = 0 if run is None else run.handed
                        await self._clerk.ask(
                            daily_limits.return_unused, budget, budget.letters - handed
                        )
        finally:
            if transport is not None:
                await transport.close()

    async def _budget(self) -> Reservation:
        size = self._lease_size()
        if not daily_limits.is_limited(self.server):
            return daily_limits.without_limit(size)
        return await self._clerk.ask(daily_limits.reserve, self.server, size)

    async def _lease(self, size: int) -> LeaseProgress | None:
        leased = await self._clerk.lease(size) if size else None
        return LeaseProgress(leased, self._clerk) if leased else None

    def _lease_size(self) -> int:
        """Give slow connections small leases and fast connections large ones."""
        if not self._letters_per_s:
            return random.randint(*FIRST_LEASE)  # noqa: S311  (no secret)
        seconds = min(LEASE_TAKES, self._trip.ends - time.monotonic())
        fitting = int(self._letters_per_s * seconds)
        return max(leases.SMALLEST_LEASE, min(leases.LARGEST_LEASE, fitting))

    async def _work(self, run: LeaseProgress, transport: Transport) -> bool:
        """Work one lease in order and close it; False when the connection is used up."""
        self._trip.held.add(run.lease)
        begun = time.monotonic()
        try:
            is_usable = await self._walk(run, transport)
        except ConnectionLost as lost:
            log.warning("lease %s: %s", run.lease, lost)
            if lost.begun:
                self._streaks.doubtful(str(lost))
            if not run.settled:  # this server takes nothing now; the next wake-up asks again
                raise ServerUnreachable(str(lost)) from lost
            return False
        else:
            self._letters_per_s = run.settled / (time.monotonic() - begun)
            return is_usable
        finally:
            self._trip.held.discard(run.lease)
            await run.close()

    async def _walk(self, run: LeaseProgress, transport: Transport) -> bool:
        """Hand over letter after letter; False when one got no leave and its connection ended."""
        readers = run.readers
        envelope = self._address(readers[0], transport)
        for position, reader in enumerate(readers, start=1):
            if self._nap or self._has_rate:
                await self._wait_for_leave()
            leave = run.begin(reader.subscriber)
            is_last = position == len(readers) or self._trip.is_over
            following = None if is_last else self._address(readers[position], transport)
            answer = await self._hand_over(run, envelope, leave, following, transport)
            match leave.result():
                case Permit.GO if answer is not None:
                    was_tried = isinstance(envelope, PersonalisedEmail)
                    run.settle(await self._judge(reader, answer, was_tried=was_tried))
                    if was_tried and not (answer.accepted or answer.temporary):
                        self._streaks.refused(answer)
                case Permit.SKIP:
                    run.settle(
                        DeliveryOutcome(
                            delivery=reader.delivery, state=DeliveryState.SKIPPED, answer=""
                        )
                    )
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
        run: LeaseProgress,
        envelope: PersonalisedEmail | SmtpReply,
        leave: asyncio.Future[Permit],
        following: PersonalisedEmail | SmtpReply | None,
        transport: Transport,
    ) -> SmtpReply | None:
        """Give one letter to the transport, and announce the next unless a rate holds it back."""
        ahead = (
            following if isinstance(following, PersonalisedEmail) and not self._has_rate else None
        )
        try:
            if isinstance(envelope, SmtpReply):
                await leave
                return envelope
            run.handed += 1
            return await transport.send(envelope, leave=leave, following=ahead)
        except Exception as failure:
            await asyncio.wait([leave])  # the begin is recorded before it is taken back
            match failure:
                case ConnectionLost(begun=False) | ServerRejectsUs():
                    run.step_back()
                case _ if leave.exception() is not None:  # no leave came: the books are away
                    run.step_back()
            raise

    def _address(self, reader: Recipient, transport: Transport) -> PersonalisedEmail | SmtpReply:
        """Make one reader's letter, or the answer to one that is not even tried."""
        if self._trip.rests and self._must_wait(reader):
            return SmtpReply(code=450, text="the place asked us to wait")
        try:
            return self._trip.composition.address(
                reader,
                eight_bit=transport.eight_bit,
                utf8_addresses=transport.utf8_addresses,
                at=time.time(),
            )
        except Unmailable as reason:
            return SmtpReply(code=550, text=str(reason))

    def _must_wait(self, reader: Recipient) -> bool:
        """Whether a reader's mail system rests; past the deadline everybody is tried once more."""
        until = self._trip.rests.get(domain_backoff.receiving_domain(reader.address))
        return until is not None and timezone.now() < min(until, self._trip.dispatch.deadline)

    async def _judge(
        self, reader: Recipient, answer: SmtpReply, *, was_tried: bool
    ) -> DeliveryOutcome | None:
        """Put a server's answer into the ledger's words; None for a plain yes."""
        if answer.accepted:
            self._trip.sent += 1
            self._nap = 0.0
            self._streaks.accepted()
            if self._trip.rests or self._streaks.has_busy_places:
                await self._recover(domain_backoff.receiving_domain(reader.address))
            return None
        if not answer.temporary:
            return DeliveryOutcome(
                delivery=reader.delivery, state=DeliveryState.REFUSED, answer=str(answer)
            )
        not_before = timezone.now() + _back_off(reader.tries)
        place = domain_backoff.receiving_domain(reader.address)
        if was_tried:
            self._nap = min(LAST_NAP, (self._nap or FIRST_NAP) * 2)
            if self._streaks.busy(place, answer):
                self._trip.rests[place] = await self._clerk.ask(
                    domain_backoff.back_off, self._number, place
                )
        else:
            # It may have recovered since this letter was put aside: then it is tried at once.
            until = self._trip.rests.get(place, timezone.now())
            not_before = min(until, self._trip.dispatch.deadline)
        gives_up = was_tried and not_before >= self._trip.dispatch.deadline
        return DeliveryOutcome(
            delivery=reader.delivery,
            state=DeliveryState.REFUSED if gives_up else DeliveryState.DEFERRED,
            answer=str(answer),
            not_before=None if gives_up else not_before,
        )

    async def _recover(self, place: str) -> None:
        """Note that a place which had asked us to wait takes letters again."""
        self._streaks.recovered(place)
        if self._trip.rests.pop(place, None):
            await self._clerk.ask(domain_backoff.end_backoff, self._number, place)

    async def _wait_for_leave(self) -> None:
        """Keep to SEND_RATE, and hold breath after a 'not now'."""
        if self._nap:
            await asyncio.sleep(self._nap * random.uniform(0.5, 1.5))  # noqa: S311  (no secret)
        if not self._has_rate:
            return
        async with self._trip.pace:
            while not self._trip.leave:
                self._trip.leave, wait = await self._clerk.ask(send_rate.take_allowance)
                await asyncio.sleep(wait)
            self._trip.leave -= 1


def _back_off(tries: int) -> timedelta:
    """Wait twice as long each time, give or take a fifth, so that retries do not come in a wave."""
    wait: timedelta = min(FIRST_RETRY * 2 ** min(tries, 10), LAST_RETRY)
    return wait * random.uniform(0.8, 1.2)  # noqa: S311  (no secret)
