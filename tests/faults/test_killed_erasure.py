"""A worker is killed while it erases somebody from a list: another finishes the work."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from subscribers.lists import uploaded_lists
from subscribers.models import ImportPart, ImportState, PartKind, SubscriberImport
from subscribers.privacy import list_erasure
from tests.factories import make_briefing, make_reader
from tests.faults.test_killed_import import held_up
from tests.servers.processes import wait_until
from tests.servers.programs import CeleryBeat, CeleryWorker
from tests.subscribers.lists.list_files import EVIDENCE_OPTIONS, make_csv
from tests.subscribers.subscriber_lives import every_value, owner_link

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
WHO = "adelheid.quill@example.org"
ROWS = 30_000


def upload(name: str) -> None:
    rows = [[f"r{number}@example.org", "Somebody", "x" * 80] for number in range(ROWS)]
    rows.insert(ROWS // 2, [WHO, "Adelheid Quillfeather", "first"])
    data = make_csv(["email", "name", "note"], *rows, ["nobody", "Adelheid", f"of {WHO}"])
    uploaded_lists.store_upload(
        io.BytesIO(data),
        name=name,
        size=len(data),
        briefing=make_briefing(),
        options=EVIDENCE_OPTIONS,
        by=None,
    )
    # As if a worker had checked it: nothing else is waiting for a worker.
    SubscriberImport.objects.update(state=ImportState.CHECKED)


def traces() -> set[str]:
    return {
        column
        for column, values in every_value().items()
        if any("adelheid" in value.lower() for value in values)
    }


def lists_left() -> int:
    return SubscriberImport.objects.with_people_to_erase().count()


def test_a_person_is_gone_from_all_lists_although_workers_die_and_wake_ups_are_lost(
    celery_worker: Callable[..., CeleryWorker], celery_beat: Callable[..., CeleryBeat]
) -> None:
    for name in ("first.csv", "adelheid quillfeather.csv"):
        upload(name)
    reader = make_reader(of=make_briefing(), email=WHO, name="Adelheid Quillfeather").subscriber
    answer = Client().post(f"{owner_link(reader)}erase/")
    assert "has been erased" in answer.content.decode()
    assert traces() == {"subscribers_importpart.data"}
    assert lists_left() == 2

    # One worker dies when it has read the first list and is about to change it.
    list_erasure.wake_eraser()
    worker = celery_worker("--pool", "solo", ready=False)
    with held_up("SELECT 1 FROM subscribers_subscriberimport FOR UPDATE"):
        worker.kill()
    assert traces() == {"subscribers_importpart.data"}
    assert lists_left() == 2

    # Another is woken by beat alone, because the task of the first one is not given out again soon.
    celery_beat()
    celery_worker("--pool", "solo", ready=False)
    wait_until(lambda: not lists_left(), seconds=180, what="the lists to be searched")
    wait_until(
        lambda: not SubscriberImport.objects.waiting(at=timezone.now()).exists(),
        seconds=120,
        what="the lists to be checked again",
    )
    assert traces() == set()
    for one in SubscriberImport.objects.all():
        text = b"".join(uploaded_lists.read_parts(one, PartKind.FILE)).decode()
        assert text.count("@example.org") == ROWS
        assert text.count("\r\n") == ROWS + 3  # every other row keeps its line
    assert ImportPart.objects.exists()
