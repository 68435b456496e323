"""Rate limits of forms while the cache is unreachable."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache.backends.redis import RedisCache
from django.test import Client
from django.utils import timezone
from kombu import Connection
from kombu.exceptions import OperationalError

from newsroom import form_guard, proof_of_work, rate_limits
from newsroom.rate_limits import HOUR, count_within, is_first_within, is_over_hourly_limit
from tests.factories import make_briefing, make_reader
from tests.sent_emails import emails_sent_to
from tests.servers.processes import free_port
from tests.subscribers.signup.test_form_limits import needs_proof_of_work, post, solve

ADA = "ada@example.org"


@pytest.fixture(autouse=True)
def unreachable_cache(monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisCache]:
    """Replace the cache with one on a port where nothing listens."""
    cache = RedisCache(f"redis://127.0.0.1:{free_port()}/0", {})
    monkeypatch.setattr(rate_limits, "cache", cache)
    yield cache
    rate_limits._process_cache.clear()
    rate_limits._breaker.close()


def test_a_process_counts_by_itself() -> None:
    now = timezone.now()
    assert [count_within("x", "ada", window=HOUR, at=now) for _ in range(3)] == [1, 2, 3]
    assert [is_first_within(HOUR, "y", "ada") for _ in range(2)] == [True, False]
    assert [is_over_hourly_limit("z", ip="203.0.113.7", limit=1, at=now) for _ in "ab"] == [0, 1]
    assert count_within("x", "bob", window=HOUR, at=now + timedelta(minutes=1)) == 1


def test_the_cache_is_tried_again_after_some_seconds(
    monkeypatch: pytest.MonkeyPatch, unreachable_cache: RedisCache
) -> None:
    attempts: list[str] = []

    def refuse(*_: Any, **__: Any) -> bool:
        attempts.append("add")
        raise ConnectionError

    monkeypatch.setattr(unreachable_cache, "add", refuse)
    is_first_within(HOUR, "a", "ada")
    is_first_within(HOUR, "b", "ada")
    assert len(attempts) == 1
    later = time.monotonic() + rate_limits._breaker.seconds
    monkeypatch.setattr(time, "monotonic", lambda: later)
    is_first_within(HOUR, "c", "ada")
    assert len(attempts) == 2


@pytest.mark.postgres  # and so with Redis as the broker
def test_an_unreachable_broker_does_not_delay_pages(settings: Any) -> None:
    began = time.monotonic()
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    with (
        Connection(f"redis://127.0.0.1:{free_port()}/0", transport_options=options) as broker,
        pytest.raises(OperationalError),
    ):
        broker.default_channel  # noqa: B018  (every message that is sent reads it)
    assert time.monotonic() - began < 1


@pytest.mark.django_db
def test_an_address_still_gets_one_link_an_hour(client: Client) -> None:
    make_reader(of=make_briefing(), email=ADA)
    for _ in range(3):
        assert client.post("/preferences/", {"address": ADA}).status_code == 200
    assert len(emails_sent_to(ADA)) == 1


@pytest.mark.django_db
def test_the_proof_of_work_is_still_asked_for_and_spent_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(proof_of_work, "ITERATIONS", 1)
    monkeypatch.setattr(proof_of_work, "KEYS_TO_DERIVE", (1, 5))
    monkeypatch.setattr(form_guard, "FREE_PER_NETWORK", 6)
    make_briefing(slug="ward-round")
    for number in range(form_guard.FREE_PER_NETWORK):
        assert post(number).status_code == 200
    asked = post(99)
    assert needs_proof_of_work(asked)
    solution = solve(asked.context["challenge"])
    assert post(99, altcha=solution).status_code == 200
    assert needs_proof_of_work(post(98, altcha=solution))
