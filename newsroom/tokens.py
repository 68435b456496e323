"""Tokens in addresses: each is good for one act on one row.

Two kinds. A *row token* is random, stored with its row and works as long as the row lives, whatever
happens to `SECRET_KEY`. A *seal* carries a row's number and a proof (keyed BLAKE2b, RFC 7693: every
letter bears two, and an HMAC costs twenty times as much), needs no column, has a fixed size, and
survives a change of `SECRET_KEY` while the former key stays in `SECRET_KEY_FALLBACKS`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from functools import lru_cache

from django.conf import settings
from django.core import signing

ROW_TOKEN_CHARS = 22
SIGNED_ID_CHARS = 34
_PROOF_BYTES = 10
_ROW_TOKEN = re.compile(rf"[A-Za-z0-9_-]{{{ROW_TOKEN_CHARS}}}")


def make_row_token() -> str:
    """Make 128 random bits as 22 characters that stand in an address as they are."""
    return secrets.token_urlsafe(16)


def is_row_token(token: str) -> bool:
    """Tell whether a text has the shape of a row token, before asking the database."""
    return _ROW_TOKEN.fullmatch(token) is not None


@lru_cache(maxsize=64)
def _key(secret: str, act: str) -> bytes:
    return hashlib.sha256(f"newsroom seal\0{act}\0{secret}".encode()).digest()


def _proof(secret: str, act: str, number: bytes) -> bytes:
    return hashlib.blake2b(number, key=_key(secret, act), digest_size=_PROOF_BYTES).digest()


def sign_id(act: str, number: int) -> str:
    """Seal a row's number for one act: 34 hexadecimal digits, the same in either case.

    Mail servers may change the case of a local part.
    """
    raw = number.to_bytes(7, "big")
    return (raw + _proof(settings.SECRET_KEY, act, raw)).hex()


def verify_id(act: str, token: str) -> int | None:
    """Give back the number, or None when the token was not made here for this act."""
    try:
        raw = bytes.fromhex(token) if len(token) == SIGNED_ID_CHARS else b""
    except ValueError:
        return None
    if len(raw) != 7 + _PROOF_BYTES:
        return None
    number, proof = raw[:7], raw[7:]
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if hmac.compare_digest(proof, _proof(secret, act, number)):
            return int.from_bytes(number, "big")
    return None


def sign_value(act: str, value: str) -> str:
    """Sign a value for one act with the time, for links that end."""
    return signing.dumps(value, salt=f"newsroom.{act}")


def verify_value(act: str, token: str, *, max_age: int) -> str | None:
    """Give back the value, or None when it is forged or older than max_age seconds."""
    try:
        value = signing.loads(token, salt=f"newsroom.{act}", max_age=max_age)
    except signing.BadSignature:
        return None
    return value if isinstance(value, str) else None
