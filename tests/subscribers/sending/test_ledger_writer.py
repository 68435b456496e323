"""The clerk's books: many connections tell at once, and none waits for another's row."""

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
    """Ask the server how many it has seen in this database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        [number] = cursor.fetchone()
    return int(number)


def make_old_leases(dispatch: Dispatch, *, number: int) -> None:
    """Let the table be as large as it is, so that leases are found by their numbers."""
    now = timezone.now()
    old = {"holder": "gone", "size": 1, "first": 1, "last": 1, "expires_at": now, "closed_at": now}
    Lease.objects.bulk_create(Lease(dispatch=dispatch, **old) for _ in range(number))
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {Lease._meta.db_table}")


async def record_and_renew(dispatch: Dispatch, leases: list[int], *, seconds: float) -> set[Permit]:
    """Record all leases over and over in any order while their end is put off over and over."""
    clerk = LedgerWriter(dispatch=dispatch.pk, briefing=dispatch.issue.briefing_id, holder="a test")
    ends = time.monotonic() + seconds
    verdicts: set[Permit] = set()

    async def record() -> None:
        while time.monotonic() < ends:
            shuffled = random.sample(leases, len(leases))
            entries = [ProgressRecord(lease, begun=1, settled=1) for lease in shuffled]
            verdicts.update(await asyncio.gather(*map(clerk.record, entries)))

    async def renew() -> None:
        while time.monotonic() < ends:
            await clerk.renew(random.sample(leases, len(leases)))

    await asyncio.gather(record(), renew())
    await clerk.close()
    return verdicts


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_heartbeat_and_the_records_never_wait_for_one_another() -> None:
    dispatch = make_sending(readers=CONNECTIONS)
    make_old_leases(dispatch, number=5_000)
    taken = leases.take(dispatch.pk, holder="a test", sizes=[1] * CONNECTIONS)
    before = deadlocks()
    taken_leases = [leased.lease for leased in taken]
    assert asyncio.run(record_and_renew(dispatch, taken_leases, seconds=2)) == {Permit.GO}
    assert deadlocks() == before
