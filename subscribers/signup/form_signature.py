"""When a form was made, signed: programs send forms at once, or without having fetched them.

What a stamp says makes a form odd at most, never wrong: people leave pages open overnight, caches
keep pages, and a password manager fills in a form in a moment.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core import signing

QUICKEST = timedelta(seconds=2)
LASTS = timedelta(days=1)
# Pages with a box on them say the same for so long, so that caches may keep them.
CACHED_FOR = timedelta(minutes=15)
_SALT = "newsroom.form"


def make_stamp(*, at: datetime, cached: bool = False) -> str:
    """Write the second, or for a page that may be cached the quarter of an hour, and sign it."""
    second = int(at.timestamp())
    if cached:
        second -= second % int(CACHED_FOR.total_seconds())
    return signing.Signer(salt=_SALT).sign(str(second))


def is_sound(stamp: str, *, at: datetime) -> bool:
    """Whether a form was ours, and with somebody for as long as a person takes."""
    try:
        made = int(signing.Signer(salt=_SALT).unsign(stamp))
    except (signing.BadSignature, ValueError):
        return False
    age = at.timestamp() - made
    return QUICKEST.total_seconds() <= age <= LASTS.total_seconds()
