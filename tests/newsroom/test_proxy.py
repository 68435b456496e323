"""The proxies in ops/: TLS, HTTP/2, the headers of their own answers, and what they log."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from newsroom.tokens import make_row_token, sign_id, sign_value
from tests.servers.nginx import PROGRAM, Nginx
from tests.servers.programs import ROOT
from tests.servers.smtp_guarded import make_certificate

HOST = "news.example.com"
SECONDS = 60.0
nginx_is_needed = pytest.mark.skipif(PROGRAM is None, reason="nginx is not installed")


class Web(BaseHTTPRequestHandler):
    """Stands for the web process: a page with its own policy, and what it heard of the visitor."""

    def do_GET(self) -> None:
        told = {name.lower(): value for name, value in self.headers.items()}
        names = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded")
        body = "\n".join(f"{name}: {told.get(name, '-')}" for name in names).encode()
        self.send_response(200)
        self.send_header("Content-Security-Policy", "default-src 'self'")
        self.send_header("Strict-Transport-Security", "max-age=1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Write nothing."""


@pytest.fixture
def web() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Web) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def proxy(tmp_path: Path, web: int) -> Iterator[Nginx]:
    """Start nginx with the example, https included."""
    (tmp_path / "uploads").mkdir()
    server = Nginx(
        tmp_path, behind=web, uploads=tmp_path / "uploads", certificate=make_certificate(tmp_path)
    )
    yield server
    server.stop()


def connect(port: int, *, host: str = HOST, newest: ssl.TLSVersion | None = None) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"] if newest is None else ["http/1.1"])
    if newest:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.maximum_version = newest
    plain = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
    return context.wrap_socket(plain, server_hostname=host)


def get(port: int, path: str, *headers: str) -> str:
    lines = [f"GET {path} HTTP/1.1", f"Host: {HOST}", "Connection: close", *headers, "", ""]
    answer = b""
    with connect(port, newest=ssl.TLSVersion.TLSv1_2) as connection:
        connection.sendall("\r\n".join(lines).encode())
        while piece := connection.recv(1 << 16):
            answer += piece
    return answer.decode()


@nginx_is_needed
def test_the_proxy_speaks_http_2_and_new_tls_to_its_own_host_only(proxy: Nginx) -> None:
    with connect(proxy.port) as connection:
        assert connection.selected_alpn_protocol() == "h2"
        assert connection.version() == "TLSv1.3"
    with connect(proxy.port, newest=ssl.TLSVersion.TLSv1_2) as connection:
        cipher = connection.cipher()
        assert cipher is not None
        assert cipher[0].startswith("ECDHE-")  # forward secrecy
    old = ["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.port}", "-servername", HOST]
    refused = subprocess.run(
        [*old, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert "Cipher is (NONE)" in refused.stdout
    with pytest.raises(ssl.SSLError):
        connect(proxy.port, host="other.example")


@nginx_is_needed
def test_the_proxys_own_answers_have_its_headers(proxy: Nginx) -> None:
    for path, status in (("/", "200"), ("/x", "413")):
        headers = ["Content-Length: 9000000"] if status == "413" else []
        head = get(proxy.port, path, *headers).partition("\r\n\r\n")[0]
        assert head.startswith(f"HTTP/1.1 {status} ")
        for name in ("Strict-Transport-Security", "Content-Security-Policy"):
            assert head.count(f"\r\n{name}: ") == 1, head
        assert head.count("\r\nX-Content-Type-Options: nosniff") == 1
        assert re.search(r"\r\nServer: nginx\r\n", head)  # without its version
    assert "max-age=1\r" in get(proxy.port, "/")  # a page's own header stays as it is


@nginx_is_needed
def test_the_proxy_says_itself_who_asks(proxy: Nginx) -> None:
    lies = [f"{name}: 6.6.6.6" for name in ("X-Forwarded-For", "X-Forwarded-Host", "Forwarded")]
    told = get(proxy.port, "/", *lies, "X-Forwarded-Proto: http").partition("\r\n\r\n")[2]
    assert told.splitlines() == [
        "x-forwarded-for: 127.0.0.1",
        "x-forwarded-proto: https",
        "x-forwarded-host: -",
        "forwarded: -",
    ]


def secret_addresses() -> list[tuple[str, str]]:
    """Return an address for each page behind a token, and the token in it."""
    tokens = [make_row_token(), sign_id("x", 7), sign_value("x", "7 0a"), "c9t-" + "0a" * 16]
    found = []

    def walk(patterns: list[URLPattern | URLResolver], prefix: str = "") -> None:
        for pattern in patterns:
            route = f"{prefix}{pattern.pattern}"
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, route)
            elif "token>" in route:
                for token in tokens:
                    filled = re.sub(r"<(?:\w+:)?token>", token, route)
                    found.append(("/" + re.sub(r"<[^>]+>", "7", filled), token))

    walk(get_resolver().url_patterns)
    assert len(found) > 60
    return found


@nginx_is_needed
def test_the_proxy_logs_no_token_and_no_search(proxy: Nginx) -> None:
    pages = secret_addresses()
    lost = f"/unsubscribe-me/{make_row_token()}/"
    with connect(proxy.port, newest=ssl.TLSVersion.TLSv1_2) as connection:
        for path, _ in [*pages, (lost, "")]:
            head = f"GET {path}?q=ada HTTP/1.1\r\nHost: {HOST}\r\n"
            head += f"Referer: https://{HOST}{path}\r\n\r\n"
            connection.sendall(head.encode())
            assert b" 200 " in connection.recv(1 << 16)
    get(proxy.port, "/the-ward-round/58/how-a-hospital-counts-its-beds/?utm_source=ada")
    get(proxy.port, "/admin/subscribers/subscriber/?q=ada@example.org", "Content-Length: 9000000")
    proxy.stop()
    lines = proxy.log.read_text().splitlines()
    assert len(lines) == len(pages) + 3
    for line, (path, token) in zip(lines, [*pages, (lost, lost.split("/")[-2])], strict=False):
        assert token not in line, path
        assert re.search(r'"GET /[^ ?]+\.\.\." 200 ', line), line
        assert f'"https://{HOST}"' in line  # of the page before, only its site
    assert '"GET /the-ward-round/58/how-a-hospital-counts-its-beds/" 200' in lines[-2]
    assert '"GET /admin/subscribers/subscriber/" 413' in lines[-1]
    for secret in ("ada", *(token for _, token in pages)):
        assert secret not in proxy.log.read_text()
        assert secret not in proxy.error_log.read_text()


def test_both_proxies_hide_the_same_pages() -> None:
    """Caddy is not among the programs of the tests; its pattern is that of nginx."""
    ours, theirs = (
        re.search(
            r"admin/password-reset\|[^)]*\)[^\"]*?view\)/\)", (ROOT / "ops" / name).read_text()
        )
        for name in ("nginx.conf", "Caddyfile")
    )
    assert ours is not None
    assert theirs is not None
    assert ours[0] == theirs[0]
    pattern = re.compile(rf"^(/(?:{theirs[0].removesuffix(')/)')})/)[^?].*$")
    for path, token in secret_addresses():
        assert token not in pattern.sub(r"\1…", path)


@pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed")
def test_caddy_understands_its_example(tmp_path: Path) -> None:
    example = tmp_path / "Caddyfile"
    lines = (ROOT / "ops" / "Caddyfile").read_text().splitlines()
    # Debian 12 has Caddy 2.6, which does not know this option.
    example.write_text("\n".join(line for line in lines if "request_buffers" not in line) + "\n")
    done = subprocess.run(
        ["caddy", "adapt", "--config", str(example), "--adapter", "caddyfile"],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
