"""The addresses that issue emails carry: envelope sender and reply address, each with a token.

The token names a delivery. `subscribers.bounces` reads what comes back to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from newsroom.site_address import address_with_token
from newsroom.tokens import sign_id, verify_id

if TYPE_CHECKING:
    from briefings.models import Issue

# What the token of one subscriber's reply address is signed for.
REPLY_PURPOSE = "reply from reader"


def envelope_sender(token: str) -> str:
    """Return the address that bounces go to: `BOUNCE_ADDRESS` with the token of a delivery.

    The token is `sign_id("bounce", delivery_id)`.
    """
    return address_with_token(settings.BOUNCE_ADDRESS, token)


def reply_address(issue: Issue) -> str:
    """Return the address that replies to an issue go to; empty if `REPLY_ADDRESS` is not set.

    Each subscriber's email has an address of its own in its place (`reader_reply_address`).
    """
    if not settings.REPLY_ADDRESS:
        return ""
    return address_with_token(settings.REPLY_ADDRESS, sign_id("reply", issue.pk))


def reader_reply_address(delivery: int) -> str:
    """Return the address that one subscriber's reply goes to. It shows who the reply is from."""
    return address_with_token(settings.REPLY_ADDRESS, sign_id(REPLY_PURPOSE, delivery))


def issue_token_in(reply_to: str) -> str:
    """Return the token of `reply_address` in a Reply-To; empty if it is another address."""
    token = token_in(reply_to)
    return token if token and verify_id("reply", token) is not None else ""


def token_in(address: str) -> str:
    """Return the token in one of these addresses."""
    return address.partition("+")[2].partition("@")[0]
