"""A proof of work (ALTCHA): some seconds of a browser's time, nothing of its owner's.

Asked for when sign-ups come in such numbers that something must send them. Our own challenge, our
own script, nobody else is asked.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import datetime, timedelta
from functools import lru_cache

from altcha import Payload, create_challenge, verify_solution
from django.conf import settings

from newsroom.rate_limits import is_first_within

LASTS = timedelta(minutes=15)
REMEMBERED = LASTS + timedelta(minutes=1)
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
    # Spent: of two who bring it solved, one wins. Ended ones need no remembering.
    return result.verified and is_first_within(
        REMEMBERED, "spent", str(payload.challenge.signature)
    )


@lru_cache(maxsize=8)
def _secret(key: str, use: str) -> bytes:
    return hashlib.sha256(f"newsroom altcha\0{use}\0{key}".encode()).digest()
