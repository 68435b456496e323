"""Ask a web address on the internet, and nothing on our own network.

Whoever can write a link could otherwise make this server open pages that only it can reach. So the
host is looked up once, each of its addresses has to be public, and the connection goes to the
address that was checked, whatever DNS says a moment later. Redirects are followed by hand, each
with the same checks. Time and bytes are limited for the whole of it.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from urllib.parse import quote, urlencode, urljoin, urlsplit

from newsroom.site_address import ascii_host

SECONDS = 8.0
MAX_HEAD_BYTES = 32_768
MAX_ANSWER_BYTES = 65_536
MAX_REDIRECTS = 5
PORTS = {80, 443, 8000, 8080, 8443}
USER_AGENT = "Mozilla/5.0 (compatible; NewsroomLinkCheck)"
# Networks that Python 3.11 takes for public ones: addresses for special purposes, site-local ones,
# and those that hold an IPv4 address (NAT64, 6to4, Teredo) or lead to one (RFC 7526).
_SPECIAL = tuple(
    map(
        ipaddress.ip_network,
        (
            *("192.0.0.0/24", "192.88.99.0/24", "3fff::/20", "5f00::/16", "fec0::/10"),
            *("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"),
        ),
    )
)
_END_OF_HEAD = b"\r\n\r\n"
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_LOCATION = re.compile(rb"^location:[ \t]*([^\r\n]*?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


class Failure(Enum):
    """Why there is no status."""

    NOT_ALLOWED = "not allowed"  # not a public web address
    PRIVATE = "private network"
    NO_SUCH_HOST = "no such host"
    NO_NETWORK = "no network"  # ours, perhaps
    NO_ANSWER = "no answer"
    BAD_CERTIFICATE = "bad certificate"
    TOO_MANY_REDIRECTS = "too many redirects"


class RequestFailed(Exception):
    """An address could not be asked; `failure` says why."""

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(f"{failure.value}: {detail}" if detail else failure.value)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class _Target:
    """The parts of an address that a request needs."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port in {80, 443} else f"{host}:{self.port}"


def fetch_status(address: str, *, seconds: float = SECONDS) -> int:
    """Return the HTTP status of a page after redirects, without reading it. Raises RequestFailed.

    `seconds` limits the whole, except for one lookup of a host in DNS.
    """
    deadline = time.monotonic() + seconds
    for _ in range(MAX_REDIRECTS + 1):
        target = _parse(address)
        status, location = _request(target, deadline)
        if not 300 <= status < 400 or status == HTTPStatus.NOT_MODIFIED or not location:
            return status
        try:
            address = urljoin(address, location)
        except ValueError:
            raise RequestFailed(Failure.NOT_ALLOWED, "a malformed redirect") from None
    raise RequestFailed(Failure.TOO_MANY_REDIRECTS)


def post_form(address: str, fields: Mapping[str, str], *, seconds: float = SECONDS) -> str:
    """Send a form and return the answer's text, in its first bytes. Raises RequestFailed.

    Redirects are not followed, and any status but 200 is a failure. We speak HTTP/1.0, so that the
    answer comes in one piece and ends with the connection.
    """
    deadline = time.monotonic() + seconds
    target, body = _parse(address), urlencode(fields).encode()
    head = (
        f"POST {target.path} HTTP/1.0\r\nHost: {target.host_header}\r\n"
        f"User-Agent: {USER_AGENT}\r\n"
        "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    request = head.encode("ascii") + body
    status, _, answer = _exchange(target, deadline, request, max_bytes=MAX_ANSWER_BYTES)
    if status != HTTPStatus.OK:
        raise RequestFailed(Failure.NO_ANSWER, f"status {status}")
    return answer.decode("utf-8", "replace")


def is_public(ip: str) -> bool:
    """Whether an IP address is on the internet, not on a private, local or special network."""
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return is_public(str(address.ipv4_mapped))
    if any(address in network for network in _SPECIAL):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _parse(address: str) -> _Target:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise RequestFailed(Failure.NOT_ALLOWED, "a malformed address") from None
    scheme = parts.scheme.lower()
    if scheme not in {"http", "https"} or not host:
        raise RequestFailed(Failure.NOT_ALLOWED, "not a web address")
    if parts.username is not None or parts.password is not None:
        raise RequestFailed(Failure.NOT_ALLOWED, "an address with a password")
    port = port or (443 if scheme == "https" else 80)
    if port not in PORTS:
        raise RequestFailed(Failure.NOT_ALLOWED, f"port {port}")
    try:
        host = ascii_host(host).encode("idna").decode()
    except ValueError:
        raise RequestFailed(Failure.NO_SUCH_HOST, host) from None
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    if parts.query:
        path += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return _Target(scheme, host, port, path)


def _resolve(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host. Raises RequestFailed unless all of them are public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        is_unknown = error.errno in {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None)}
        failure = Failure.NO_SUCH_HOST if is_unknown else Failure.NO_NETWORK
        raise RequestFailed(failure, host) from None
    except (OSError, UnicodeError):
        raise RequestFailed(Failure.NO_SUCH_HOST, host) from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not addresses or not all(map(is_public, addresses)):
        raise RequestFailed(Failure.PRIVATE, host)
    return addresses


def _request(target: _Target, deadline: float) -> tuple[int, str]:
    """Return the status of one address, and where it redirects to."""
    request = (
        f"GET {target.path} HTTP/1.1\r\nHost: {target.host_header}\r\n"
        f"User-Agent: {USER_AGENT}\r\nAccept: text/html,*/*\r\nConnection: close\r\n\r\n"
    )
    status, head, _ = _exchange(
        target, deadline, request.encode("ascii"), until=_END_OF_HEAD, max_bytes=MAX_HEAD_BYTES
    )
    location = _LOCATION.search(head)
    return status, location[1].decode("utf-8", "replace") if location else ""


def _exchange(
    target: _Target, deadline: float, request: bytes, *, until: bytes = b"", max_bytes: int
) -> tuple[int, bytes, bytes]:
    """Send a request; return the status, the head and the body of the answer.

    It is read to its end, or until it has the bytes `until`, or about `max_bytes`.
    """
    addresses = _resolve(target.host, target.port)
    received = b""
    try:
        with _connect(addresses, target, deadline) as connection:
            connection.settimeout(_left(deadline))
            connection.sendall(request)
            while len(received) < max_bytes and not (until and until in received):
                connection.settimeout(_left(deadline))
                chunk = connection.recv(4096)
                if not chunk:
                    break
                received += chunk
    except ssl.SSLCertVerificationError as error:
        raise RequestFailed(Failure.BAD_CERTIFICATE, error.verify_message) from None
    except (OSError, UnicodeError) as error:
        raise RequestFailed(Failure.NO_ANSWER, type(error).__name__) from None
    head, _, body = received.partition(_END_OF_HEAD)
    status = _STATUS.match(head)
    if status is None:
        raise RequestFailed(Failure.NO_ANSWER, "not an HTTP answer")
    return int(status[1]), head, body


def _connect(addresses: list[str], target: _Target, deadline: float) -> socket.socket:
    """Connect to the first address that accepts, and to none but these. Raises OSError."""
    problem: OSError = ConnectionError("no address")
    for address in addresses[:3]:
        try:
            plain = socket.create_connection((address, target.port), timeout=_left(deadline))
        except OSError as error:
            problem = error
            continue
        if target.scheme == "http":
            return plain
        plain.settimeout(_left(deadline))
        try:
            return ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)
        except OSError:
            plain.close()
            raise
    raise problem


def _left(deadline: float) -> float:
    """Return the seconds that are left. Raises TimeoutError."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
