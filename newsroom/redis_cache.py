"""Django's cache in Redis: its client and connections are kept, and it empties nothing but itself.

Django makes a new client for each command, and new connections for each thread, although both may
be used by any thread. To make a client takes longer than to have a command answered; and a thread
that ends leaves its connections open until the garbage collector finds them.
"""

from __future__ import annotations

from threading import Lock
from typing import Any

from django.core.cache.backends import redis

# The client would refuse more. There are as many as threads that ask at the same moment.
_MAX_CONNECTIONS = 10_000
_pools: dict[tuple[str, frozenset[tuple[str, Any]]], Any] = {}  # by address and options
_lock = Lock()


class KeptClient(redis.RedisCacheClient):
    """Django's access to one server, over connections that all threads of the process share."""

    _client: Any
    _pool_class: Any
    _pool_options: dict[str, Any]
    _servers: list[str]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **({"max_connections": _MAX_CONNECTIONS} | options))
        self._kept: Any = None

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """Return the client."""
        if self._kept is None:
            self._kept = self._client(connection_pool=self._shared_pool())
        return self._kept

    def _shared_pool(self) -> Any:
        address, options = self._servers[0], self._pool_options
        key = (address, frozenset(options.items()))
        with _lock:
            if key not in _pools:
                _pools[key] = self._pool_class.from_url(address, **options)
            return _pools[key]


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
