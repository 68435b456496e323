"""Domains of disposable addresses, which stop working before the next issue."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from newsroom.domain_lists import find_listed_domain, read_domain_list
from newsroom.email_addresses import readable_address

_LIST = Path(__file__).with_name("disposable-domains.txt")


def validate_not_disposable(address: str) -> None:
    """Raise ValidationError if a normalised address is at a disposable domain or a subdomain of it.

    The message names only the domain.
    """
    _, _, domain = address.rpartition("@")
    if find_listed_domain(domain, (_listed_domains(), settings.DISPOSABLE_DOMAINS)):
        shown = readable_address(address).rpartition("@")[2]
        raise ValidationError(
            gettext(
                "Addresses at %(domain)s are temporary, so our emails would not reach you. Enter an"
                " address that you will keep."
            )
            % {"domain": shown},
            code="disposable",
        )


@cache
def _listed_domains() -> frozenset[str]:
    return read_domain_list(_LIST)
