"""The salted hash by which an address is recognised after it was erased."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

from newsroom.email_addresses import address_key

if TYPE_CHECKING:
    from hashlib import _Hash


@cache
def _keyed() -> tuple[_Hash, _Hash]:
    """The two hashes of an HMAC (RFC 2104, section 2) once they have taken the salt.

    To go on from their copies takes half the time of hmac.digest: imports hash by the million.
    """
    from subscribers.models.suppression import HashSalt

    block = HashSalt.current().ljust(sha256().block_size, b"\0")
    return sha256(bytes(byte ^ 0x36 for byte in block)), sha256(
        bytes(byte ^ 0x5C for byte in block)
    )


def hash_key(key: str) -> str:
    """HMAC-SHA256 of an address's compared form under the installation's salt: 64 hex digits."""
    inner, outer = _keyed()
    inner, outer = inner.copy(), outer.copy()
    inner.update(key.encode())
    outer.update(inner.digest())
    return outer.hexdigest()


def hash_address(address: str) -> str:
    """Give the hash of an address in any spelling."""
    return hash_key(address_key(address))
