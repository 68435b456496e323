"""A worker and beat that start while PostgreSQL is down wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pytest

from tests.servers.postgres import PostgresServer
from tests.servers.processes import Process, wait_until
from tests.servers.programs import CeleryBeat, CeleryWorker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def waits(program: Process) -> bool:
    return "waiting for the database: " in program.output


def test_worker_and_beat_wait_for_a_database_that_starts_later(
    own_database: PostgresServer,
    celery_worker: Callable[..., CeleryWorker],
    celery_beat: Callable[..., CeleryBeat],
) -> None:
    url = own_database.url()
    own_database.kill()
    worker = celery_worker(ready=False, DATABASE_URL=url)
    beat = celery_beat("--loglevel", "INFO", DATABASE_URL=url)
    for program in (worker, beat):
        wait_until(partial(waits, program), seconds=30, what="a program that waits")
    time.sleep(2)
    assert worker.is_running()
    assert beat.is_running()
    own_database.start()
    worker.wait_until_ready()
    wait_until(lambda: "beat: Starting" in beat.output, seconds=30, what="beat")
