"""A proof of work (ALTCHA), which costs a browser a few seconds and reveals nothing about its user.

It is needed only while far more sign-ups than usual arrive. Challenge and script are our own; no
other site is involved.
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

VALID_FOR = timedelta(minutes=15)
_REMEMBERED_FOR = VALID_FOR + timedelta(minutes=1)
# A browser must derive as many keys as the number drawn from KEYS_TO_DERIVE. That took Chromium on
# two cores 0.8 s and takes a slow phone a few seconds. Drawing and checking cost us a millisecond.
ALGORITHM = "PBKDF2/SHA-256"
ITERATIONS = 2_000
KEYS_TO_DERIVE = (1_500, 3_000)
_MAX_CHARS = 4_000


def new_challenge(*, at: datetime) -> str:
    """Return a new challenge as the JSON that the widget reads."""
    low, high = KEYS_TO_DERIVE
    challenge = create_challenge(
        ALGORITHM,
        ITERATIONS,
        counter=low + secrets.randbelow(high - low),
        expires_at=int((at + VALID_FOR).timestamp()),
        hmac_secret=_secret(settings.SECRET_KEY, "challenge"),
        hmac_key_secret=_secret(settings.SECRET_KEY, "key"),
    )
    return json.dumps(challenge.to_dict())


def is_solved(solution: str) -> bool:
    """Whether this solves a challenge of ours that has not expired. A solution works once."""
    if not solution or len(solution) > _MAX_CHARS:
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
    # If two requests bring the same solution, one of them is accepted.
    return result.verified and is_first_within(
        _REMEMBERED_FOR, "spent", str(payload.challenge.signature)
    )


@lru_cache(maxsize=8)
def _secret(key: str, use: str) -> bytes:
    return hashlib.sha256(f"newsroom altcha\0{use}\0{key}".encode()).digest()
