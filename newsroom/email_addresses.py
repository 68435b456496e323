"""E-mail addresses: checked, and reduced to the form in which two spellings are one address.

An address is kept as it goes over the wire: the local part as its owner writes it, the domain as
lower-case A-labels. So no sender has to translate it, and none can translate it wrongly (Python's
own codec follows the rules of 2003, under which straße.example is the domain of somebody else).
"""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError

from newsroom.invisible_characters import has_space_or_invisible

MAX_CHARS = 254  # octets: RFC 5321, section 4.5.3.1.3, less the angle brackets
_MAX_LOCAL = 64
_MAX_LABEL = 63
_LOCAL_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
# What keyboards of other scripts write for the dot between labels (UTS 46, section 2.3).
_DOTS = str.maketrans("。．｡", "...")
_SHAPE = "This is no e-mail address. Write it like name@example.org."


def normalise_address(address: str) -> str:
    """Give back the address as it is written to; refuse what cannot be written to.

    Internationalised addresses (RFC 6531) are welcome. Raises ValidationError with a sentence.
    """
    if len(address) > 4 * MAX_CHARS:  # before anything that takes time
        raise ValidationError(_too_long(), code="too_long")
    address = unicodedata.normalize("NFC", address.strip())
    if "@" not in address:
        raise ValidationError(_SHAPE, code="invalid")
    if has_space_or_invisible(address):
        raise ValidationError(
            "An e-mail address has no spaces and no invisible characters.", code="invalid"
        )
    local, _, domain = address.rpartition("@")
    try:
        normal = f"{_plain_local(local)}@{to_ascii_domain(domain)}"
    except ValueError:
        raise ValidationError(_SHAPE, code="invalid") from None
    if len(normal.encode()) > MAX_CHARS:
        raise ValidationError(_too_long(), code="too_long")
    return normal


def address_key(address: str) -> str:
    """Reduce an address to the form under which it is compared: A@B.org and a@b.org are one.

    Never raises: what was stored before a rule changed must still be found.
    """
    local, _, domain = address.strip().rpartition("@")
    try:
        local, domain = _plain_local(local), to_ascii_domain(domain)
    except ValueError:
        domain = fold_case(domain)
    return f"{fold_case(local)}@{domain}"


def readable_address(address: str) -> str:
    """Show an address with its domain in its own script."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{'.'.join(map(_readable_label, domain.split('.')))}"


def masked_address(address: str) -> str:
    """Show enough of an address for its owner to know it, and too little for anybody else."""
    local, _, domain = readable_address(address).rpartition("@")
    return f"{local[:1]}•••@{domain}"


def to_ascii_domain(domain: str) -> str:
    """Turn a domain into lower-case A-labels; raises ValueError for what can receive no mail."""
    labels = [_wire_label(label) for label in domain.translate(_DOTS).split(".")]
    if len(labels) < 2 or labels[-1].isdigit():
        raise ValueError("a domain has a dot and does not end in a number")
    return ".".join(labels)


def _plain_local(local: str) -> str:
    """Check the part before the @; quotes that change nothing are dropped (RFC 5321, 4.1.2)."""
    local = unicodedata.normalize("NFC", local)
    if len(local) > 2 and local[0] == local[-1] == '"':
        local = local[1:-1]
    for atom in local.split("."):
        # Letters, marks and digits of every script; no sign that a server could fold to an @.
        ascii_form = "".join(
            "x" if ord(char) > 127 and unicodedata.category(char)[0] in "LMN" else char
            for char in atom
        )
        if not _LOCAL_ATOM.fullmatch(ascii_form):
            raise ValueError("no dot-atom")
    if len(local.encode()) > _MAX_LOCAL:
        raise ValueError("too long a local part")
    return local


def _wire_label(label: str) -> str:
    if not label.isascii():
        # Character by character, for Python gives a sigma at a word's end its other form.
        lower = "".join(char.lower() for char in unicodedata.normalize("NFKC", label))
        lower = unicodedata.normalize("NFKC", lower)
        if not all(char == "-" or unicodedata.category(char)[0] in "LMN" for char in lower):
            raise ValueError("a label has letters, digits and hyphens")
        if unicodedata.category(lower[0])[0] == "M":
            raise ValueError("a label begins with a letter or digit")
        label = lower if lower.isascii() else f"xn--{lower.encode('punycode').decode()}"
    label = label.lower()
    if len(label) > _MAX_LABEL or not _LABEL.fullmatch(label):
        raise ValueError("a label has 1 to 63 letters, digits and hyphens")
    return label


def _readable_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        shown = label[4:].encode().decode("punycode")
        return shown if _wire_label(shown) == label else label
    except ValueError:
        return label


def fold_case(text: str) -> str:
    """Fold case for comparison (Unicode, section 3.13, D145)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def _too_long() -> str:
    return f"An e-mail address has at most {MAX_CHARS} characters."
