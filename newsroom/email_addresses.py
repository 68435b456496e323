"""Email addresses: validated, normalised, and compared.

An address is stored in the form that SMTP uses: the local part as its owner writes it, the domain
as lower-case A-labels. No sender has to convert it, so none can convert it wrongly (Python's own
codec follows IDNA 2003, under which straße.example becomes somebody else's domain).
"""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy

from newsroom.invisible_characters import has_space_or_invisible

MAX_BYTES = 254  # RFC 5321, section 4.5.3.1.3, without the angle brackets
_MAX_LOCAL = 64
_MAX_LABEL = 63
_LOCAL_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
# Full stops of other scripts, typed as the dot between labels (UTS 46, section 2.3).
_DOTS = str.maketrans("。．｡", "...")
_NOT_AN_ADDRESS = gettext_lazy(
    "This is not an email address. Enter it in the form name@example.org."
)


def normalise_address(address: str) -> str:
    """Return the address in the form that we store and send to.

    Accepts internationalised addresses (RFC 6531). Raises ValidationError if no email can be sent
    to the address.
    """
    if len(address) > 4 * MAX_BYTES:  # before anything that takes time
        raise ValidationError(_too_long(), code="too_long")
    address = unicodedata.normalize("NFC", address.strip())
    if "@" not in address:
        raise ValidationError(_NOT_AN_ADDRESS, code="invalid")
    if has_space_or_invisible(address):
        raise ValidationError(
            gettext("An email address cannot contain spaces or invisible characters."),
            code="invalid",
        )
    local, _, domain = address.rpartition("@")
    try:
        normal = f"{_normalise_local_part(local)}@{to_ascii_domain(domain)}"
    except ValueError:
        raise ValidationError(_NOT_AN_ADDRESS, code="invalid") from None
    if len(normal.encode()) > MAX_BYTES:
        raise ValidationError(_too_long(), code="too_long")
    return normal


def address_key(address: str) -> str:
    """Return the form in which addresses are compared: A@B.org and a@b.org have the same key.

    Never raises, so that an address stored under older rules can still be found.
    """
    local, _, domain = address.strip().rpartition("@")
    try:
        local, domain = _normalise_local_part(local), to_ascii_domain(domain)
    except ValueError:
        domain = fold_case(domain)
    return f"{fold_case(local)}@{domain}"


def readable_address(address: str) -> str:
    """Return the address with its domain in its own script, for display."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{readable_domain(domain)}"


def readable_domain(domain: str) -> str:
    """Return a domain in its own script, for display."""
    return ".".join(map(_readable_label, domain.split(".")))


def masked_address(address: str) -> str:
    """Return enough of an address for its owner to recognise it, and too little for others."""
    local, _, domain = readable_address(address).rpartition("@")
    return f"{local[:1]}•••@{domain}"


def to_ascii_domain(domain: str) -> str:
    """Return a domain as lower-case A-labels. Raises ValueError if it cannot receive mail."""
    labels = [_to_ascii_label(label) for label in domain.translate(_DOTS).split(".")]
    if len(labels) < 2 or labels[-1].isdigit():
        raise ValueError("a domain has a dot and does not end in a number")
    return ".".join(labels)


def _normalise_local_part(local: str) -> str:
    """Return the part before the @ without unnecessary quotes (RFC 5321, section 4.1.2).

    Raises ValueError if it is not valid.
    """
    local = unicodedata.normalize("NFC", local)
    if len(local) > 2 and local[0] == local[-1] == '"':
        local = local[1:-1]
    for atom in local.split("."):
        # Letters, marks and digits of every script; no character that a server could fold to an @.
        ascii_form = "".join(
            "x" if ord(char) > 127 and unicodedata.category(char)[0] in "LMN" else char
            for char in atom
        )
        if not _LOCAL_ATOM.fullmatch(ascii_form):
            raise ValueError("the local part is not a dot-atom")
    if len(local.encode()) > _MAX_LOCAL:
        raise ValueError("the local part is too long")
    return local


def _to_ascii_label(label: str) -> str:
    if not label.isascii():
        # Character by character: str.lower() writes a sigma at the end of a word differently.
        lower = "".join(char.lower() for char in unicodedata.normalize("NFKC", label))
        lower = unicodedata.normalize("NFKC", lower)
        if not all(char == "-" or unicodedata.category(char)[0] in "LMN" for char in lower):
            raise ValueError("a label has letters, digits and hyphens")
        if unicodedata.category(lower[0])[0] == "M":
            raise ValueError("a label starts with a letter or digit")
        label = lower if lower.isascii() else f"xn--{lower.encode('punycode').decode()}"
    label = label.lower()
    if len(label) > _MAX_LABEL or not _LABEL.fullmatch(label):
        raise ValueError("a label has 1 to 63 letters, digits and hyphens")
    if label[2:4] == "--" and not _is_a_label(label):
        raise ValueError("hyphens at the third and fourth place make an A-label (RFC 5891)")
    return label


def _is_a_label(label: str) -> bool:
    """Whether a label is the ASCII form of one in another script (RFC 5890, section 2.3.2.1)."""
    try:
        shown = label[4:].encode().decode("punycode")
    except UnicodeError:
        return False
    is_same = shown.encode("punycode").decode() == label[4:]
    return label.startswith("xn--") and not shown.isascii() and is_same


def _readable_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        shown = label[4:].encode().decode("punycode")
        return shown if _to_ascii_label(shown) == label else label
    except ValueError:
        return label


def fold_case(text: str) -> str:
    """Return the text case-folded for comparison (Unicode, section 3.13, D145)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def _too_long() -> str:
    return gettext("An email address can have at most %(limit)d characters.") % {"limit": MAX_BYTES}
