"""The database and the broker stop and come back during a dispatch."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import redis
from django.db import connection

from tests.faults.hosts import LEASE_SECONDS, Newsroom
from tests.faults.issues import is_sent, make_due_issue
from tests.faults.received_emails import check_count
from tests.servers.postgres import PostgresServer
from tests.servers.processes import wait_until
from tests.servers.redis import RedisServer
from tests.servers.smtp import SmtpServer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.takes(seconds=36),
]

READERS = 2_400
OUTAGE_SECONDS = LEASE_SECONDS + 2.0


def test_a_dispatch_survives_its_database_and_its_broker(
    own_database: PostgresServer,
    own_redis: RedisServer,
    smtp_server: SmtpServer,
    start_newsroom: Callable[..., Newsroom],
    tell: Callable[[object], None],
) -> None:
    make_due_issue(readers=READERS)
    # Half of the readers are refused, so that progress records have outcomes too.
    smtp_server.answer("550 5.1.1 nobody here", to="reader*[13579]@example.com")
    smtp_server.delay(0.04)
    newsroom = start_newsroom(EMAIL_URL=smtp_server.url, REDIS_URL=own_redis.url())

    def more_emails(number: int) -> None:
        smtp_server.wait_for_count(len(smtp_server) + number, seconds=60)

    more_emails(100)
    own_database.kill()
    own_database.start()
    more_emails(100)
    own_database.shut_down()
    time.sleep(OUTAGE_SECONDS)  # longer than a lease
    own_database.start()
    more_emails(100)
    own_redis.kill()
    time.sleep(1)
    own_redis.start()
    more_emails(100)
    with redis.Redis.from_url(own_redis.url()) as broker:
        broker.flushall()
    more_emails(100)
    connection.close()  # it was cut
    assert not is_sent()
    # The power fails; only the mail server, in another building, runs on.
    own_database.kill()
    newsroom.kill_everything()
    own_redis.kill()
    connection.close()
    own_database.start()
    own_redis.start()
    newsroom.revive()
    wait_until(is_sent, seconds=90, what="the dispatch")
    # A host that wakes up late, as on a busy machine, loses its leases to the other: then the
    # outcome of the current email of each of its connections is unknown.
    tell(check_count(smtp_server, readers=READERS, refused=READERS // 2))
