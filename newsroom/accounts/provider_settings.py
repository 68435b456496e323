"""The OpenID Connect provider that knows the staff, as variables name it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider: its issuer, our credentials there, and which of its groups is which of ours."""

    issuer: str
    client_id: str
    client_secret: str
    name: str
    groups_claim: str
    groups: Mapping[str, str]  # of the provider: of ours
    has_second_factor: bool

    @property
    def discovery_url(self) -> str:
        """Where the provider says its addresses (OpenID Connect Discovery 1.0, section 4)."""
        return f"{self.issuer}/.well-known/openid-configuration"


def parse_issuer(issuer: str) -> str:
    """Return the issuer without a slash at its end; empty without one. Raises ValueError."""
    parts = urlsplit(issuer)
    is_local = parts.hostname in {"localhost", "127.0.0.1"}
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_local)
    if issuer and not (parts.hostname and is_safe):
        raise ValueError("write the issuer of the provider, such as https://id.example.com")
    return issuer.rstrip("/")


def parse_groups(text: str) -> dict[str, str]:
    """Return “writers=Editors,chief=Administrators” as a mapping. Raises ValueError."""
    found = {}
    for pair in filter(None, re.split(r"\s*,\s*", text.strip())):
        theirs, equals, ours = pair.rpartition("=")
        if not (theirs and equals and ours):
            raise ValueError("write groups as THEIRS=OURS, such as writers=Editors")
        found[theirs] = ours
    return found
