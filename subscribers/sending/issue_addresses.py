"""The addresses that issue emails carry: envelope sender and reply address, each with a token.

The token names a delivery or an issue. `subscribers.bounces` reads what comes back to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from newsroom.tokens import sign_id

if TYPE_CHECKING:
    from briefings.models import Issue


def envelope_sender(token: str) -> str:
    """Return the address that bounces go to: `BOUNCE_ADDRESS` with the token of a delivery.

    The token is `sign_id("bounce", delivery_id)`.
    """
    return _with_token(settings.BOUNCE_ADDRESS, token)


def reply_address(issue: Issue) -> str:
    """Return the address that replies to an issue go to; empty if `REPLY_ADDRESS` is not set."""
    if not settings.REPLY_ADDRESS:
        return ""
    return _with_token(settings.REPLY_ADDRESS, sign_id("reply", issue.pk))


def token_in(address: str) -> str:
    """Return the token in one of these addresses."""
    return address.partition("+")[2].partition("@")[0]


def _with_token(address: str, token: str) -> str:
    local, domain = address.split("@")
    return f"{local}+{token}@{domain}"
