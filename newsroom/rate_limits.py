"""Rate limits for forms, counted in the cache.

With Redis all processes count together; the file cache of a single machine is nearly exact. While
the cache is unreachable each process counts in its own memory: the limits are less exact, but no
reader is refused because of our fault, and nobody can have an unlimited number of emails sent.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar

from django.core.cache import BaseCache, cache
from django.core.cache.backends.locmem import LocMemCache
from redis.exceptions import RedisError

from newsroom.circuit_breaker import CircuitBreaker
from newsroom.client_address import network_of

log = logging.getLogger(__name__)

HOUR = timedelta(hours=1)
Result = TypeVar("Result")
_process_cache = LocMemCache("limits", {"OPTIONS": {"MAX_ENTRIES": 100_000}})
_breaker = CircuitBreaker(seconds=5.0)  # each request to a cache that fails may take its timeout


def is_over_hourly_limit(form: str, *, ip: str | None, limit: int, at: datetime) -> bool:
    """Count one submission; return whether this network exceeds its limit in this clock hour."""
    hour = int(at.timestamp()) // 3600
    key = _key(form, f"{network_of(ip)} {hour}")
    return _with_cache(lambda store: _count(store, key, timeout=HOUR.total_seconds())) > limit


def count_within(action: str, subject: str, *, window: timedelta, at: datetime) -> int:
    """Count one more action, and return about how many there were in the window that ends now.

    A sliding window from two fixed ones: the previous count is weighted by the share of it that
    still lies within the window. Each count is changed by one atomic operation of Redis, so the web
    processes count together.
    """
    return _sliding_count(action, subject, window=window, at=at, count=_count)


def counted_within(action: str, subject: str, *, window: timedelta, at: datetime) -> int:
    """Return about how many actions were counted in the window that ends now, without one more."""

    def read(store: BaseCache, key: str, *, timeout: float) -> int:
        return int(store.get(key, 0))

    return _sliding_count(action, subject, window=window, at=at, count=read)


def uncount(action: str, subject: str, *, window: timedelta, at: datetime) -> None:
    """Take back one action that was counted at this time."""
    key = _current_key(action, subject, window=window, at=at)

    def take_back(store: BaseCache) -> None:
        with suppress(ValueError):  # it expired
            store.decr(key)

    _with_cache(take_back)


def forget_counts(action: str, subject: str, *, window: timedelta, at: datetime) -> None:
    """Forget all actions that were counted in the window that ends now."""
    earlier = at - window
    keys = [_current_key(action, subject, window=window, at=one) for one in (at, earlier)]
    _with_cache(lambda store: store.delete_many(keys))


def _current_key(action: str, subject: str, *, window: timedelta, at: datetime) -> str:
    seconds = int(window.total_seconds())
    return _key(action, f"{subject} {seconds} {int(at.timestamp()) // seconds}")


def _sliding_count(
    action: str, subject: str, *, window: timedelta, at: datetime, count: Callable[..., int]
) -> int:
    seconds = int(window.total_seconds())
    slot, elapsed = divmod(int(at.timestamp()), seconds)
    current_key, previous_key = (
        _key(action, f"{subject} {seconds} {number}") for number in (slot, slot - 1)
    )

    def estimate(store: BaseCache) -> int:
        current = count(store, current_key, timeout=2 * seconds)
        return current + int(store.get(previous_key, 0) * (seconds - elapsed) / seconds)

    return _with_cache(estimate)


def is_first_within(window: timedelta, action: str, subject: str) -> bool:
    """Return whether this is the first such action within the window, and record it.

    If two calls are simultaneous, only one returns True.
    """
    key = _key(action, subject)
    return _with_cache(lambda store: store.add(key, True, timeout=window.total_seconds()))


def recall(action: str, subject: str) -> str:
    """Return what `remember` noted of this subject; empty if that was nothing, or too long ago."""
    key = _key(action, subject)
    return str(_with_cache(lambda store: store.get(key, "")))


def remember(action: str, subject: str, note: str, *, window: timedelta) -> None:
    """Note something about a subject for this long."""
    key = _key(action, subject)
    _with_cache(lambda store: store.set(key, note, timeout=window.total_seconds()))


def _count(store: BaseCache, key: str, *, timeout: float) -> int:
    store.add(key, 0, timeout=timeout)
    try:
        return int(store.incr(key))
    except ValueError:  # it expired between the two calls
        return 1


def _with_cache(operation: Callable[[BaseCache], Result]) -> Result:
    """Run an operation on the cache, or on this process's memory while the cache is unreachable."""
    if not _breaker.is_open:
        try:
            return operation(cache)
        except (RedisError, OSError) as failure:
            _breaker.open()
            log.warning("the cache is unreachable; this process counts by itself: %s", failure)
    return operation(_process_cache)


def _key(action: str, subject: str) -> str:
    """Return a cache key from which no address or IP can be read."""
    return f"limit.{action}.{hashlib.sha256(subject.encode()).hexdigest()}"
