"""A signature on each form that says when it was made: bots send forms at once, or unfetched.

A wrong signature makes a form suspicious, never invalid: people leave pages open overnight, caches
keep pages, and password managers fill in forms in a moment.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core import signing
from django.utils import timezone

SHORTEST_FILL_TIME = timedelta(seconds=2)
VALID_FOR = timedelta(days=1)
# The form at the foot of other pages gets a new signature only so often, so that caches can keep
# the pages.
CACHED_FOR = timedelta(minutes=15)
_SALT = "newsroom.form"


def sign_form(*, at: datetime, cached: bool = False) -> str:
    """Return the signed time in seconds; on a page that may be cached, rounded to 15 minutes."""
    second = int(at.timestamp())
    if cached:
        second -= second % int(CACHED_FOR.total_seconds())
    return signing.Signer(salt=_SALT).sign(str(second))


class SignatureField(forms.CharField):
    """The signature, in a hidden field of a form."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **{
                "required": False,
                "widget": forms.HiddenInput,
                "initial": lambda: sign_form(at=timezone.now(), cached=True),
                **options,
            }
        )


def is_plausible(signature: str, *, at: datetime) -> bool:
    """Whether we signed the form, and it took as long to fill in as a person takes."""
    age = _age(signature, at=at)
    return age is not None and SHORTEST_FILL_TIME <= age <= VALID_FOR


def is_signed(signature: str, *, at: datetime) -> bool:
    """Whether we signed the form within a day."""
    age = _age(signature, at=at)
    return age is not None and age <= VALID_FOR


def _age(signature: str, *, at: datetime) -> timedelta | None:
    """Return how long ago we signed a form, or None if we did not."""
    try:
        signed_at = int(signing.Signer(salt=_SALT).unsign(signature))
    except (signing.BadSignature, ValueError):
        return None
    return timedelta(seconds=at.timestamp() - signed_at)
