"""A worker is killed during an import: nobody is subscribed, and another worker imports all."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from newsroom.models import AuditLogEntry
from subscribers.lists import uploaded_lists
from subscribers.models import (
    ConsentRecord,
    ImportPart,
    ImportState,
    PartKind,
    Subscriber,
    SubscriberImport,
    Subscription,
)
from subscribers.models.subscriber_import import IMPORT_TIMEOUT
from tests.factories import make_briefing
from tests.servers.processes import wait_until
from tests.servers.programs import CeleryWorker
from tests.subscribers.lists.list_files import EVIDENCE_OPTIONS, make_csv

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROWS = 30_000  # several batches


@contextmanager
def held_up(lock: str) -> Iterator[None]:
    """Hold a lock that a worker needs next; enter the block once it waits for it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(lock)
        wait_until(is_somebody_waiting, seconds=30, what="the worker to come so far")
        yield


def is_somebody_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # or a transaction sees one moment only
        cursor.execute(
            "SELECT COUNT(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


def look() -> SubscriberImport:
    return SubscriberImport.objects.get()


def start(celery_worker: Callable[..., CeleryWorker]) -> CeleryWorker:
    """Start a worker after the one before has timed out."""
    SubscriberImport.objects.filter(heard_at__isnull=False).update(
        heard_at=timezone.now() - IMPORT_TIMEOUT - timedelta(seconds=1)
    )
    claim = look().claim
    uploaded_lists.wake_worker()
    worker = celery_worker("--pool", "solo", ready=False)
    worker.wait_until(lambda: look().claim > claim, what="the list to be taken")
    return worker


def test_a_list_is_imported_whole_or_not_at_all_whenever_its_worker_dies(
    celery_worker: Callable[..., CeleryWorker],
) -> None:
    data = make_csv(["email"], *([f"r{number}@example.org"] for number in range(ROWS)), ["nobody"])
    uploaded_lists.store_upload(
        io.BytesIO(data),
        name="list.csv",
        size=len(data),
        briefing=make_briefing(),
        options=EVIDENCE_OPTIONS,
        by=None,
    )
    uploaded_lists.process(look())
    look().begin(by=None)

    # While it reads and records progress; then while it writes, after the subscribers.
    for moment in (
        "SELECT 1 FROM subscribers_subscriberimport FOR UPDATE",
        "LOCK TABLE subscribers_consentrecord IN SHARE MODE",
    ):
        worker = start(celery_worker)
        with held_up(moment):
            worker.kill()
        assert look().state == ImportState.IMPORTING
        for model in (Subscriber, Subscription, ConsentRecord):
            assert not model.objects.exists()
        assert ImportPart.objects.filter(kind=PartKind.FILE).exists()
        assert not SubscriberImport.objects.waiting(at=timezone.now()).exists()  # not yet

    start(celery_worker)
    wait_until(lambda: not look().is_working, seconds=60, what="the list")
    subscriber_import = look()
    assert (subscriber_import.state, subscriber_import.claim) == (
        ImportState.DONE,
        4,
    )  # the check, two workers that died, and the last one
    assert (subscriber_import.figures["new"], subscriber_import.figures["refused"]) == (ROWS, 1)
    for model in (Subscriber, Subscription, ConsentRecord):
        assert model.objects.count() == ROWS
    assert AuditLogEntry.objects.filter(verb="imported subscribers").count() == 1
    assert {part.kind for part in ImportPart.objects.all()} == {PartKind.REFUSED}
