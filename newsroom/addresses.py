"""E-mail addresses: checked, and reduced to the form in which two spellings are one address."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

MAX_CHARS = 254

_ascii_shape = EmailValidator()


def normalise_address(address: str) -> str:
    """Trim, compose (NFC) and lower the domain; refuse what cannot be written to.

    Internationalised addresses (RFC 6531) are welcome. Raises ValidationError with a sentence.
    """
    address = unicodedata.normalize("NFC", address).strip()
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain:
        raise ValidationError(
            f"“{address[:80]}” is no e-mail address: write it like name@example.org.",
            code="invalid",
        )
    if any(unicodedata.category(char).startswith(("C", "Z")) for char in address):
        raise ValidationError(
            "An e-mail address has no spaces or control characters.", code="invalid"
        )
    if len(address.encode()) > MAX_CHARS:
        raise ValidationError(
            f"An e-mail address has at most {MAX_CHARS} characters.", code="too_long"
        )
    try:
        ascii_domain = domain.encode("idna").decode() if not domain.isascii() else domain
        # Only the shape of the local part matters here: letters of other scripts count as letters.
        shape = "".join(char if char.isascii() else "x" for char in local)
        _ascii_shape(f"{shape}@{ascii_domain}")
    except (UnicodeError, ValidationError):
        raise ValidationError(
            f"“{address[:80]}” is no e-mail address: write it like name@example.org.",
            code="invalid",
        ) from None
    return f"{local}@{domain.lower()}"


def address_key(address: str) -> str:
    """Reduce an address to the form under which it is compared: A@B.org and a@b.org are one."""
    local, _, domain = unicodedata.normalize("NFC", address).strip().rpartition("@")
    try:
        domain = domain.lower().encode("idna").decode()
    except UnicodeError:
        domain = domain.lower()
    return f"{local.casefold()}@{domain}"
