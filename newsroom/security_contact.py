"""The addresses in SECURITY_CONTACT, as RFC 9116 wants them: each with its scheme."""

from __future__ import annotations

import re
from urllib.parse import quote

from django.core.exceptions import ValidationError

from newsroom.email_addresses import normalise_address

_LINK = re.compile(r"https://[^\s/]+\S*")
_TELEPHONE = re.compile(r"tel:\+[0-9().-]+")


def parse_security_contact(words: str) -> tuple[str, ...]:
    """Return the addresses in the words, which are separated by spaces. Raises ValueError."""
    return tuple(map(_contact, words.split()))


def _contact(word: str) -> str:
    if _LINK.fullmatch(word) or _TELEPHONE.fullmatch(word):
        return word
    try:
        address = normalise_address(word.removeprefix("mailto:"))
    except ValidationError:
        raise ValueError(
            f"{word!r} is not an email address, a link with https, or tel:+441234567890"
        ) from None
    return f"mailto:{quote(address, safe='@+')}"
