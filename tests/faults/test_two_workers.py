"""Two worker processes, a real broker, a real mail server, and a worker that is killed."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.utils import timezone

from briefings.models import Briefing
from subscribers.engine import dispatching
from subscribers.management.commands.seed_subscribers import seed_batch
from subscribers.models import Delivery, DeliveryState, Dispatch, DispatchState
from tests.factories import make_briefing, make_scheduled_issue
from tests.servers.processes import wait_until
from tests.servers.programs import CeleryBeat, CeleryWorker
from tests.servers.smtp import SmtpServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

READERS = 5_000
Worker = Callable[..., CeleryWorker]
Beat = Callable[..., CeleryBeat]


def make_due_issue(*, readers: int) -> Briefing:
    briefing = make_briefing(title="The Ward Round", slug="ward-round")
    for start in range(1, readers + 1, 2_500):
        seed_batch(briefing, range(start, min(start + 2_500, readers + 1)))
    make_scheduled_issue(briefing=briefing, title="Council & mayor")
    return briefing


def is_sent() -> bool:
    return Dispatch.objects.filter(state=DispatchState.SENT).exists()


def count(state: DeliveryState) -> int:
    return Delivery.objects.filter(state=state).count()


def test_two_workers_send_an_issue_to_5000_readers_once_each(
    smtp_server: SmtpServer, celery_worker: Worker, celery_beat: Beat
) -> None:
    briefing = make_due_issue(readers=READERS)
    for _ in range(2):
        celery_worker(EMAIL_URL=smtp_server.url)
    celery_beat(EMAIL_URL=smtp_server.url)
    wait_until(is_sent, seconds=150, what="the dispatch")
    received = smtp_server.received()
    assert len(received) == READERS
    assert set(received.values()) == {1}
    assert count(DeliveryState.SENT) == READERS
    tokens = dict(briefing.subscriptions.values_list("subscriber__address", "token"))
    message_ids = set()
    for letter in smtp_server.letters():
        message = letter.message
        assert not message.defects
        [address] = letter.recipients
        assert message["To"].addresses[0].addr_spec == address
        assert tokens[address] in message["List-Unsubscribe"]
        assert tokens[address] in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one
        message_ids.add(message["Message-ID"])
    assert len(message_ids) == READERS


def test_a_killed_worker_doubles_nobody_and_leaves_nobody_out(
    smtp_server: SmtpServer, celery_worker: Worker, celery_beat: Beat
) -> None:
    make_due_issue(readers=READERS)
    facts = {"EMAIL_URL": smtp_server.url, "LEASE_SECONDS": "5", "SEND_CONNECTIONS": "4"}
    victim = celery_worker(**facts)
    celery_worker(**facts)
    celery_beat(**facts)
    smtp_server.wait_for(READERS // 5, seconds=60)
    victim.kill()
    wait_until(is_sent, seconds=150, what="the dispatch")
    received = smtp_server.received()
    assert max(received.values()) == 1
    unknown = count(DeliveryState.UNKNOWN)
    assert unknown <= 4  # one for each connection of the dead worker
    assert count(DeliveryState.SENT) == READERS - unknown
    sent = Delivery.objects.filter(state=DeliveryState.SENT)
    missing = set(sent.values_list("subscriber__address", flat=True)) - set(received)
    assert missing == set()


def test_a_flushed_broker_only_costs_the_time_until_the_beat_looks(
    smtp_server: SmtpServer, celery_worker: Worker, celery_beat: Beat, redis_url: str
) -> None:
    import redis

    make_due_issue(readers=200)
    for dispatch in dispatching.publish_due(at=timezone.now()):
        dispatching.begin(dispatch, at=timezone.now())
    with redis.Redis.from_url(redis_url) as broker:
        broker.flushall()
    celery_worker(EMAIL_URL=smtp_server.url)
    celery_beat(EMAIL_URL=smtp_server.url)
    wait_until(is_sent, seconds=60, what="the dispatch")
    assert set(smtp_server.received().values()) == {1}
    assert len(smtp_server) == 200


def test_pausing_stops_the_letters_within_two_seconds(
    smtp_server: SmtpServer, celery_worker: Worker, celery_beat: Beat
) -> None:
    make_due_issue(readers=2_000)
    celery_worker(EMAIL_URL=smtp_server.url, SEND_RATE="200")
    celery_beat(EMAIL_URL=smtp_server.url)
    smtp_server.wait_for(100, seconds=60)
    dispatch = Dispatch.objects.get()
    dispatch.pause(by=None)
    time.sleep(2)
    stopped_at = len(smtp_server)
    time.sleep(2)
    assert len(smtp_server) == stopped_at < 2_000
    dispatch.resume(by=None)
    wait_until(is_sent, seconds=60, what="the dispatch")
    assert set(smtp_server.received().values()) == {1}
    assert len(smtp_server) == 2_000
