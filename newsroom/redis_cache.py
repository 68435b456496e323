"""Django's cache in Redis with a client that is kept, and that empties nothing but itself.

Django makes a new client for each command, although a client may be used by any thread. To make one
takes longer than to have a command answered.
"""

from __future__ import annotations

from typing import Any

from django.core.cache.backends import redis


class KeptClient(redis.RedisCacheClient):
    """Django's access to one server."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._kept: Any = None

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """Return the client."""
        if self._kept is None:
            self._kept = super().get_client(key, write=True)
        return self._kept


class RedisCache(redis.RedisCache):
    """A cache in Redis, for CACHES."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = KeptClient

    def clear(self) -> None:
        """Remove what is in the cache.

        Django empties the whole database, in which the broker's tasks are too. Each key of a cache
        begins with its prefix and a colon, also where the prefix is empty.
        """
        client = self._cache.get_client()
        for key in client.scan_iter(match=f"{self.key_prefix}:*", count=1_000):
            client.delete(key)
