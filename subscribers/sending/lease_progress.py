"""Progress records: how far leases have come, written before each next email is sent.

The reply to a record is the permit for the next email, so consent and suppression are checked once
more at the last moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any, NamedTuple
from weakref import WeakSet

from django.conf import settings
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from subscribers.models import Delivery, DeliveryState, Dispatch, DispatchState, Lease, Subscription
from subscribers.sending.transactions import bounded_transaction
from subscribers.sending.transport_interface import Permit


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryOutcome:
    """What became of a delivery that was not simply accepted."""

    delivery: int
    state: DeliveryState
    server_reply: str
    not_before: datetime | None = None


class ProgressRecord(NamedTuple):
    """How far one lease has come; `begun` includes the email that is to go to `subscriber` next."""

    lease: int
    begun: int
    settled: int
    subscriber: int | None = None
    outcomes: tuple[DeliveryOutcome, ...] = ()


class LeaseEnd(NamedTuple):
    """The last record of a lease, and its subscribers in their order if the caller knows them."""

    last: ProgressRecord
    order: Sequence[int] | None = None


def record_progress(
    records: Sequence[ProgressRecord], *, dispatch: int, briefing: int
) -> dict[int, Permit]:
    """Record the progress of leases of one dispatch; return the permit of each by its lease.

    Nothing is recorded for a closed lease: its holder is fenced. The counts of a lease only grow,
    so a record that arrives late, twice or out of order changes nothing. Only the end of a lease
    may lower `begun`, for an email that certainly was not handed over.
    """
    plain = [record for record in records if not record.outcomes]
    permits = {
        record.lease: _record_one(record, dispatch=dispatch, briefing=briefing)
        for record in records
        if record.outcomes or connection.vendor != "postgresql"
    }
    if plain and connection.vendor == "postgresql":
        permits |= _record_many(plain, dispatch=dispatch, briefing=briefing)
    return permits


def _record_one(record: ProgressRecord, *, dispatch: int, briefing: int) -> Permit:
    """Record one lease together with its outcomes, all or nothing."""
    with bounded_transaction():
        ours = Lease.objects.filter(pk=record.lease, closed_at=None)
        if not ours.update(
            begun=Greatest("begun", Value(record.begun)),
            settled=Greatest("settled", Value(record.settled)),
        ):
            return Permit.FENCED
        for outcome in record.outcomes:
            apply_outcome(outcome, lease=record.lease)
        if not Dispatch.objects.filter(pk=dispatch, state=DispatchState.SENDING).exists():
            return Permit.STOP
        if record.subscriber is None:
            return Permit.GO
        mailable = Subscription.objects.mailable().filter(
            briefing_id=briefing, subscriber_id=record.subscriber
        )
        return Permit.GO if mailable.exists() else Permit.SKIP


def apply_outcome(outcome: DeliveryOutcome, *, lease: int) -> None:
    """Write an outcome to its delivery, if the lease still holds it."""
    settled = outcome.state != DeliveryState.DEFERRED
    Delivery.objects.filter(pk=outcome.delivery, lease_id=lease, state=DeliveryState.LEASED).update(
        state=outcome.state,
        server_reply=outcome.server_reply[:500] or None,
        not_before=outcome.not_before,
        tries=F("tries") + 1,
        settled_at=timezone.now() if settled else None,
    )


# The rules of `_record_one` for many leases in one statement, planned once for each connection. It
# leaves the lease's `expires_at` to the holder's heartbeat, so that the update touches no index.
# Left to itself, PostgreSQL may plan each small batch again, which takes longer than running it.
_RULES = """
WITH recorded AS (
  UPDATE subscribers_lease AS l SET
    begun = GREATEST(l.begun, v.begun), settled = GREATEST(l.settled, v.settled)
  FROM unnest($1, $2, $3, $4) AS v (lease, begun, settled, subscriber)
  WHERE l.id = v.lease AND l.closed_at IS NULL
  RETURNING l.id, v.subscriber
)
SELECT recorded.id,
  EXISTS (SELECT FROM subscribers_dispatch d WHERE d.id = $5 AND d.state = 'sending'),
  recorded.subscriber IS NULL OR EXISTS (
    SELECT FROM subscribers_subscription s
    JOIN subscribers_subscriber r ON r.id = s.subscriber_id
    WHERE s.subscriber_id = recorded.subscriber AND s.briefing_id = $6 AND s.state = 'active'
      AND (r.paused_until IS NULL OR r.paused_until <= now())
      AND NOT EXISTS (
        SELECT FROM subscribers_suppression x WHERE x.address_hash = r.address_hash)
  )
FROM recorded
"""
PREPARE = f"""
SET plan_cache_mode = force_generic_plan;
PREPARE newsroom_record (bigint[], int[], int[], bigint[], bigint, bigint) AS {_RULES}
"""
EXECUTE = "EXECUTE newsroom_record (%s::bigint[], %s::int[], %s::int[], %s::bigint[], %s, %s)"
# The same, planned each time: behind a pooler that gives each transaction another connection.
_TYPES = ("bigint[]", "int[]", "int[]", "bigint[]", "bigint", "bigint")
UNPREPARED = reduce(
    lambda sql, place: sql.replace(f"${place}", f"%s::{_TYPES[place - 1]}"), range(1, 7), _RULES
)
_prepared: WeakSet[object] = WeakSet()


def record_statement() -> str:
    """Return the statement that records many leases; unless pooled, PREPARE has to be run first."""
    return UNPREPARED if settings.POOLED_BY_TRANSACTION else EXECUTE


def execute_values(records: Sequence[ProgressRecord], *, dispatch: int, briefing: int) -> list[Any]:
    """Return the values of `EXECUTE`: an array for each field, then what all records share.

    The arrays are literals, because PostgreSQL plans an array constructor element by element.
    """
    return [
        _array([record.lease for record in records]),
        _array([record.begun for record in records]),
        _array([record.settled for record in records]),
        _array([record.subscriber for record in records]),
        dispatch,
        briefing,
    ]


def _array(numbers: Sequence[int | None]) -> str:
    return f"{{{','.join(['NULL' if n is None else str(n) for n in numbers])}}}"


def read_permits(
    records: Sequence[ProgressRecord], rows: Sequence[tuple[int, bool, bool]]
) -> dict[int, Permit]:
    """Return the permits in the rows of `EXECUTE`: lease, dispatch is sending, may be mailed.

    A lease without a row is closed.
    """
    found = {lease: (sending, mailable) for lease, sending, mailable in rows}
    return {record.lease: _permit(found.get(record.lease)) for record in records}


def _record_many(
    records: Sequence[ProgressRecord], *, dispatch: int, briefing: int
) -> dict[int, Permit]:
    with connection.cursor() as cursor:
        if connection.connection not in _prepared and not settings.POOLED_BY_TRANSACTION:
            cursor.execute(PREPARE)
            _prepared.add(connection.connection)
        cursor.execute(
            record_statement(), execute_values(records, dispatch=dispatch, briefing=briefing)
        )
        return read_permits(records, cursor.fetchall())


def _permit(found: tuple[bool, bool] | None) -> Permit:
    match found:
        case None:
            return Permit.FENCED
        case (False, _):
            return Permit.STOP
        case (True, False):
            return Permit.SKIP
        case _:
            return Permit.GO
