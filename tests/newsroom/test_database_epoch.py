"""A database is compared with copies of its epoch outside it, and notices that it was restored."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from newsroom import database_epoch
from newsroom.models import DatabaseEpoch, OutgoingEmail
from tests.briefings.admin_client import make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path


@pytest.fixture
def with_redis(settings: Any) -> None:
    """Keep the second copy in the cache, whatever that is in this run."""
    settings.REDIS_URL = settings.REDIS_URL or "redis://127.0.0.1/0"


def advance(*, times: int = 1) -> DatabaseEpoch:
    for _ in range(times):
        database_epoch.advance(at_once=True)
    return DatabaseEpoch.objects.get()


def restore(backup: DatabaseEpoch) -> None:
    DatabaseEpoch.objects.all().delete()
    backup.save(force_insert=True)


def is_held() -> bool:
    database_epoch.advance(at_once=True)
    return database_epoch.restored_epoch() is not None


def test_the_counter_grows_and_a_copy_of_it_lies_outside_the_database(folder: Path) -> None:
    first = advance()
    second = advance()
    assert second.name == first.name
    assert second.counter == first.counter + 1
    copy = json.loads((folder / "epoch" / "database.json").read_text())
    assert copy == {"name": second.name, "counter": second.counter}


def test_a_database_that_is_behind_its_copy_was_restored() -> None:
    backup = advance()
    advance(times=2)
    assert not is_held()
    restore(backup)
    assert is_held()


def test_a_database_with_another_name_was_restored() -> None:
    """It comes from before this feature, or from another installation."""
    advance(times=3)
    DatabaseEpoch.objects.all().delete()
    assert is_held()


@pytest.mark.parametrize("sent_before", [0, 3], ids=["nothing sent", "something sent"])
@pytest.mark.parametrize("has_copy", [True, False], ids=["same host", "new machine"])
def test_what_a_restore_does_last_is_enough_if_it_is_killed_next(
    folder: Path, sent_before: int, has_copy: bool
) -> None:
    """On a new machine, a backup of a minute ago looks like a database that goes on."""
    if sent_before:
        advance(times=sent_before)
    if not has_copy:
        database_epoch.forget_copies()
        cache.clear()
    with connection.cursor() as cursor:
        for statement in database_epoch.statements_of_a_restore(name="0123456789abcdef" * 2):
            cursor.execute(statement)
    assert is_held()


@pytest.mark.usefixtures("with_redis")
@pytest.mark.parametrize("lost", ["file", "cache", "nothing"])
def test_one_copy_is_enough(folder: Path, lost: str) -> None:
    backup = advance()
    advance(times=2)
    restore(backup)
    if lost == "file":
        (folder / "epoch" / "database.json").unlink()
    elif lost == "cache":
        cache.clear()
    assert is_held()


@pytest.mark.usefixtures("with_redis")
def test_lost_copies_prove_nothing(folder: Path) -> None:
    advance(times=3)
    (folder / "epoch" / "database.json").unlink()
    assert not is_held()
    cache.clear()
    assert not is_held()
    cache.clear()
    (folder / "epoch" / "database.json").unlink()
    assert not is_held()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"name": "x"}', '{"name": 1, "counter": "y"}'])
def test_a_broken_copy_counts_as_lost_and_is_replaced(folder: Path, content: str) -> None:
    advance()
    (folder / "epoch" / "database.json").write_text(content)
    assert not is_held()
    assert json.loads((folder / "epoch" / "database.json").read_text())["counter"] == 2


def test_a_folder_that_cannot_be_written_stops_nothing(settings: Any, folder: Path) -> None:
    settings.VAR_DIR = folder / "missing"
    assert advance(times=2).counter == 2
    assert not is_held()


@pytest.mark.usefixtures("with_redis")
def test_an_older_copy_of_another_host_proves_nothing(folder: Path) -> None:
    """Two hosts have their own folders and share Redis; one of them was off for a while."""
    advance()
    old = (folder / "epoch" / "database.json").read_text()
    advance(times=5)
    (folder / "epoch" / "database.json").write_text(old)
    assert not is_held()


@pytest.mark.usefixtures("with_redis")
def test_once_it_is_noticed_the_copies_of_other_hosts_raise_no_second_alarm(folder: Path) -> None:
    make_staff(username="root", email="root@news.example.com", is_superuser=True)
    backup = advance()
    advance(times=5)
    other_host = (folder / "epoch" / "database.json").read_text()
    advance(times=5)
    restore(backup)
    assert is_held()
    database_epoch.note_released()
    (folder / "epoch" / "database.json").write_text(other_host)
    assert not is_held()
    assert OutgoingEmail.objects.filter(name="database_restored").count() == 1


def test_a_database_on_a_new_machine_was_restored_if_it_was_silent_for_long(
    settings: Any, folder: Path
) -> None:
    advance(times=2)
    (folder / "epoch" / "database.json").unlink()
    cache.clear()
    silent_since = timezone.now() - timedelta(seconds=settings.LATE_WINDOW + 60)
    DatabaseEpoch.objects.update(advanced_at=silent_since)
    assert is_held()


def test_a_database_whose_copy_is_there_may_be_silent_for_as_long_as_it_likes() -> None:
    advance(times=2)
    DatabaseEpoch.objects.update(advanced_at=timezone.now() - timedelta(days=30))
    assert not is_held()


def test_a_database_that_was_moved_with_everything_stopped_is_not_held(folder: Path) -> None:
    moved = advance(times=3)
    DatabaseEpoch.objects.all().delete()
    moved.save(force_insert=True)
    assert not is_held()


def test_a_process_asks_at_most_once_in_a_while() -> None:
    database_epoch.advance()
    with CaptureQueriesContext(connection) as queries:
        for _ in range(500):
            database_epoch.advance()
    assert len(queries) == 0


def test_a_second_restore_raises_a_second_alarm() -> None:
    """Also if the backup was made while the first one still waited for decisions."""
    make_staff(username="root", email="root@news.example.com", is_superuser=True)
    backup = advance()
    advance(times=2)
    for _ in range(2):
        restore(backup)
        assert is_held()
        backup = DatabaseEpoch.objects.get()
        advance(times=2)
    assert OutgoingEmail.objects.filter(name="database_restored").count() == 2


def test_queued_emails_are_held_and_later_ones_are_not() -> None:
    make_staff(username="root", email="root@news.example.com", is_superuser=True)
    backup = advance()
    advance(times=2)
    OutgoingEmail.objects.create(name="confirm_signup", to="ada@example.com", subject="", text="")
    restore(backup)
    assert is_held()
    due = OutgoingEmail.objects.due(at=timezone.now())
    assert [email.name for email in due] == ["database_restored"]
    assert [email.name for email in OutgoingEmail.objects.held()] == ["confirm_signup"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_several_processes_that_notice_it_one_sends_the_alarm() -> None:
    make_staff(username="root", email="root@news.example.com", is_superuser=True)
    backup = advance()
    advance(times=5)
    restore(backup)

    def notice() -> None:
        try:
            database_epoch.advance(at_once=True)
        finally:
            connection.close()

    threads = [threading.Thread(target=notice) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert OutgoingEmail.objects.filter(name="database_restored").count() == 1
    assert not OutgoingEmail.objects.held().exists()
