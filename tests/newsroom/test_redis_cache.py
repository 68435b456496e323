"""The cache in Redis: its client is kept, and emptying it leaves all else alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from newsroom.redis_cache import RedisCache
from tests.servers.redis import RedisServer


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    server = RedisServer()
    yield server
    server.stop()


@pytest.fixture
def cache(redis: RedisServer) -> Iterator[Callable[[str], RedisCache]]:
    """Return a function that returns a cache whose keys have a prefix."""
    opened = []

    def open_cache(prefix: str) -> RedisCache:
        opened.append(RedisCache(redis.url(), {"KEY_PREFIX": prefix}))
        return opened[-1]

    yield open_cache
    for store in opened:  # or else its socket is closed later, and another test is blamed
        store._cache.get_client().connection_pool.disconnect()


def test_one_client_serves_all_commands(cache: Callable[[str], RedisCache]) -> None:
    store = cache("")
    store.set("one", 1)
    assert store.get_many(["one", "two"]) == {"one": 1}
    assert store._cache.get_client("one") is store._cache.get_client("two", write=True)


def test_emptying_a_cache_leaves_the_other_and_tasks(cache: Callable[[str], RedisCache]) -> None:
    pages, counts = cache("pages"), cache("")
    pages.set_many({f"page.{number}": b"x" for number in range(30)})
    counts.set("attempts", 3)
    broker = pages._cache.get_client()
    broker.lpush("celery", "a task")
    pages.clear()
    assert pages.get("page.7") is None
    assert counts.get("attempts") == 3
    pages.set("page.7", b"x")
    counts.clear()
    assert counts.get("attempts") is None
    assert pages.get("page.7") == b"x"
    assert broker.llen("celery") == 1
