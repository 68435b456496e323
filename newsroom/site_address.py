"""The host of this site and addresses at it, as mail servers and URLs need them: in A-labels.

Raw Unicode in an EHLO, an envelope or a Message-ID is refused by most servers (RFC 5321, section
2.3.5), so whatever puts our host or one of our addresses on the wire takes it from here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings

from newsroom.email_addresses import to_ascii_domain

# What ends an unquoted name (RFC 5322, section 3.2.3).
_SPECIALS = re.compile(r"[()<>\[\]:;@\\,.\"]")


def site_host() -> str:
    """Return our host in A-labels."""
    return ascii_host(settings.SITE_HOST)


def ascii_host(host: str) -> str:
    """Return a host in A-labels; a bare name or an IP address, in development, as it is.

    Raises ValueError for a name in another script that is not a domain.
    """
    try:
        return to_ascii_domain(host)
    except ValueError:
        if not host.isascii():
            raise
        return host.lower()


def ascii_url(url: str) -> str:
    """Return the address of a site with its host in A-labels. Raises ValueError."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host.isascii():
        return url
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=f"{ascii_host(host)}{port}").geturl()


@lru_cache(maxsize=256)  # every issue email needs it
def ascii_address(line: str) -> str:
    """Return 'Name <address>' or an address with its domain in A-labels.

    A name with a comma or the like is quoted (RFC 5322, section 3.2.4): unquoted, it would be read
    as several addresses. What is not an address, such as a name without one, is returned as it is.
    """
    before, at, rest = line.rpartition("@")
    domain, bracket, after = rest.partition(">")
    if not at:
        return line
    try:
        host = ascii_host(domain.strip())
    except ValueError:
        return line
    name, opening, local = before.rpartition("<")
    return f"{_quoted(name)}{opening}{local}{at}{host}{bracket}{after}"


def _quoted(name: str) -> str:
    """Return the name before an address, in quotation marks if it needs them."""
    words = name.strip()
    if not _SPECIALS.search(words) or (words.startswith('"') and words.endswith('"')):
        return name
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" '


def address_with_token(address: str, token: str) -> str:
    """Return one of our addresses with a token after its local part: 'replies+token@host'."""
    local, domain = ascii_address(address).split("@")
    return f"{local}+{token}@{domain}"
