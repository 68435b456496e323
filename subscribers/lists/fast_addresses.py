"""Addresses by the million: newsroom.email_addresses, with a short way for plain ones."""

from __future__ import annotations

import re
from functools import lru_cache

from django.core.exceptions import ValidationError

from newsroom.email_addresses import MAX_CHARS, normalise_address, to_ascii_domain
from subscribers.lists.import_errors import Reason
from subscribers.models.address_hash import hash_address, hash_key

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@([A-Za-z0-9.-]+)")
_MAX_LOCAL = 64


class AddressUnfit(ValueError):
    """Nothing can be written to it; the message says why."""


class Recogniser:
    """Turns what a list calls an address into the stored form and its hash.

    An ASCII dot-atom at an ASCII domain needs no Unicode rules: its compared form is its lower
    case. Three quarters of the time of the long way go to those rules, and most of a list is such.
    """

    def __init__(self) -> None:
        hash_key("")  # asks for the salt now, not in a thread with a connection of its own
        self._domain = lru_cache(maxsize=1 << 16)(_wire_domain)

    def recognise(self, typed: str) -> tuple[str, str]:
        """Give the address as it is written to, and its hash. Raises AddressUnfit."""
        typed = typed.strip()
        found = _PLAIN.fullmatch(typed)
        if found is None or len(typed) > MAX_CHARS:
            return self._the_long_way(typed)
        local, domain = found.groups()
        wire = self._domain(domain)
        if wire is None or len(local) > _MAX_LOCAL:
            return self._the_long_way(typed)
        return f"{local}@{wire}", hash_key(f"{local.lower()}@{wire}")

    @staticmethod
    def _the_long_way(typed: str) -> tuple[str, str]:
        if not typed:
            raise AddressUnfit(Reason.NO_ADDRESS)
        try:
            address = normalise_address(typed)
        except ValidationError as problem:
            raise AddressUnfit(" ".join(problem.messages)) from None
        return address, hash_address(address)


def _wire_domain(domain: str) -> str | None:
    try:
        return to_ascii_domain(domain)
    except ValueError:
        return None
