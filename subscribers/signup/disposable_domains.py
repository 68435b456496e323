"""Addresses that will be gone before the next issue."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError

from newsroom.domain_lists import find_listed_domain, read_domain_list
from newsroom.email_addresses import readable_address

_KNOWN = Path(__file__).with_name("disposable-domains.txt")


def refuse_disposable(address: str) -> None:
    """Refuse a normalised address at, or below, a disposable domain.

    Raises ValidationError with a sentence, which speaks of the domain alone.
    """
    _, _, domain = address.rpartition("@")
    if find_listed_domain(domain, (_known(), settings.DISPOSABLE_DOMAINS)):
        shown = readable_address(address).rpartition("@")[2]
        raise ValidationError(
            f"Mailboxes at {shown} live for a short while only, and a weekly letter would not"
            " reach you there. Type an address that you keep.",
            code="disposable",
        )


@cache
def _known() -> frozenset[str]:
    return read_domain_list(_KNOWN)
