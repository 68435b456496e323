"""`EMAIL_URL`, `SEND_DOMAIN_LIMITS` and `SEND_WARM_UP`: what is accepted, and what is refused."""

from __future__ import annotations

from datetime import date

import pytest

from newsroom.mail_servers import MailServerKind, TlsMode, parse_mail_server, parse_mail_servers
from newsroom.send_limit_settings import parse_domain_limits, parse_warm_up
from subscribers.sending.connection_limits import share_out


def test_a_server_with_all_its_options() -> None:
    server = parse_mail_server(
        "smtp://news:p%40ss@mail.example.com:587/?tls=starttls&timeout=5&weight=3&per_day=50000"
    )
    assert server.kind is MailServerKind.SMTP
    assert (server.host, server.port) == ("mail.example.com", 587)
    assert (server.username, server.password) == ("news", "p@ss")
    assert server.tls is TlsMode.STARTTLS
    assert (server.timeout, server.weight, server.per_day) == (5.0, 3, 50_000)
    assert server.name == "mail.example.com:587"


def test_a_providers_own_api() -> None:
    server = parse_mail_server("anymail.backends.postmark.EmailBackend?weight=2")
    assert server.kind is MailServerKind.ANYMAIL
    assert server.backend == "anymail.backends.postmark.EmailBackend"
    assert server.weight == 2


@pytest.mark.parametrize(
    ("urls", "problem"),
    [
        ("smtp://a.example.com?weight=0", "weight must be at least 1"),
        ("smtp://a.example.com?weight=much", "weight and per_day must be whole numbers"),
        ("smtp://a.example.com?per_day=-1", "per_day at least 0"),
        ("smtp://a.example.com smtp://a.example.com:25", "the same server twice"),
        ("smtp://a.example.com inbox:", "inbox: cannot be used"),
        ("anymail.backends.os.system", "is unknown"),
        ("os.system", "is unknown"),
        ("", "is unknown"),
    ],
)
def test_a_wrong_url_is_refused_with_the_reason(urls: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_mail_servers(urls)


@pytest.mark.parametrize(
    ("connections", "shares"), [(4, [3, 1]), (8, [6, 2]), (1, [1, 1]), (5, [4, 1])]
)
def test_connections_are_shared_out_by_weight(connections: int, shares: list[int]) -> None:
    servers = parse_mail_servers("smtp://a.example.com?weight=3 smtp://b.example.com")
    shared = share_out(connections, servers)
    assert [shared.count(server) for server in servers] == shares


def test_domains_of_one_mail_system_share_a_limit() -> None:
    limits = parse_domain_limits("gmail.com=20 outlook.com,Hotmail.com=2.5")
    assert limits["hotmail.com"] == limits["outlook.com"]
    assert limits["hotmail.com"].emails_per_s == 2.5
    assert limits["gmail.com"].name == "gmail.com"


@pytest.mark.parametrize("text", ["gmail.com", "gmail.com=0", "gmail=5", "a.com=1 a.com=2", "=5"])
def test_a_wrong_limit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"limit"):
        parse_domain_limits(text)


def test_a_warm_up_grows_by_half_each_day() -> None:
    plan = parse_warm_up("2026-12-01 200")
    assert plan is not None
    found = [plan.limit(date(2026, 12, day)) for day in (1, 2, 3, 15)]
    assert found == [200, 300, 450, 58_385]
    assert plan.limit(date(2026, 11, 1)) == 200
    assert plan.limit(date(2040, 1, 1)) > 1_000_000_000
    assert parse_warm_up("  ") is None


@pytest.mark.parametrize("text", ["2026-12-01", "soon 200", "2026-12-01 0", "2026-12-01 200 3"])
def test_a_wrong_warm_up_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"2026-12-01 200|at least 1"):
        parse_warm_up(text)
