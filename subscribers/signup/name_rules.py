"""What is no name: a link, an address, a message that somebody wants a form to deliver."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

MAX_WORDS = 12
_LINK = re.compile(
    r"""
    \w+:/{1,2}                          # a scheme
    | \bwww\.
    | \bhttps?\b
    | \w[\w-]*\.\w[\w.-]*/              # a host and a path
    | \w[\w-]*[.․。．｡](?:              # a host under an end that spam likes
        com|net|org|info|biz|ru|cn|su|io|co|xyz|top|online|site|website|shop|store|club|app|dev
        |live|link|click|page|bet|casino|vip|win|pro|tk|ml|ga|cf|gq|ly|uk|de|fr|eu|pl|ua|in
      )\b(?![.'’]?\w)
    """,
    re.IGNORECASE | re.VERBOSE,
)
# A name has no such signs; and four digits in a row are a telephone number, a price or a code.
_MESSAGE = re.compile(r"[!?$€£¥₽%={}\[\]|\\^~]|\d[\d\s.,-]{2,}\d")


def refuse_messages(name: str) -> None:
    """Refuse a name that carries something else. Raises ValidationError with a sentence."""
    if "@" in name or "＠" in name or _LINK.search(name):
        raise ValidationError(
            "A name has no web address or e-mail address in it. Write only what we should call"
            " you, or leave it empty.",
            code="link",
        )
    if _MESSAGE.search(name) or len(name.split()) > MAX_WORDS:
        raise ValidationError(
            "This looks more like a message than a name. Write only what we should call you, or"
            " leave it empty.",
            code="message",
        )
