"""Where a request comes from: its IP address, as far as it can be trusted, and its browser."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str | None:
    """Return the visitor's IP address, or None if no trusted source gives one.

    Behind a proxy this is the last entry of X-Forwarded-For, which our proxy added; the entries
    before it come from the visitor. Without a proxy the header is ignored.
    """
    hop = str(request.META.get("REMOTE_ADDR", ""))
    if settings.BEHIND_PROXY and (hops := request.META.get("HTTP_X_FORWARDED_FOR")):
        hop = str(hops).rpartition(",")[2]
    return _parse_address(hop.strip())


def user_agent(request: HttpRequest) -> str:
    """Return what the visitor's browser calls itself, shortened."""
    return str(request.META.get("HTTP_USER_AGENT", ""))[:300]


def network_of(ip: str | None) -> str:
    """Return what one visitor has, for counting: an IPv4 address itself, the /64 of an IPv6 one."""
    if ip is None:
        return "unknown"
    if ip_address(ip).version == 4:
        return ip
    return str(ip_network(f"{ip}/64", strict=False))


def subnet_of(ip: str | None) -> str:
    """Return the network that one customer of a provider may have: the /24 (IPv4) or /64 (IPv6)."""
    if ip is None:
        return "unknown"
    prefix = 24 if ip_address(ip).version == 4 else 64
    return str(ip_network(f"{ip}/{prefix}", strict=False))


def _parse_address(hop: str) -> str | None:
    """Return an address as proxies write it: bare, or with a port as in [2001:db8::1]:80."""
    if hop.startswith("["):
        hop = hop[1:].partition("]")[0]
    elif hop.count(":") == 1:
        hop = hop.partition(":")[0]
    try:
        address = ip_address(hop.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(address)
