"""Who wrote an incoming message, and whether that is proved: anybody can write anything into From.

A reply counts as proved if it was sent to the signed reply address in its author's own email, or if
our own mail server says that it passed DMARC (RFC 7489), in an Authentication-Results header (RFC
8601). `AUTHSERV_ID` is the name by which that server signs the header; it has to remove headers
with its own name from incoming mail (RFC 8601, section 5).
"""

from __future__ import annotations

import re
import unicodedata
from email.message import Message
from email.utils import getaddresses

from django.conf import settings

from newsroom.email_addresses import normalise_address
from subscribers.bounces.message_parts import decoded_header
from subscribers.bounces.recipient_addresses import first_address

_COMMENT = re.compile(r"\([^()]*\)")


def read_author(message: Message) -> str:
    """Return the normalised address in From; empty if it is missing or if there is any doubt.

    Several addresses are one author too many, and a name with another address is there to deceive.
    Raises ValidationError.
    """
    fields = message.get_all("from", [])
    if len(fields) != 1:
        return ""
    written = decoded_header(message, "from")
    authors = [pair for pair in getaddresses([str(fields[0])]) if any(pair)]
    if len(authors) != 1:
        return ""
    address = normalise_address(authors[0][1])
    parts = re.split(r"[<>\"]", unicodedata.normalize("NFKC", written))  # a wide ＠ reads as @
    others = {first_address(part).lower() for part in parts} - {""}
    return address if others <= {address.lower(), authors[0][1].lower()} else ""


def passes_dmarc(message: Message, *, author: str) -> bool:
    """Whether our own mail server says that the domain in From vouches for the message."""
    ours = settings.AUTHSERV_ID.lower()
    if not ours:
        return False
    for field in message.get_all("authentication-results", []):
        text = " ".join(str(field).lower().split())
        while _COMMENT.search(text):
            text = _COMMENT.sub(" ", text)
        server, *results = (part.strip() for part in text.split(";"))
        if (server.split() or [""])[0] == ours:
            return _says_pass(results, author=author)  # only our latest: it stands on top
    return False


def _says_pass(results: list[str], *, author: str) -> bool:
    domain = author.rpartition("@")[2].lower()
    dmarc = [result for result in results if re.match(r"dmarc\s*=", result)]
    if len(dmarc) != 1 or not re.match(r"dmarc\s*=\s*pass(?:\s|$)", dmarc[0]):
        return False
    named = re.search(r"header\.from\s*=\s*\"?(?:[^\s\"@]*@)?([^\s\"]+)", dmarc[0])
    return named is None or domain == named[1] or domain.endswith(f".{named[1]}")
