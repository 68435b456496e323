"""Recognise what a diagnostic says of our own host and addresses: it says nothing of a reader."""

from __future__ import annotations

import re
from email.utils import parseaddr
from functools import lru_cache

from django.conf import settings

from newsroom.site_address import site_host

_FAILS = (
    r"(?:is |was |has |could |can |does |did |do )?(?:been )?(?:unknown|invalid|un-?verified"
    r"|not (?:be |an? )?(?:found|known|exist|valid|verified|registered|recogni[sz]ed|resolve)"
    r"|(?:does|do|did)n.t exist|has no|have no)"
)
_FAILING = (
    r"(?:(?:unknown|invalid|unresolvable|unrout?e?able|no such|bad|unverified|non-?existent)"
    r"(?: [a-z-]{1,20}){1,2}|(?:find|resolve|verify|validate|look ?up)(?: [a-z-]{1,20}){0,3})"
)


def mark_own_names(text: str) -> str:
    """Return text in lower case in which a failing name of ours is called "sender rejected"."""
    return _own_names(site_host(), own_addresses()).sub(" sender rejected ", text)


def own_addresses() -> tuple[str, ...]:
    """Return the addresses that our emails come from, in lower case."""
    written = settings.DEFAULT_FROM_EMAIL, settings.BOUNCE_ADDRESS
    return tuple(parseaddr(address)[1].lower() for address in written)


# A server's reply to a command of ours. Other text of a report may name us for any reason.
_SERVER_REPLY = re.compile(r"\W{0,3}[45](?:\d\d\b|\.\d\.\d)")
_MOST_CHARS = 300
# Words that put a name of ours beside something else: where the email came from.
_AS_ORIGIN = re.compile(
    r"\b(?:from|by|with|via|to|talk|von|vom|durch|de|da|van|door|od|przez|от|client|helo|ehlo)"
    r"[\s:=<(\['\"]|recipient|\brcpt|empf[äa]|destinat|ontvang|odbiorc|получат"
)


def is_only_about_us(diagnostic: str, *, recipient: str = "") -> bool:
    """Whether a server's reply names an address or a domain of ours, and nobody else's address.

    Whatever it says of that, it does not say it of the reader. If we know whom the email went to,
    any other address at our hosts is ours as well.
    """
    text = diagnostic.lower()
    if len(text) > _MOST_CHARS or not _SERVER_REPLY.match(text):
        return False
    names = _each_own_name(site_host(), own_addresses())
    if recipient:
        if recipient.lower() in text:
            return False
        names.append(rf"(?<![\w.+-])[\w.+=-]{{1,80}}@{_any_of_hosts()}(?![\w-]|\.\w)")
    own = re.compile("|".join(names))
    found = own.search(text)
    if found is None or "@" in own.sub(" ", text):
        return False
    return not _AS_ORIGIN.search(text[: found.start()])


def _own_hosts(host: str, addresses: tuple[str, ...]) -> list[str]:
    return sorted({host, *(address.rpartition("@")[2] for address in addresses)})


def _any_of_hosts() -> str:
    return f"(?:{'|'.join(map(re.escape, _own_hosts(site_host(), own_addresses())))})"


def _each_own_name(host: str, addresses: tuple[str, ...]) -> list[str]:
    """Return regular expressions for our hosts, then for the addresses that our emails come from.

    Other addresses at our hosts may be those of readers.
    """
    hosts = _own_hosts(host, addresses)
    names = [rf"(?<![\w@.+-]){re.escape(one)}(?![\w-]|\.\w)" for one in hosts]
    for address in addresses:
        local, _, domain = address.rpartition("@")
        # with the token of a delivery
        names.append(rf"(?<![\w.+-]){re.escape(local)}(?:\+[\w.=-]{{1,80}})?@{re.escape(domain)}")
    return names


@lru_cache(maxsize=16)
def _own_names(host: str, addresses: tuple[str, ...]) -> re.Pattern[str]:
    names = _each_own_name(host, addresses)
    own = f"(?:{'|'.join(names)})"
    mailbox = f"(?:{'|'.join(names[-len(addresses) :])})"
    return re.compile(
        rf"{own}[\s:;,.>)\]'\"-]{{0,8}}{_FAILS}|\b{_FAILING}[\s:;,<(\['\"-]{{1,4}}{own}"
        # as Sendmail writes it
        rf"|{mailbox}[\s:;,.>)\]'\"-]{{0,8}}(?:user|mailbox|recipient|address) (?:is )?unknown"
    )
