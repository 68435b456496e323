"""Many connections record progress at once, and none waits for the rows of another."""

from __future__ import annotations

import asyncio
import random
import time

import pytest
from django.db import connection
from django.utils import timezone

from subscribers.models import Dispatch, Lease
from subscribers.sending import lease_progress, leases
from subscribers.sending.async_postgres import AsyncConnection
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


async def plans_of_records(number: int) -> tuple[int, int]:
    """Write records; return how many reused the plan, and how many were planned again."""
    opened = await AsyncConnection.open(prepare=lease_progress.PREPARE, seconds=60)
    try:
        for begun in range(1, number + 1):
            record = ProgressRecord(1, begun=begun, settled=begun - 1, subscriber=begun)
            values = lease_progress.execute_values([record], dispatch=1, briefing=1)
            await opened.fetch(lease_progress.EXECUTE, values, seconds=60)
        counts = "SELECT generic_plans, custom_plans FROM pg_prepared_statements"
        [(reused, planned_again)] = await opened.fetch(counts, (), seconds=60)
    finally:
        opened.close()
    return reused, planned_again


@pytest.mark.postgres
@pytest.mark.django_db
def test_records_are_planned_once() -> None:
    # To plan a small batch takes longer than to run it, and each email waits for its record.
    assert asyncio.run(plans_of_records(10)) == (10, 0)
