"""A database that is restored from a backup sends nothing of before until a person has decided."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from briefings.models import Issue, IssueState
from newsroom.models import DatabaseEpoch
from subscribers.models import Delivery, DeliveryState, Dispatch, DispatchState
from tests.faults.hosts import Newsroom
from tests.faults.issues import is_sent, make_due_issue
from tests.servers.postgres import PostgresServer
from tests.servers.processes import wait_until
from tests.servers.programs import CeleryBeat, CeleryWorker, environment, manage, run
from tests.servers.redis import RedisServer
from tests.servers.smtp import SmtpServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

READERS = 400
# Steps that would send something; beat has workers take several of them every few seconds.
STEPS = 6


def steps() -> int:
    return sum(DatabaseEpoch.objects.values_list("counter", flat=True))


class RestorableNewsroom:
    """A newsroom on servers of its own, whose database can be restored from a backup."""

    def __init__(
        self,
        database: PostgresServer,
        broker: RedisServer,
        start: Callable[..., Newsroom],
        smtp_server: SmtpServer,
    ) -> None:
        self.database, self.broker, self.smtp_server = database, broker, smtp_server
        self._start = start

    def start(self) -> None:
        self.programs = self._start(EMAIL_URL=self.smtp_server.url, REDIS_URL=self.broker.url())

    def wait_until_sent(self) -> None:
        wait_until(is_sent, seconds=120, what="the dispatch")

    def stop_and_restore(self, backup: bytes) -> None:
        self.programs.kill_everything()
        connection.close()
        self.database.restore(backup)

    def lose_redis(self) -> None:
        self.broker.kill()
        self.broker.start()

    def wait_for_chances_to_send(self, *, emails: int) -> None:
        """Wait until workers have looked for work, or have sent more than these emails."""
        before = steps()
        wait_until(
            lambda: len(self.smtp_server) > emails or steps() >= before + STEPS,
            seconds=120,
            what="workers that look for work, or an email",
        )


@pytest.fixture
def newsroom(
    own_database: PostgresServer,
    own_redis: RedisServer,
    start_newsroom: Callable[..., Newsroom],
    smtp_server: SmtpServer,
) -> RestorableNewsroom:
    return RestorableNewsroom(own_database, own_redis, start_newsroom, smtp_server)


def lose_files(folder: Path) -> None:
    for copy in folder.glob("*/epoch/database.json"):
        copy.unlink()


def restored(*words: str, env: dict[str, str]) -> str:
    done = manage("restored", *words, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.takes(seconds=35)
def test_what_was_sent_after_the_backup_is_not_sent_again(
    newsroom: RestorableNewsroom,
    smtp_server: SmtpServer,
    program_environment: Callable[..., dict[str, str]],
    tell: Callable[[object], None],
) -> None:
    make_due_issue(readers=READERS)
    smtp_server.delay(0.04)
    newsroom.start()
    smtp_server.wait_for_count(READERS // 4, seconds=120)
    backup = newsroom.database.back_up()
    newsroom.wait_until_sent()
    assert len(smtp_server) == READERS

    newsroom.stop_and_restore(backup)
    newsroom.programs.revive()
    newsroom.wait_for_chances_to_send(emails=READERS)

    assert len(smtp_server) == READERS
    dispatch = Dispatch.objects.get()
    assert dispatch.state == DispatchState.HELD
    env = program_environment(REDIS_URL=newsroom.broker.url())
    [waiting] = json.loads(restored("--json", env=env))["waiting"]
    assert waiting["name"] == f"dispatch:{dispatch.pk}"
    assert 0 < waiting["numbers"]["left"] < READERS

    restored("--give-up", waiting["name"], env=env)
    newsroom.wait_for_chances_to_send(emails=READERS)

    assert max(smtp_server.received().values()) == 1
    assert smtp_server.received().total() == READERS
    dispatch.refresh_from_db()
    assert dispatch.state == DispatchState.SENT
    unknown = Delivery.objects.filter(state=DeliveryState.UNKNOWN).count()
    sent = Delivery.objects.filter(state=DeliveryState.SENT).count()
    assert unknown >= waiting["numbers"]["left"]
    assert sent + unknown == READERS
    tell(f"{sent} of {READERS} known to be sent before the backup, {unknown} unknown")


@pytest.mark.takes(seconds=15)
def test_an_issue_that_was_scheduled_in_the_backup_waits_for_a_person(
    newsroom: RestorableNewsroom, smtp_server: SmtpServer
) -> None:
    make_due_issue(readers=3)
    backup = newsroom.database.back_up()
    newsroom.start()
    newsroom.wait_until_sent()

    newsroom.stop_and_restore(backup)
    newsroom.programs.revive()
    newsroom.wait_for_chances_to_send(emails=3)

    assert smtp_server.received().total() == 3
    assert Issue.objects.get().state == IssueState.APPROVED
    assert not Dispatch.objects.exists()


@pytest.mark.takes(seconds=19)
def test_a_running_newsroom_notices_that_its_database_was_replaced(
    newsroom: RestorableNewsroom, smtp_server: SmtpServer
) -> None:
    make_due_issue(readers=3)
    backup = newsroom.database.back_up()
    newsroom.start()
    newsroom.wait_until_sent()

    connection.close()
    newsroom.database.shut_down()
    newsroom.database.start()
    newsroom.database.restore(backup)
    newsroom.wait_for_chances_to_send(emails=3)

    assert smtp_server.received().total() == 3
    assert Issue.objects.get().state == IssueState.APPROVED


@pytest.mark.parametrize("lost", ["Redis", "VAR_DIR"])
def test_the_other_copy_is_enough(
    lost: str, newsroom: RestorableNewsroom, smtp_server: SmtpServer, tmp_path: Path
) -> None:
    make_due_issue(readers=3)
    backup = newsroom.database.back_up()
    newsroom.start()
    newsroom.wait_until_sent()
    newsroom.stop_and_restore(backup)
    if lost == "Redis":
        newsroom.lose_redis()
    else:
        lose_files(tmp_path)
    newsroom.programs.revive()
    newsroom.wait_for_chances_to_send(emails=3)

    assert smtp_server.received().total() == 3
    assert Issue.objects.get().state == IssueState.APPROVED


@pytest.mark.takes(seconds=18)
def test_lost_copies_stop_nothing(
    newsroom: RestorableNewsroom, smtp_server: SmtpServer, tmp_path: Path
) -> None:
    make_due_issue(readers=READERS)
    smtp_server.delay(0.04)
    newsroom.start()
    smtp_server.wait_for_count(READERS // 4, seconds=120)
    newsroom.programs.kill_everything()
    newsroom.lose_redis()
    lose_files(tmp_path)
    newsroom.programs.revive()

    newsroom.wait_until_sent()

    assert max(smtp_server.received().values()) == 1


MAKE_ISSUE = """
import django
django.setup()
from tests.faults.issues import make_due_issue
make_due_issue(readers=3)
"""
SENT = "SELECT count(*) FROM subscribers_dispatch WHERE state = 'sent'"
COUNTER = "SELECT coalesce(max(counter), 0) FROM newsroom_databaseepoch"


def read(file: Path, query: str) -> int:
    with closing(sqlite3.connect(file, timeout=20)) as database:
        [number] = database.execute(query).fetchone()
    return int(number)


@pytest.mark.takes(seconds=16)
def test_a_sqlite_file_that_is_copied_back_sends_nothing_again(
    smtp_server: SmtpServer, tmp_path: Path
) -> None:
    file = tmp_path / "var" / "newsroom.sqlite3"
    env = environment(
        DEBUG="true",
        DJANGO_SETTINGS_MODULE="newsroom.settings",
        EMAIL_URL=smtp_server.url,
        SITE_URL="http://news.example.com",
        VAR_DIR=str(file.parent),
    )
    for command in (("manage.py", "migrate"), ("-c", MAKE_ISSUE)):
        done = run(*command, env=env, seconds=120)
        assert done.returncode == 0, done.stderr

    def start_everything(name: str) -> None:
        """Run a worker and beat until an issue is sent, or until they had their chance."""
        before = read(file, COUNTER)
        worker = CeleryWorker("--pool", "solo", env=env, log=tmp_path / f"{name}.log", name=name)
        beat = CeleryBeat(env=env, log=tmp_path / f"{name}-beat.log")
        try:
            wait_until(
                lambda: read(file, SENT) > 0 or read(file, COUNTER) >= before + STEPS,
                seconds=180,
                what="a dispatch, or steps of workers",
            )
        finally:
            worker.kill()
            beat.kill()

    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    backup = file.read_bytes()
    start_everything("first")
    assert smtp_server.received().total() == 3

    for part in file.parent.glob("newsroom.sqlite3*"):
        part.unlink()
    file.write_bytes(backup)
    start_everything("second")

    assert smtp_server.received().total() == 3
    assert read(file, "SELECT count(*) FROM subscribers_helditem") == 1
