"""What logs say of requests: their address, without what only its owner may know.

Whoever reads a log cannot open a reader's link, and does not learn who reads us. So tokens of every
kind go, also from addresses that no page has, such as a link that was cut; so do email
addresses, and the queries of addresses, in which words were searched for.
"""

from __future__ import annotations

import re
from logging import Filter, LogRecord

HIDDEN = "…"
# Random words of the length of our tokens have digits, capitals or signs in them; those of an
# issue's title, which also stand in addresses, are lower case with hyphens.
_TOKENS = (
    re.compile(r"(?<![A-Za-z0-9_-])[0-9a-z]{4,8}-[0-9a-f]{32}(?![A-Za-z0-9_-])"),  # for a password
    re.compile(r"[A-Za-z0-9_-]{8,}:[A-Za-z0-9]{4,10}:[A-Za-z0-9_-]{20,64}"),  # a signed value
    re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{30,64}(?![0-9A-Za-z])"),  # a signed id
    re.compile(r"(?<![A-Za-z0-9_-])(?=[a-z0-9-]{0,63}[A-Z_])[A-Za-z0-9_-]{20,64}(?![A-Za-z0-9_-])"),
)
_EMAIL = re.compile(r"[A-Za-z0-9._+-]{1,64}(?:@|%40)[A-Za-z0-9.-]{1,255}")
_QUERY = re.compile(r"(?<=/)\?[^\s\"']+")


def without_tokens(text: str) -> str:
    """Return a text with tokens, email addresses and queries hidden."""
    for pattern in (*_TOKENS, _EMAIL):
        text = pattern.sub(HIDDEN, text)
    return _QUERY.sub(f"?{HIDDEN}", text)


class WithoutTokens(Filter):
    """Hides in each line what `without_tokens` finds, and the token of the page in the address."""

    def filter(self, record: LogRecord) -> bool:
        """Keep every line."""
        match = getattr(getattr(record, "request", None), "resolver_match", None)
        token = str(match.kwargs.get("token", "")) if match else ""
        if isinstance(record.args, tuple):
            record.args = tuple(_cleaned(argument, token) for argument in record.args)
        return True


def _cleaned(argument: object, token: str) -> object:
    if isinstance(argument, int | float):  # for %d
        return argument
    text = str(argument)
    return without_tokens(text.replace(token, HIDDEN) if token else text)
