"""What cannot be a name: a link, an address, or a message that somebody wants us to deliver."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

MAX_WORDS = 12
_DOT = "[.․。．｡]"
_LINK = re.compile(
    rf"""
    \w+:/{{1,2}}                        # a scheme
    | \bwww\.
    | \bhttps?\b
    | \bxn--
    | \w[\w-]*{_DOT}\w[\w.-]*/         # a host and a path
    | \w[\w-]*(?:\s?{_DOT}|\s\W?dot\W?\s)(?:  # a host with a top-level domain that spammers use
        com|net|org|info|biz|ru|cn|su|io|co|xyz|top|online|site|website|shop|store|club|app|dev
        |news|media|blog|today|world|me|tv|ai|us|ca|nl|es|it|ch|at|be|se|dk|br|jp|au|live|link|click
        |page|bet|casino|vip|win|pro|tk|ml|ga|cf|gq|ly|uk|de|fr|eu|pl|ua|in
      )\b(?![.'’]?\w)
    """,
    re.IGNORECASE | re.VERBOSE,
)
# A dot inside a word, as in a host's name: what stands before and after it.
_DOTTED = re.compile(rf"(\w+)\s?{_DOT}(?=(\w{{2,}}))")
# Characters that no name contains, and four digits in a row: a phone number, a price or a code.
_MESSAGE = re.compile(r"[!?$€£¥₽%={}\[\]|\\^~]|\d[\d\s.,-]{2,}\d")


def validate_name(name: str) -> None:
    """Raise ValidationError if a name contains a link, an email address or a message."""
    if "@" in name or "＠" in name or _LINK.search(name) or _has_host(name):
        raise ValidationError(
            gettext(
                "Your name cannot include a web address or an email address. Enter only what we"
                " should call you, or leave it empty."
            ),
            code="link",
        )
    if _MESSAGE.search(name) or len(name.split()) > MAX_WORDS:
        raise ValidationError(
            gettext(
                "This looks like a message. Enter only what we should call you, or leave it empty."
            ),
            code="message",
        )


def _has_host(name: str) -> bool:
    """Whether a name has a word like buy.now in it.

    People write St.John and J.Smith. In scripts without capitals, one character may be a title.
    """
    for before, after in _DOTTED.findall(name):
        is_cased = after[0].lower() != after[0].upper()
        if after[0].isalpha() and (after[0].islower() if is_cased else len(before) > 1):
            return True
    return False
