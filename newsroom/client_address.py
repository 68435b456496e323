"""Where a request comes from, as far as that can be believed."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str | None:
    """Give the visitor's IP address, or None when nobody trustworthy says it.

    Behind a proxy that is the last hop of X-Forwarded-For, which our proxy wrote; whatever stands
    before it was sent by the visitor. Without a proxy the header is not read at all.
    """
    hop = str(request.META.get("REMOTE_ADDR", ""))
    if settings.BEHIND_PROXY and (hops := request.META.get("HTTP_X_FORWARDED_FOR")):
        hop = str(hops).rpartition(",")[2]
    return _address_of(hop.strip())


def network_of(ip: str | None) -> str:
    """Reduce an address to what one visitor holds, for counting: itself, or the /64 of IPv6."""
    if ip is None:
        return "unknown"
    if ip_address(ip).version == 4:
        return ip
    return str(ip_network(f"{ip}/64", strict=False))


def subnet_of(ip: str | None) -> str:
    """Reduce an address to the network that one provider's customer can hold: a /24, or a /64."""
    if ip is None:
        return "unknown"
    prefix = 24 if ip_address(ip).version == 4 else 64
    return str(ip_network(f"{ip}/{prefix}", strict=False))


def _address_of(hop: str) -> str | None:
    """Read an address as proxies write it: bare, or with a port as in [2001:db8::1]:80."""
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
