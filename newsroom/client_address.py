"""Where a request comes from: its IP address, as far as it can be trusted, and its browser.

A proxy writes into headers who asked it, and whether by https. Anybody else can write the same, so
these headers count only in requests from the addresses in TRUSTED_PROXIES.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str | None:
    """Return the visitor's IP address, or None if no trusted source gives one.

    Each proxy adds to X-Forwarded-For who asked it, so that the list is read from its end for as
    long as the address read so far is one of our proxies'. What stands before comes from the
    visitor.
    """
    address = _parse_address(str(request.META.get("REMOTE_ADDR", "")).strip())
    if not is_from_proxy(request):
        return address
    hops = str(request.META.get("HTTP_X_FORWARDED_FOR", ""))
    for hop in reversed(hops.split(",") if hops else []):
        address = _parse_address(hop.strip())
        if address is None or not is_proxy(address):
            break
    return address


def is_from_proxy(request: HttpRequest) -> bool:
    """Whether a proxy of ours passed this request on; what it says of the visitor counts then."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    if not peer:  # over a Unix socket, which only programs of this machine reach
        return bool(settings.TRUSTED_PROXIES)
    address = _parse_address(peer)
    return address is not None and is_proxy(address)


def is_proxy(ip: str) -> bool:
    """Whether TRUSTED_PROXIES has an IP address."""
    address = ip_address(ip)
    return any(address in network for network in settings.TRUSTED_PROXIES)


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
