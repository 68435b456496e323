"""A backup is made in the middle of a dispatch; restored elsewhere, it sends nothing twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.db import connection

from subscribers.models import DispatchState
from tests.faults.hosts import Newsroom
from tests.faults.issues import is_sent, make_due_issue
from tests.servers.processes import wait_until
from tests.servers.programs import manage
from tests.servers.redis import RedisServer
from tests.servers.smtp import SmtpServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

READERS = 300
# Steps that would send something; beat has workers take several of them every few seconds.
STEPS = 6
DELIVERIES = "SELECT state, count(*) FROM subscribers_delivery GROUP BY state"


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(url)) as database, database.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def succeed(*words: str, env: dict[str, str]) -> Any:
    done = manage(*words, "--json", env=env, seconds=600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.takes(seconds=30)
def test_nobody_gets_a_second_email_from_a_newsroom_restored_on_a_new_machine(  # noqa: PLR0917  (fixtures)
    smtp_server: SmtpServer,
    own_redis: RedisServer,
    new_database: Callable[[], str],
    start_newsroom: Callable[..., Newsroom],
    program_environment: Callable[..., dict[str, str]],
    tmp_path: Path,
    tell: Callable[[object], None],
) -> None:
    make_due_issue(readers=READERS)
    media = tmp_path / "var" / "media" / "issues" / "a.png"
    media.parent.mkdir(parents=True)
    media.write_bytes(b"a picture")
    smtp_server.delay(0.04)
    first = start_newsroom(EMAIL_URL=smtp_server.url)
    smtp_server.wait_for_count(READERS // 6, seconds=240)
    smtp_server.clear_rules()
    smtp_server.delay(10)  # so that the dispatch lasts for longer than the backup
    backup = succeed("backup", env=program_environment())
    assert not is_sent()
    smtp_server.clear_rules()
    wait_until(is_sent, seconds=120, what="the dispatch")
    first.kill_everything()
    assert smtp_server.received().total() == READERS

    # Nothing but the backup reaches the new machine, and it is younger than LATE_WINDOW.
    url = new_database()
    env = program_environment(
        DATABASE_URL=url, REDIS_URL=own_redis.url(), VAR_DIR=str(tmp_path / "new")
    )
    restored = succeed("restore", backup["path"], env=env)
    assert restored["differences"] == []
    assert restored["rows"] == backup["rows"]
    assert (tmp_path / "new" / "media" / "issues" / "a.png").read_bytes() == b"a picture"
    counts = dict(rows(url, DELIVERIES))
    assert sum(counts.values()) == READERS
    assert counts.get("sent", 0) < READERS

    counter = "SELECT counter FROM newsroom_databaseepoch"
    [[before]] = rows(url, counter)
    start_newsroom(DATABASE_URL=url, REDIS_URL=own_redis.url(), EMAIL_URL=smtp_server.url)
    wait_until(
        lambda: len(smtp_server) > READERS or rows(url, counter)[0][0] >= before + STEPS,
        seconds=120,
        what="workers that look for work, or an email",
    )

    assert max(smtp_server.received().values()) == 1
    assert smtp_server.received().total() == READERS
    assert rows(url, "SELECT state FROM subscribers_dispatch") == [(DispatchState.HELD.value,)]
    connection.close()
    tell(f"{counts} in a backup of {backup['bytes'] // 1024} kB")
