"""What a request says of its own path counts only if one of our proxies passed it on."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client, RequestFactory

from newsroom.client_address import client_ip
from newsroom.environment import parse_networks
from newsroom.middleware import TrustedProxyMiddleware

PROXY, OTHER_PROXY, STRANGER, READER = "10.0.0.7", "2001:db8::7", "203.0.113.9", "198.51.100.4"


@pytest.fixture(autouse=True)
def _proxies(settings: Any) -> None:
    settings.TRUSTED_PROXIES = (ip_network("10.0.0.0/24"), ip_network("2001:db8::7/128"))
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


@pytest.mark.parametrize(
    ("peer", "header", "ip"),
    [
        (PROXY, READER, READER),
        (OTHER_PROXY, READER, READER),
        (f"::ffff:{PROXY}", READER, READER),  # IPv4 on a socket of IPv6
        ("", READER, READER),  # a Unix socket
        (PROXY, f"6.6.6.6, {READER}", READER),  # what the visitor wrote stands before
        (PROXY, f"{READER}, 10.0.0.9", READER),  # a balancer before the proxy
        (PROXY, f"6.6.6.6, {READER}, {OTHER_PROXY}, 10.0.0.9", READER),
        (PROXY, "10.0.0.8, 10.0.0.9", "10.0.0.8"),  # a proxy asks for itself
        (PROXY, None, PROXY),
        (PROXY, "nonsense", None),
        (PROXY, f"{READER}, nonsense", None),
        (STRANGER, READER, STRANGER),
        (STRANGER, PROXY, STRANGER),
        (STRANGER, f"{READER}, {PROXY}", STRANGER),
    ],
)
def test_the_visitor_is_who_our_last_proxy_saw(
    peer: str, header: str | None, ip: str | None
) -> None:
    headers = {} if header is None else {"x-forwarded-for": header}
    assert client_ip(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers)) == ip


@pytest.mark.parametrize(("peer", "is_believed"), [(PROXY, True), (STRANGER, False), ("", True)])
def test_only_our_proxies_are_believed(peer: str, *, is_believed: bool) -> None:
    seen: list[Any] = []
    middleware = TrustedProxyMiddleware(seen.append)  # type: ignore[arg-type]
    headers = {
        "x-forwarded-proto": "https",
        "x-forwarded-for": READER,
        "x-forwarded-host": "evil.example",
    }
    middleware(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers))
    [request] = seen
    assert request.is_secure() == is_believed
    assert (client_ip(request) == READER) == is_believed
    assert request.get_host().partition(":")[0] == "testserver"


def test_without_proxies_nobody_is_believed(settings: Any) -> None:
    settings.TRUSTED_PROXIES = ()
    for peer in ("127.0.0.1", "::1", "", PROXY):
        request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"x-forwarded-for": READER})
        assert client_ip(request) in {peer or None, peer}


def test_networks_are_read_as_they_are_usually_written() -> None:
    assert parse_networks("127.0.0.1, ::1 10.0.0.0/8") == tuple(
        map(ip_network, ("127.0.0.1/32", "::1/128", "10.0.0.0/8"))
    )
    assert parse_networks("") == ()
    for wrong in ("10.0.0.1/8", "localhost", "10.0.0.0/33", "*"):
        with pytest.raises(ValueError, match=r"not|host bits"):
            parse_networks(wrong)


@pytest.mark.django_db
def test_the_middleware_comes_before_everything_that_asks(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    headers = {"x-forwarded-proto": "https"}
    assert client.get("/preferences/", headers=headers, REMOTE_ADDR=PROXY).status_code == 200
    assert client.get("/preferences/", headers=headers, REMOTE_ADDR=STRANGER).status_code == 301
