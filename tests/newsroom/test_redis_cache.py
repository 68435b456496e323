"""The cache in Redis: its client is kept, and emptying it leaves all else alone."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from threading import Thread

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


def test_threads_that_have_ended_leave_no_connections(cache: Callable[[str], RedisCache]) -> None:
    """The garbage collector might close them, but nobody knows when."""
    counts, found = cache(""), []

    def ask() -> None:
        found.append(cache("").get("attempts"))  # as Django makes a cache for each thread

    counts.set("attempts", 3)
    server = counts._cache.get_client()
    before = len(server.client_list())
    gc.disable()
    try:
        for _ in range(5):
            thread = Thread(target=ask)
            thread.start()
            thread.join()
        assert len(server.client_list()) == before
    finally:
        gc.enable()
    assert found == [3] * 5
