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


@lru_cache(maxsize=16)
def _own_names(host: str, addresses: tuple[str, ...]) -> re.Pattern[str]:
    hosts = {host, *(address.rpartition("@")[2] for address in addresses)}
    names = [rf"(?<![\w@.+-]){re.escape(one)}(?![\w-]|\.\w)" for one in sorted(hosts)]
    for address in addresses:
        local, _, domain = address.rpartition("@")
        # with the token of a delivery
        names.append(rf"(?<![\w.+-]){re.escape(local)}(?:\+[\w.=-]{{1,80}})?@{re.escape(domain)}")
    own = f"(?:{'|'.join(names)})"
    mailbox = f"(?:{'|'.join(names[len(hosts) :])})"
    return re.compile(
        rf"{own}[\s:;,.>)\]'\"-]{{0,8}}{_FAILS}|\b{_FAILING}[\s:;,<(\['\"-]{{1,4}}{own}"
        # as Sendmail writes it
        rf"|{mailbox}[\s:;,.>)\]'\"-]{{0,8}}(?:user|mailbox|recipient|address) (?:is )?unknown"
    )
