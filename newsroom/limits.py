"""How often a form may be sent: limits that are counted in the cache.

With Redis the processes count together; the folder that takes its place on one machine counts
nearly right. When the cache is out of reach they let everybody through: a reader must not be
turned away for a fault of ours.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta

from django.core.cache import cache
from redis.exceptions import RedisError

from newsroom.visitors import network_of

log = logging.getLogger(__name__)

HOUR = timedelta(hours=1)


def is_one_too_many(form: str, *, ip: str | None, an_hour: int, at: datetime) -> bool:
    """Count a form sent from this network; True when it sent more within the clock's hour."""
    hour = int(at.timestamp()) // 3600
    key = _key(form, f"{network_of(ip)} {hour}")
    try:
        cache.add(key, 0, timeout=HOUR.total_seconds())
        return cache.incr(key) > an_hour
    except ValueError:  # it expired between the two calls
        return False
    except (RedisError, OSError) as failure:
        log.warning("%s is not counted, the cache is out of reach: %s", form, failure)
        return False


def count_within(what: str, about: str, *, window: timedelta, at: datetime) -> int:
    """Count one more, and estimate how many there were within the window that ends now.

    Two fixed windows, the former weighted by the share of it that still counts; each number is
    changed by one atomic step of Redis, so the web processes count together. 0 when the cache is
    out of reach.
    """
    seconds = int(window.total_seconds())
    slot, elapsed = divmod(int(at.timestamp()), seconds)
    now, before = (_key(what, f"{about} {seconds} {number}") for number in (slot, slot - 1))
    try:
        cache.add(now, 0, timeout=2 * seconds)
        current = cache.incr(now)
        former = cache.get(before, 0)
    except ValueError:  # it expired between the two calls
        return 1
    except (RedisError, OSError) as failure:
        log.warning("%s is not counted, the cache is out of reach: %s", what, failure)
        return 0
    return int(current) + int(former * (seconds - elapsed) / seconds)


def first_within_the_hour(act: str, about: str) -> bool:
    """Tell whether an act about somebody is the first for an hour, and remember it."""
    try:
        return cache.add(_key(act, about), True, timeout=HOUR.total_seconds())
    except (RedisError, OSError) as failure:
        log.warning("%s is not counted, the cache is out of reach: %s", act, failure)
        return True


def _key(act: str, about: str) -> str:
    """Name a count without an address or an IP that could be read out of the cache."""
    return f"limit.{act}.{hashlib.sha256(about.encode()).hexdigest()}"
