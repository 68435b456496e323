"""The salted hash by which an address is recognised after it was erased."""

from __future__ import annotations

import hmac
from functools import cache

from newsroom.addresses import address_key


@cache
def _salt() -> bytes:
    from subscribers.models.suppression import HashSalt

    return HashSalt.current()


def hash_key(key: str) -> str:
    """HMAC-SHA256 of an address's compared form under the installation's salt: 64 hex digits."""
    return hmac.digest(_salt(), key.encode(), "sha256").hex()


def hash_address(address: str) -> str:
    """Give the hash of an address in any spelling."""
    return hash_key(address_key(address))
