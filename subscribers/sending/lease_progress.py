"""Progress: how far leases have come, written before each next letter leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakSet

from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from subscribers.models import Delivery, DeliveryState, Dispatch, DispatchState, Lease, Subscription
from subscribers.sending.transactions import bounded_transaction
from subscribers.sending.transport_interface import Permit

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from subscribers.sending.leases import LeasedBatch
    from subscribers.sending.ledger_writer import LedgerWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryOutcome:
    """What became of a copy that was not simply accepted."""

    delivery: int
    state: DeliveryState
    answer: str
    not_before: datetime | None = None


class ProgressRecord(NamedTuple):
    """How far one lease has come: `begun` counts the letter that is about to go to `subscriber`."""

    lease: int
    begun: int
    settled: int
    subscriber: int | None = None
    outcomes: tuple[DeliveryOutcome, ...] = ()


class LeaseEnd(NamedTuple):
    """The end of a lease: its last record, and its readers in their order if they are at hand."""

    last: ProgressRecord
    order: Sequence[int] | None = None


def record_progress(
    entries: Sequence[ProgressRecord], *, dispatch: int, briefing: int
) -> dict[int, Permit]:
    """Record leases of one dispatch, and say of each whether its next letter may go.

    Nothing is recorded of a lease that is closed: its holder is fenced. The counts of a lease only
    grow, so a record that arrives late, twice or out of order changes nothing. Only the end of a
    lease may lower `begun`, for an email that certainly was not handed over.
    """
    plain = [entry for entry in entries if not entry.outcomes]
    verdicts = {
        entry.lease: _record_one(entry, dispatch=dispatch, briefing=briefing)
        for entry in entries
        if entry.outcomes or connection.vendor != "postgresql"
    }
    if plain and connection.vendor == "postgresql":
        verdicts |= _record_many(plain, dispatch=dispatch, briefing=briefing)
    return verdicts


def _record_one(entry: ProgressRecord, *, dispatch: int, briefing: int) -> Permit:
    """Record one lease with what its server refused or put off, all or nothing."""
    with bounded_transaction():
        ours = Lease.objects.filter(pk=entry.lease, closed_at=None)
        if not ours.update(
            begun=Greatest("begun", Value(entry.begun)),
            settled=Greatest("settled", Value(entry.settled)),
        ):
            return Permit.FENCED
        for outcome in entry.outcomes:
            apply_outcome(outcome, lease=entry.lease)
        if not Dispatch.objects.filter(pk=dispatch, state=DispatchState.SENDING).exists():
            return Permit.STOP
        if entry.subscriber is None:
            return Permit.GO
        mailable = Subscription.objects.mailable().filter(
            briefing_id=briefing, subscriber_id=entry.subscriber
        )
        return Permit.GO if mailable.exists() else Permit.SKIP


def apply_outcome(outcome: DeliveryOutcome, *, lease: int) -> None:
    """Write down a copy's outcome, if the lease still holds it."""
    settled = outcome.state != DeliveryState.DEFERRED
    Delivery.objects.filter(pk=outcome.delivery, lease_id=lease, state=DeliveryState.LEASED).update(
        state=outcome.state,
        answer=outcome.answer[:500] or None,
        not_before=outcome.not_before,
        tries=F("tries") + 1,
        settled_at=timezone.now() if settled else None,
    )


# The same rules as `_record_one` for many leases in one statement, planned once per connection. The
# end of the lease is left to its holder's heartbeat, so that the row's update touches no index.
PREPARE = """
PREPARE newsroom_record (bigint[], int[], int[], bigint[], bigint, bigint) AS
WITH told AS (
  UPDATE subscribers_lease AS l SET
    begun = GREATEST(l.begun, v.begun), settled = GREATEST(l.settled, v.settled)
  FROM unnest($1, $2, $3, $4) AS v (lease, begun, settled, subscriber)
  WHERE l.id = v.lease AND l.closed_at IS NULL
  RETURNING l.id, v.subscriber
)
SELECT told.id,
  EXISTS (SELECT FROM subscribers_dispatch d WHERE d.id = $5 AND d.state = 'sending'),
  told.subscriber IS NULL OR EXISTS (
    SELECT FROM subscribers_subscription s
    JOIN subscribers_subscriber r ON r.id = s.subscriber_id
    WHERE s.subscriber_id = told.subscriber AND s.briefing_id = $6 AND s.state = 'active'
      AND (r.paused_until IS NULL OR r.paused_until <= now())
      AND NOT EXISTS (
        SELECT FROM subscribers_suppression x WHERE x.address_hash = r.address_hash)
  )
FROM told
"""
EXECUTE = "EXECUTE newsroom_record (%s::bigint[], %s::int[], %s::int[], %s::bigint[], %s, %s)"
_prepared: WeakSet[object] = WeakSet()


def values(entries: Sequence[ProgressRecord], *, dispatch: int, briefing: int) -> list[Any]:
    """Give `EXECUTE` its values: a column of each field, then what all entries share.

    The columns are array literals: an array constructor is planned element by element.
    """
    return [
        _array([entry.lease for entry in entries]),
        _array([entry.begun for entry in entries]),
        _array([entry.settled for entry in entries]),
        _array([entry.subscriber for entry in entries]),
        dispatch,
        briefing,
    ]


def _array(numbers: Sequence[int | None]) -> str:
    return f"{{{','.join(['NULL' if n is None else str(n) for n in numbers])}}}"


def read_verdicts(
    entries: Sequence[ProgressRecord], rows: Sequence[tuple[int, bool, bool]]
) -> dict[int, Permit]:
    """Read what `EXECUTE` gave back; a lease without a row is closed."""
    found = {lease: (sending, mailable) for lease, sending, mailable in rows}
    return {entry.lease: _verdict(found.get(entry.lease)) for entry in entries}


def _record_many(
    entries: Sequence[ProgressRecord], *, dispatch: int, briefing: int
) -> dict[int, Permit]:
    with connection.cursor() as cursor:
        if connection.connection not in _prepared:
            cursor.execute(PREPARE)
            _prepared.add(connection.connection)
        cursor.execute(EXECUTE, values(entries, dispatch=dispatch, briefing=briefing))
        return read_verdicts(entries, cursor.fetchall())


def _verdict(found: tuple[bool, bool] | None) -> Permit:
    match found:
        case None:
            return Permit.FENCED
        case (False, _):
            return Permit.STOP
        case (True, False):
            return Permit.SKIP
        case _:
            return Permit.GO


class LeaseProgress:
    """One lease being worked, letter by letter."""

    def __init__(self, leased: LeasedBatch, clerk: LedgerWriter) -> None:
        self.lease, self.readers = leased.lease, leased.readers
        self._clerk = clerk
        self._begun = 0
        self.settled = 0
        self.handed = 0  # letters that were given to a transport
        self._outcomes: list[DeliveryOutcome] = []

    def begin(self, subscriber: int) -> asyncio.Future[Permit]:
        """Record that the next letter is about to leave; the future is its leave."""
        self._begun += 1
        return self._clerk.record(self._entry(subscriber))

    def step_back(self) -> None:
        """Forget the begin: the letter was certainly not handed over."""
        self._begun = self.settled

    def settle(self, outcome: DeliveryOutcome | None) -> None:
        """Note the answer to the letter that was begun, for the next record.

        Its begin was recorded, and with it what had been noted before.
        """
        self.settled = self._begun
        self._outcomes = [] if outcome is None else [outcome]

    async def close(self) -> None:
        """Give the lease back with its last record; nothing happens when it is no longer ours."""
        order = [reader.subscriber for reader in self.readers]
        await self._clerk.close_lease(LeaseEnd(last=self._entry(None), order=order))

    def _entry(self, subscriber: int | None) -> ProgressRecord:
        return ProgressRecord(
            lease=self.lease,
            begun=self._begun,
            settled=self.settled,
            subscriber=subscriber,
            outcomes=tuple(self._outcomes),
        )
