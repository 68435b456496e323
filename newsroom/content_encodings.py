"""Compressed bytes of pages, and which compression a browser takes (RFC 9110, section 12.5.3)."""

from __future__ import annotations

import gzip
from functools import lru_cache

import brotli

IDENTITY = "identity"
# The smallest first.
ENCODINGS = ("br", "gzip", IDENTITY)
BROTLI_QUALITY = 6  # at 46 KB, as fast as gzip's 6; 11 would take 50 times as long


@lru_cache(maxsize=256)
def chosen_encoding(accepted: str) -> str:
    """Return the best encoding that a value of Accept-Encoding allows."""
    weights = {}
    for part in accepted.lower().split(","):
        name, _, parameter = part.partition(";")
        weights[name.strip()] = _weight(parameter)
    default = weights.get("*", 0.0)
    return next((name for name in ENCODINGS[:-1] if weights.get(name, default) > 0), IDENTITY)


def encoded(body: bytes, encoding: str) -> bytes:
    """Return the bytes in an encoding; the same bytes always give the same result."""
    match encoding:
        case "br":
            return bytes(brotli.compress(body, quality=BROTLI_QUALITY))
        case "gzip":
            return gzip.compress(body, compresslevel=6, mtime=0)
        case _:
            return body


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
