"""The marks that our letters carry, found in what came back; none of them is looked up here."""

from __future__ import annotations

import re

from newsroom.tokens import SIGNED_ID_CHARS, verify_id
from subscribers.bounces.message_parts import Opened

MAX_SEALS = 200
# As it stands in an address, and as systems write addresses into other addresses.
_SEAL = re.compile(rf"\+([0-9a-fA-F]{{{SIGNED_ID_CHARS}}})(?:@|=40|%40|=)")
_UNSUBSCRIBE = re.compile(r"/unsubscribe/([A-Za-z0-9_-]{22})(?:/|>|\s)")
_OWN_FIELDS = ("to", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-rcpt-to")


def find_seal(opened: Opened, raw: bytes, *, recipient: str = "") -> str:
    """Find the seal of the letter: in the report's recipient first, then in what came back.

    One that was made here is preferred; it is still to be looked up.
    """
    fields = "\n".join(opened.header(name) for name in _OWN_FIELDS)
    parts = [opened.original, opened.feedback, *opened.statuses]
    text = "\n".join([f"{recipient}@", fields, *parts, raw.decode("latin-1")])
    first = ""
    for number, found in enumerate(_SEAL.finditer(text)):
        first = first or found[1].lower()
        if verify_id("bounce", found[1].lower()) is not None:
            return found[1].lower()
        if number > MAX_SEALS:
            break
    return first


def find_unsubscribe(opened: Opened) -> str:
    """Find the reader's token in the returned letter's List-Unsubscribe; empty if there is none."""
    found = _UNSUBSCRIBE.search(opened.original_header("list-unsubscribe") + " ")
    return found[1] if found else ""
