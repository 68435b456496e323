"""Many connections record progress at once, and none waits for the rows of another."""

from __future__ import annotations

import asyncio
import random
import time

import pytest
from django.db import connection
from django.utils import timezone

from subscribers.models import Dispatch, Lease
from subscribers.sending import leases
from subscribers.sending.lease_progress import ProgressRecord
from subscribers.sending.ledger_writer import LedgerWriter
from subscribers.sending.transport_interface import Permit
from tests.subscribers.sending.sending_setup import make_sending

CONNECTIONS = 24


def deadlocks() -> int:
    """Return how many deadlocks PostgreSQL has seen in this database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        [number] = cursor.fetchone()
    return int(number)


def make_old_leases(dispatch: Dispatch, *, number: int) -> None:
    """Make the table large enough for PostgreSQL to find leases by the index on their id."""
    now = timezone.now()
    old = {"holder": "gone", "size": 1, "first": 1, "last": 1, "expires_at": now, "closed_at": now}
    Lease.objects.bulk_create(Lease(dispatch=dispatch, **old) for _ in range(number))
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {Lease._meta.db_table}")


async def record_and_renew(dispatch: Dispatch, leases: list[int], *, seconds: float) -> set[Permit]:
    """Record all leases again and again in any order, and renew them at the same time."""
    writer = LedgerWriter(
        dispatch=dispatch.pk, briefing=dispatch.issue.briefing_id, holder="a test"
    )
    ends = time.monotonic() + seconds
    permits: set[Permit] = set()

    async def record() -> None:
        while time.monotonic() < ends:
            shuffled = random.sample(leases, len(leases))
            records = [ProgressRecord(lease, begun=1, settled=1) for lease in shuffled]
            permits.update(await asyncio.gather(*map(writer.record, records)))

    async def renew() -> None:
        while time.monotonic() < ends:
            await writer.renew(random.sample(leases, len(leases)))

    await asyncio.gather(record(), renew())
    await writer.close()
    return permits


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_renewals_and_records_never_deadlock() -> None:
    dispatch = make_sending(readers=CONNECTIONS)
    make_old_leases(dispatch, number=5_000)
    taken = leases.take(dispatch.pk, holder="a test", sizes=[1] * CONNECTIONS)
    before = deadlocks()
    taken_leases = [leased.lease for leased in taken]
    assert asyncio.run(record_and_renew(dispatch, taken_leases, seconds=2)) == {Permit.GO}
    assert deadlocks() == before
