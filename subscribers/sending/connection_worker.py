"""One connection to a mail server, which sends the emails of its leases strictly in order.

An email is sent in these steps: its begin is recorded, and consent checked once more, while its
envelope is sent. With the permit its content is sent, and with that the envelope of the next email.
The server's reply is recorded together with the begin of the next email. So that the server waits
for neither, the next lease is taken before the last emails of a lease are sent, and a lease is
closed while the next one is sent.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from newsroom import worker_stop
from subscribers.models import DeliveryState
from subscribers.sending import (
    connection_limits,
    daily_limits,
    domain_backoff,
    leases,
    ledger,
    outages,
    send_rate,
)
from subscribers.sending.failure_streaks import streaks_of
from subscribers.sending.lease_progress import DeliveryOutcome
from subscribers.sending.personalised_email import (
    CannotSend,
    PersonalisedEmail,
    PreparedEmail,
    Recipient,
)
from subscribers.sending.transport_interface import (
    ConnectionLost,
    Permit,
    ServerBusy,
    ServerRejectsUs,
    ServerUnreachable,
    SmtpReply,
)
from subscribers.sending.transports import open_transport

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from newsroom.mail_servers import MailServer
    from subscribers.models import Dispatch
    from subscribers.sending.daily_limits import Reservation
    from subscribers.sending.ledger_writer import LedgerWriter, OpenLease
    from subscribers.sending.transport_interface import Transport

log = logging.getLogger(__name__)

# A lease is as large as its connection sends in about this time, or in what is left of the send
# run, so that all connections end together. After the overtime, what was not sent is returned.
LEASE_TAKES_SECONDS = 10.0
OVERTIME_SECONDS = 5.0
# First leases differ in size, or all connections would ask for their second ones at once.
FIRST_LEASE_SIZES = (25, 75)
# The next lease is requested when this share of a lease is left, and at least this many emails.
AHEAD_SHARE, AHEAD_EMAILS = 8, 2
FIRST_RETRY_AFTER = timedelta(minutes=1)
LONGEST_RETRY_AFTER = timedelta(hours=4)
# The delay of a connection after a temporary refusal, doubled each time in a row.
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 0.05, 5.0


@dataclass(slots=True, kw_only=True)
class SharedState:
    """What the connections of one send run share."""

    dispatch: Dispatch
    prepared: PreparedEmail
    writer: LedgerWriter
    ends_at: float  # by time.monotonic()
    open_leases: set[int] = field(default_factory=set)
    backoffs: dict[str, datetime] = field(default_factory=dict)  # receiving domains, until when
    outages: set[str] = field(default_factory=set)  # of mail servers, as `outages` names them
    allowance: int = 0  # emails that SEND_RATE allows now
    rate_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    sent: int = 0
    accepted_by: set[MailServer] = field(default_factory=set)
    # Open connections by server.
    connected: Counter[MailServer] = field(default_factory=Counter)

    @property
    def is_ending(self) -> bool:
        """Whether no further lease is taken."""
        return worker_stop.is_requested() or time.monotonic() >= self.ends_at

    @property
    def is_over(self) -> bool:
        """Whether leases are closed even if they are not finished."""
        overtime_ends_at = self.ends_at + OVERTIME_SECONDS
        return worker_stop.is_requested() or time.monotonic() >= overtime_ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservedLease:
    """A lease, and what the daily limit of its server allows for it."""

    lease: OpenLease
    reservation: Reservation


class ConnectionWorker:
    """Sends lease after lease through one server, on one connection as long as it lasts."""

    def __init__(self, shared: SharedState, server: MailServer) -> None:
        self._shared, self.server = shared, server
        self._writer, self._dispatch_id = shared.writer, shared.dispatch.pk
        self._streaks = streaks_of(self._dispatch_id, server.name)
        self._has_rate = bool(settings.SEND_RATE)
        self._delay_seconds = 0.0
        self._emails_per_s = 0.0
        # Whether the server took the connection; set when it did, or when it did not.
        self.was_taken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._is_connected = False
        self._upcoming: asyncio.Task[ReservedLease | None] | None = None
        self._closing: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Send until the run ends or nothing is left.

        Raises ServerUnreachable (ServerBusy if it answers), ServerRejectsUs or TooManyFailures.
        """
        transport: Transport | None = None
        try:
            transport = await self._connect()
            while not self._shared.is_ending:
                if transport is None:
                    # Do not open another connection if nothing is left to send.
                    if not (self._upcoming or await self._has_work()):
                        return
                    transport = await self._connect()
                if self._is_surplus():
                    return
                taken = await self._next_lease()
                if taken is None:
                    return
                if not await self._send_lease(taken, transport):
                    await self._wait_until_closed()
                    self._count_connected(0)
                    await transport.close()
                    transport = None
        finally:
            self._count_connected(0)
            await self._return_upcoming()
            await self._wait_until_closed()
            if transport is not None:
                await transport.close()

    async def _connect(self) -> Transport:
        transport = await open_transport(self.server)
        self._count_connected(1)
        self.note_taken(was_taken=True)
        return transport

    def note_taken(self, *, was_taken: bool) -> None:
        """Note whether the server took the connection; only the first note counts."""
        if not self.was_taken.done():
            self.was_taken.set_result(was_taken)

    def _count_connected(self, connected: int) -> None:
        """Count this connection as open (1) or not (0)."""
        self._shared.connected[self.server] += connected - self._is_connected
        self._is_connected = bool(connected)
        self._writer.connections = self._shared.connected.total()

    def _is_surplus(self) -> bool:
        """Whether this connection is given up because the server takes fewer."""
        taken = connection_limits.taken_by(self.server)
        if taken is None or self._shared.connected[self.server] <= taken:
            return False
        self._count_connected(0)
        return True

    async def _has_work(self) -> bool:
        return await self._writer.call(ledger.has_work, self._dispatch_id)

    async def _next_lease(self) -> ReservedLease | None:
        """Return the lease that was requested ahead, or take one after the last is closed."""
        upcoming, self._upcoming = self._upcoming, None
        if upcoming is not None:
            return await upcoming
        await self._wait_until_closed()
        return await self._take()

    async def _take(self) -> ReservedLease | None:
        """Take a lease within the daily limits; None if there is nothing to send."""
        while not self._shared.is_ending:
            reservation = await self._reserve()
            size = reservation.emails
            lease = await self._writer.take_lease(size) if size else None
            if lease is None:
                await self._return_unused(reservation, size)
                return None
            self._shared.open_leases.add(lease.id)
            taken = ReservedLease(lease=lease, reservation=reservation)
            if reservation.id is None or await self._writer.call(
                daily_limits.attach, reservation, lease.id
            ):
                return taken
            await self._close(taken)  # the reservation expired
        return None

    async def _reserve(self) -> Reservation:
        size = self._lease_size()
        if not daily_limits.is_limited(self.server):
            return daily_limits.unlimited(size)
        return await self._writer.call(daily_limits.reserve, self.server, size)

    async def _return_unused(self, reservation: Reservation, emails: int) -> None:
        if reservation.id is not None:
            await self._writer.call(daily_limits.return_unused, reservation, emails)

    async def _close(self, taken: ReservedLease, *, after: Awaitable[Permit] | None = None) -> None:
        """End a lease, once its last record is written, and return what it did not use."""
        lease = taken.lease
        try:
            if after is not None:
                await after
            await lease.close()
        finally:
            self._shared.open_leases.discard(lease.id)
        await self._return_unused(taken.reservation, taken.reservation.emails - lease.handed_over)

    async def _return_upcoming(self) -> None:
        """Return the lease that was requested ahead; nothing of it was sent."""
        if self._upcoming is not None and (taken := await self._next_lease()):
            await self._close(taken)

    async def _wait_until_closed(self) -> None:
        """Wait until the lease before this one is closed. Raises what made that fail."""
        closing, self._closing = self._closing, None
        if closing is not None:
            await closing

    def _lease_size(self) -> int:
        """Return a size that suits the speed of this connection."""
        if not self._emails_per_s:
            return random.randint(*FIRST_LEASE_SIZES)  # noqa: S311  (not a secret)
        seconds = min(LEASE_TAKES_SECONDS, self._shared.ends_at - time.monotonic())
        fitting = int(self._emails_per_s * seconds)
        return max(leases.SMALLEST_LEASE, min(leases.LARGEST_LEASE, fitting))

    async def _send_lease(self, taken: ReservedLease, transport: Transport) -> bool:
        """Send the emails of one lease and end it; False if the connection is used up."""
        lease = taken.lease
        started = time.monotonic()
        ended: asyncio.Future[Permit] | None = None
        try:
            is_usable = await self._send_in_order(lease, transport, started=started)
        except ConnectionLost as lost:
            log.warning("lease %s: %s", lease.id, lost)
            if lost.maybe_accepted:
                self._streaks.note_unknown(str(lost))
            if connection_limits.is_about_connections(str(lost)):
                raise ServerBusy(f"{self.server.name}: {lost}") from lost
            if not lease.settled:  # the server takes nothing now: try again in the next send run
                raise ServerUnreachable(f"{self.server.name}: {lost}") from lost
            return False
        else:
            self._measure(lease, started)
            outage = outages.of_server(self.server)
            if lease.settled and outage in self._shared.outages:
                self._shared.outages.discard(outage)
                await self._writer.call(outages.note_success, outage)
            if is_usable and self._upcoming is not None:
                # Before or with the begin of the next email: a connection that dies never leaves
                # more than one email in doubt.
                ended = lease.record_end()
            return is_usable
        finally:
            await self._wait_until_closed()
            self._closing = asyncio.create_task(self._close(taken, after=ended))

    def _take_ahead(self, lease: OpenLease, started: float) -> None:
        """Request the next lease, unless a daily limit has to know first what this one used."""
        if self._upcoming is None and not daily_limits.is_limited(self.server):
            self._measure(lease, started)
            self._upcoming = asyncio.create_task(self._take())

    def _measure(self, lease: OpenLease, started: float) -> None:
        self._emails_per_s = lease.settled / (time.monotonic() - started)

    async def _send_in_order(
        self, lease: OpenLease, transport: Transport, *, started: float
    ) -> bool:
        """Send email after email; False if one got no permit, which ends the connection."""
        recipients = lease.recipients
        ahead = max(AHEAD_EMAILS, len(recipients) // AHEAD_SHARE)
        email = self._personalise(recipients[0], transport)
        for position, recipient in enumerate(recipients, start=1):
            if len(recipients) - position < ahead:
                self._take_ahead(lease, started)
            if self._delay_seconds or self._has_rate:
                await self._keep_pace()
            permit = lease.begin(recipient.subscriber)
            is_last = position == len(recipients) or self._shared.is_over
            following = None if is_last else self._personalise(recipients[position], transport)
            reply = await self._hand_over(lease, email, permit, following, transport)
            match permit.result():
                case Permit.GO if reply is not None:
                    was_tried = isinstance(email, PersonalisedEmail)
                    if was_tried and reply.temporary:
                        self._require_room(lease, reply)
                    lease.settle(await self._outcome(recipient, reply, was_tried=was_tried))
                    if was_tried and not (reply.accepted or reply.temporary):
                        self._streaks.note_refused(reply)
                case Permit.SKIP:
                    lease.settle(
                        DeliveryOutcome(
                            delivery=recipient.delivery,
                            state=DeliveryState.SKIPPED,
                            server_reply="",
                        )
                    )
                    return False
                case refused:
                    log.info("lease %s ends: %s", lease.id, refused.value)
                    lease.undo_begin()
                    return False
            if is_last or following is None:
                return True
            email = following
        return True

    def _require_room(self, lease: OpenLease, reply: SmtpReply) -> None:
        """Raise ServerBusy if a refusal is about our connections, and not about the email."""
        if connection_limits.is_about_connections(reply.text):
            lease.undo_begin()
            raise ServerBusy(f"{self.server.name}: {reply}")

    def _personalise(
        self, recipient: Recipient, transport: Transport
    ) -> PersonalisedEmail | SmtpReply:
        """Return one recipient's email, or the reply to one that is not even tried."""
        if self._shared.backoffs and self._must_wait(recipient):
            return SmtpReply(code=450, text="the receiving domain asked us to wait")
        try:
            return self._shared.prepared.personalise(
                recipient,
                eight_bit=transport.eight_bit,
                utf8_addresses=transport.utf8_addresses,
                at=time.time(),
            )
        except CannotSend as reason:
            return SmtpReply(code=550, text=str(reason))

    def _must_wait(self, recipient: Recipient) -> bool:
        """Whether a recipient's domain asked us to wait.

        Past the deadline everybody is tried once more.
        """
        until = self._shared.backoffs.get(domain_backoff.receiving_domain(recipient.address))
        return until is not None and timezone.now() < min(until, self._shared.dispatch.deadline)

    async def _hand_over(
        self,
        lease: OpenLease,
        email: PersonalisedEmail | SmtpReply,
        permit: asyncio.Future[Permit],
        following: PersonalisedEmail | SmtpReply | None,
        transport: Transport,
    ) -> SmtpReply | None:
        """Hand one email to the transport; announce the next, unless SEND_RATE may delay it."""
        announced = (
            following if isinstance(following, PersonalisedEmail) and not self._has_rate else None
        )
        try:
            if isinstance(email, SmtpReply):
                await permit
                return email
            lease.handed_over += 1
            return await transport.send(email, permit=permit, following=announced)
        except Exception as failure:
            await asyncio.wait([permit])  # the begin must be recorded before it is undone
            match failure:
                case ConnectionLost(maybe_accepted=False) | ServerRejectsUs():
                    lease.undo_begin()
                case _ if permit.exception() is not None:  # without a permit nothing was sent
                    lease.undo_begin()
            raise

    async def _outcome(
        self, recipient: Recipient, reply: SmtpReply, *, was_tried: bool
    ) -> DeliveryOutcome | None:
        """Return what a reply means for the delivery; None if the email was accepted.

        Also counts the reply for the run, the failure streaks and the back-offs.
        """
        if reply.accepted:
            self._shared.sent += 1
            self._shared.accepted_by.add(self.server)
            self._delay_seconds = 0.0
            self._streaks.note_accepted()
            if self._shared.backoffs or self._streaks.has_temporary_refusals:
                await self._end_backoff(domain_backoff.receiving_domain(recipient.address))
            return None
        if not reply.temporary:
            return DeliveryOutcome(
                delivery=recipient.delivery, state=DeliveryState.REFUSED, server_reply=str(reply)
            )
        not_before = timezone.now() + _retry_after(recipient.tries)
        domain = domain_backoff.receiving_domain(recipient.address)
        if was_tried:
            delay = (self._delay_seconds or FIRST_DELAY_SECONDS) * 2
            self._delay_seconds = min(LONGEST_DELAY_SECONDS, delay)
            if self._streaks.note_temporary_refusal(domain, reply):
                self._shared.backoffs[domain] = await self._writer.call(
                    domain_backoff.back_off, self._dispatch_id, domain
                )
        else:
            # The back-off may have ended since this email was prepared: then try it at once.
            until = self._shared.backoffs.get(domain, timezone.now())
            not_before = min(until, self._shared.dispatch.deadline)
        gives_up = was_tried and not_before >= self._shared.dispatch.deadline
        return DeliveryOutcome(
            delivery=recipient.delivery,
            state=DeliveryState.REFUSED if gives_up else DeliveryState.DEFERRED,
            server_reply=str(reply),
            not_before=None if gives_up else not_before,
        )

    async def _end_backoff(self, domain: str) -> None:
        """Note that a domain accepts emails again."""
        self._streaks.note_domain_accepted(domain)
        if self._shared.backoffs.pop(domain, None):
            await self._writer.call(domain_backoff.end_backoff, self._dispatch_id, domain)

    async def _keep_pace(self) -> None:
        """Wait as long as a temporary refusal and SEND_RATE ask for."""
        if self._delay_seconds:
            await asyncio.sleep(self._delay_seconds * random.uniform(0.5, 1.5))  # noqa: S311  (not a secret)
        if not self._has_rate:
            return
        async with self._shared.rate_lock:
            while not self._shared.allowance:
                self._shared.allowance, wait = await self._writer.call(send_rate.take_allowance)
                await asyncio.sleep(wait)
            self._shared.allowance -= 1


def _retry_after(tries: int) -> timedelta:
    """Return twice as long a wait each time; it varies by a fifth, so that retries spread out."""
    wait: timedelta = min(FIRST_RETRY_AFTER * 2 ** min(tries, 10), LONGEST_RETRY_AFTER)
    return wait * random.uniform(0.8, 1.2)  # noqa: S311  (not a secret)
