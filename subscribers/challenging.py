"""A proof of work (ALTCHA): some seconds of a browser's time, nothing of its owner's.

Asked for when sign-ups come in such numbers that something must send them. Our own challenge, our
own script, nobody else is asked.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from datetime import datetime, timedelta
from functools import lru_cache

from altcha import Payload, create_challenge, verify_solution
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

LASTS = timedelta(minutes=15)
# A browser must derive as many keys as the number that is drawn from here, which took Chromium on
# two cores 0.8 s and takes a slow phone some seconds; to draw and to check takes us a millisecond.
ALGORITHM = "PBKDF2/SHA-256"
ITERATIONS = 2_000
TRIES = (1_500, 3_000)
_MOST_CHARS = 4_000


def new_challenge(*, at: datetime) -> str:
    """Draw a challenge, as the widget's JSON."""
    low, high = TRIES
    challenge = create_challenge(
        ALGORITHM,
        ITERATIONS,
        counter=low + secrets.randbelow(high - low),
        expires_at=int((at + LASTS).timestamp()),
        hmac_secret=_secret(settings.SECRET_KEY, "challenge"),
        hmac_key_secret=_secret(settings.SECRET_KEY, "key"),
    )
    return json.dumps(challenge.to_dict())


def is_solved(solution: str) -> bool:
    """Whether this solves a challenge of ours that has not ended; a solution works once."""
    if not solution or len(solution) > _MOST_CHARS:
        return False
    try:
        payload = Payload.from_base64(solution)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return False
    result = verify_solution(
        payload,
        _secret(settings.SECRET_KEY, "challenge"),
        hmac_key_secret=_secret(settings.SECRET_KEY, "key"),
    )
    return result.verified and _is_new(str(payload.challenge.signature))


def _is_new(signature: str) -> bool:
    """Spend a challenge: of two who bring it solved, one wins. Ended ones need no remembering."""
    try:
        return cache.add(f"spent.{signature}", True, timeout=LASTS.total_seconds() + 60)
    except (RedisError, OSError) as failure:
        log.warning("a solution is not remembered, the cache is out of reach: %s", failure)
        return True


@lru_cache(maxsize=8)
def _secret(key: str, use: str) -> bytes:
    return hashlib.sha256(f"newsroom altcha\0{use}\0{key}".encode()).digest()
