"""The cache in Redis: its client is kept, and emptying the pages leaves all else alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from newsroom.redis_cache import RedisCache
from tests.servers.redis import RedisServer


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    server = RedisServer()
    yield server
    server.stop()


def cache(redis: RedisServer, prefix: str = "") -> RedisCache:
    return RedisCache(redis.url(), {"KEY_PREFIX": prefix})


def test_one_client_serves_all_commands(redis: RedisServer) -> None:
    store = cache(redis)
    store.set("one", 1)
    assert store.get_many(["one", "two"]) == {"one": 1}
    assert store._cache.get_client("one") is store._cache.get_client("two", write=True)


def test_emptying_the_pages_leaves_counts_and_tasks(redis: RedisServer) -> None:
    pages, counts = cache(redis, "pages"), cache(redis)
    pages.set_many({f"page.{number}": b"x" for number in range(30)})
    counts.set("attempts", 3)
    broker = pages._cache.get_client()
    broker.lpush("celery", "a task")
    pages.clear()
    assert pages.get("page.7") is None
    assert counts.get("attempts") == 3
    assert broker.llen("celery") == 1
