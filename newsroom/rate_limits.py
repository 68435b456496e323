"""How often a form may be sent: limits that are counted in the cache.

With Redis the processes count together; the folder that takes its place on one machine counts
nearly right. When the cache is out of reach each process counts by itself: the limits hold less
exactly, no reader is turned away for a fault of ours, and nobody can have letters sent without end.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.core.cache import BaseCache, cache
from django.core.cache.backends.locmem import LocMemCache
from redis.exceptions import RedisError

from newsroom.client_address import network_of

log = logging.getLogger(__name__)

HOUR = timedelta(hours=1)
# So many seconds a cache that failed is not asked again: each question may take until its timeout.
LEFT_ALONE = 5.0
Answer = TypeVar("Answer")
_own = LocMemCache("limits", {"OPTIONS": {"MAX_ENTRIES": 100_000}})
_failed_at = -LEFT_ALONE  # by the monotonic clock


def is_over_hourly_limit(form: str, *, ip: str | None, limit: int, at: datetime) -> bool:
    """Count a form sent from this network; True when it sent more within the clock's hour."""
    hour = int(at.timestamp()) // 3600
    key = _key(form, f"{network_of(ip)} {hour}")
    return _ask(lambda counts: _count(counts, key, timeout=HOUR.total_seconds())) > limit


def count_within(what: str, about: str, *, window: timedelta, at: datetime) -> int:
    """Count one more, and estimate how many there were within the window that ends now.

    Two fixed windows, the former weighted by the share of it that still counts; each number is
    changed by one atomic step of Redis, so the web processes count together.
    """
    seconds = int(window.total_seconds())
    slot, elapsed = divmod(int(at.timestamp()), seconds)
    now, before = (_key(what, f"{about} {seconds} {number}") for number in (slot, slot - 1))

    def estimate(counts: BaseCache) -> int:
        current = _count(counts, now, timeout=2 * seconds)
        return current + int(counts.get(before, 0) * (seconds - elapsed) / seconds)

    return _ask(estimate)


def is_first_this_hour(act: str, about: str) -> bool:
    """Tell whether an act about somebody is the first for an hour, and remember it."""
    return is_first_within(HOUR, act, about)


def is_first_within(window: timedelta, act: str, about: str) -> bool:
    """Tell whether an act about somebody is the first for so long; of two at once one is."""
    key = _key(act, about)
    return _ask(lambda counts: counts.add(key, True, timeout=window.total_seconds()))


def _count(counts: BaseCache, key: str, *, timeout: float) -> int:
    counts.add(key, 0, timeout=timeout)
    try:
        return int(counts.incr(key))
    except ValueError:  # it expired between the two calls
        return 1


def _ask(question: Callable[[BaseCache], Answer]) -> Answer:
    """Ask the cache, or this process's own memory while the cache is out of reach."""
    global _failed_at
    if time.monotonic() - _failed_at >= LEFT_ALONE:
        try:
            return question(cache)
        except (RedisError, OSError) as failure:
            _failed_at = time.monotonic()
            log.warning("the cache is out of reach, this process counts by itself: %s", failure)
    return question(_own)


def _key(act: str, about: str) -> str:
    """Name a count without an address or an IP that could be read out of the cache."""
    return f"limit.{act}.{hashlib.sha256(about.encode()).hexdigest()}"
