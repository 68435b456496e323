"""Tokens in URLs and email addresses. Each is valid for one purpose and one row.

There are three kinds. A *row token* is random, is stored with its row and works for as long as the
row exists, whatever happens to `SECRET_KEY`. A *signed id* is a row's number with a signature: it
needs no column and always has the same length. A *signed value* also expires. Signatures stay valid
after a change of `SECRET_KEY` while the former key is listed in `SECRET_KEY_FALLBACKS`.

The signature of an id is keyed BLAKE2b (RFC 7693): every issue email needs three of them, and an
HMAC costs twenty times as much.
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
_ID_BYTES = 7
_SIGNATURE_BYTES = 10
# Django's signature of a value: the value, the time, and a SHA-256 in Base64.
_SIGNED_VALUE = re.compile(r"[A-Za-z0-9_-]+:[A-Za-z0-9]+:[A-Za-z0-9_-]{43}")
_SIGNED_ID = re.compile(rf"[0-9A-Fa-f]{{{SIGNED_ID_CHARS}}}")
_ROW_TOKEN = re.compile(rf"[A-Za-z0-9_-]{{{ROW_TOKEN_CHARS}}}")


def make_row_token() -> str:
    """Return 128 random bits as 22 characters that need no escaping in a URL."""
    return secrets.token_urlsafe(16)


def is_row_token(token: str) -> bool:
    """Return whether a string has the form of a row token, before asking the database."""
    return _ROW_TOKEN.fullmatch(token) is not None


def token_at_start(text: str) -> str:
    """Return the token of any kind that a text starts with; the text itself if there is none.

    The longer kinds are tried first. A row token is the first half of a signed id only by a chance
    of one in ten thousand million.
    """
    found = _SIGNED_VALUE.match(text) or _SIGNED_ID.match(text) or _ROW_TOKEN.match(text)
    return found[0] if found else text


def sign_id(purpose: str, number: int) -> str:
    """Return a row's number with a signature for one purpose, as 34 hexadecimal digits.

    Upper and lower case are equivalent, because mail servers may change the case of a local part.
    """
    raw = number.to_bytes(_ID_BYTES, "big")
    return (raw + _signature(settings.SECRET_KEY, purpose, raw)).hex()


def verify_id(purpose: str, token: str) -> int | None:
    """Return the number in a signed id, or None if we did not sign it for this purpose."""
    try:
        raw = bytes.fromhex(token) if len(token) == SIGNED_ID_CHARS else b""
    except ValueError:
        return None
    if len(raw) != _ID_BYTES + _SIGNATURE_BYTES:
        return None
    number, signature = raw[:_ID_BYTES], raw[_ID_BYTES:]
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if hmac.compare_digest(signature, _signature(secret, purpose, number)):
            return int.from_bytes(number, "big")
    return None


def _signature(secret: str, purpose: str, number: bytes) -> bytes:
    keyed = _keyed_hash(secret, purpose).copy()
    keyed.update(number)
    return keyed.digest()


@lru_cache(maxsize=64)
def _keyed_hash(secret: str, purpose: str) -> hashlib.blake2b:
    # Links in emails that were sent long ago depend on these words: they must not change.
    key = hashlib.sha256(f"newsroom seal\0{purpose}\0{secret}".encode()).digest()
    return hashlib.blake2b(key=key, digest_size=_SIGNATURE_BYTES)


def sign_value(purpose: str, value: str) -> str:
    """Return a value with the time and a signature for one purpose, for links that expire."""
    return signing.dumps(value, salt=f"newsroom.{purpose}")


def verify_value(purpose: str, token: str, *, max_age: int) -> str | None:
    """Return the signed value, or None if it is forged or older than max_age seconds."""
    try:
        value = signing.loads(token, salt=f"newsroom.{purpose}", max_age=max_age)
    except signing.BadSignature:
        return None
    return value if isinstance(value, str) else None
