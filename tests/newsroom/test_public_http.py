"""A web address on the internet can be asked for its status, and nothing on our own network."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from newsroom import public_http
from newsroom.public_http import Failure, RequestFailed, fetch_status, is_public, post_form

PUBLIC = "93.184.215.14"


class Site:
    """A server on loopback that gives each connection one of its answers, the last one for ever."""

    def __init__(self, *answers: bytes, drip: bool = False) -> None:
        self.answers = list(answers)
        self.drip = drip
        self.requests: list[str] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self.closed = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while not self.closed.is_set():
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        try:
            self.requests.append(connection.recv(8192).decode())
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            connection.sendall(answer)
            while self.drip and not self.closed.wait(0.05):
                connection.sendall(b"x")
        except OSError:
            return


@contextmanager
def site(*answers: bytes, drip: bool = False) -> Iterator[Site]:
    server = Site(*answers, drip=drip)
    yield server
    server.closed.set()
    server.socket.close()


def answer(status: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode()


@pytest.fixture
def loopback_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tests ask their own server, which is on no public network, on any port."""
    monkeypatch.setattr(public_http, "is_public", lambda ip: ip == "127.0.0.1")
    monkeypatch.setattr(public_http, "PORTS", range(1, 65_536))


def refusal(address: str, **options: Any) -> Failure:
    with pytest.raises(RequestFailed) as failed:
        fetch_status(address, **options)
    return failed.value.failure


@pytest.mark.usefixtures("loopback_is_public")
@pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "500 Oops", "304 Not Modified"])
def test_the_status_of_a_page_is_returned(status: str) -> None:
    with site(answer(status)) as server:
        address = f"http://127.0.0.1:{server.port}/a b/é?q=ü#part"
        assert fetch_status(address) == int(status[:3])
    assert server.requests[0].startswith("GET /a%20b/%C3%A9?q=%C3%BC HTTP/1.1\r\nHost: 127.0.0.1:")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",  # where clouds keep their secrets
        "0.0.0.0",  # noqa: S104  (asked, not bound to)
        "100.64.0.1",
        "224.0.0.1",
        "2130706433",
        "0x7f.1",
        "[::1]",
        "[fd00::1]",
        "[fe80::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fec0::1]",
        "[64:ff9b:1::7f00:1]",
        "[3fff::1]",
        "192.0.0.8",
        "192.88.99.1",
        "[::ffff:0:7f00:1]",
    ],
)
def test_private_networks_are_refused_however_they_are_written(host: str) -> None:
    assert refusal(f"http://{host}/") in {Failure.PRIVATE, Failure.NO_SUCH_HOST}


def test_nothing_connects_to_a_private_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: Any, **__: Any) -> None:
        raise AssertionError("connected")

    monkeypatch.setattr(socket, "create_connection", connect)
    with site(answer("200 OK")) as server:
        monkeypatch.setattr(public_http, "PORTS", {server.port})
        assert refusal(f"http://127.0.0.1:{server.port}/") == Failure.PRIVATE
    assert server.requests == []


@pytest.mark.parametrize("ip", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_public_addresses_are_public(ip: str) -> None:
    assert is_public(ip)


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "ftp://example.org/",
        "http:///",
        "http://user:secret@example.org/",
        "http://example.org:22/",
        "http://example.org:99999/",
        "http://[::1/",
        "gopher://example.org:80/",
        "example.org",
    ],
)
def test_what_is_not_a_plain_web_address_is_refused(address: str) -> None:
    assert refusal(address) == Failure.NOT_ALLOWED


def test_a_host_with_one_private_address_among_public_ones_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entries = [(socket.AF_INET, 1, 6, "", (ip, 80)) for ip in (PUBLIC, "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: entries)

    assert refusal("http://rebound.example/") == Failure.PRIVATE


def test_dns_that_changes_its_mind_leads_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that was checked is the one that is connected to; DNS is not asked again."""
    answers = iter([PUBLIC, "127.0.0.1", "127.0.0.1"])
    connected: list[Any] = []

    def look_up(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, 1, 6, "", (next(answers), 80))]

    def connect(address: Any, **_: Any) -> None:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", connect)

    assert refusal("http://rebound.example/") == Failure.NO_ANSWER
    assert connected == [(PUBLIC, 80)]


@pytest.mark.usefixtures("loopback_is_public")
def test_redirects_are_followed() -> None:
    with site(answer("302 Found", "Location: /there"), answer("200 OK")) as server:
        assert fetch_status(f"http://127.0.0.1:{server.port}/here") == 200
    assert [request.split()[1] for request in server.requests] == ["/here", "/there"]


@pytest.mark.usefixtures("loopback_is_public")
@pytest.mark.parametrize(
    ("location", "failure"),
    [
        ("http://10.0.0.1/", Failure.PRIVATE),
        ("http://169.254.169.254/latest/meta-data/", Failure.PRIVATE),
        ("http://[::1]/", Failure.PRIVATE),
        ("file:///etc/passwd", Failure.NOT_ALLOWED),
        ("http://a:b@127.0.0.1/", Failure.NOT_ALLOWED),
        ("http://[::1/", Failure.NOT_ALLOWED),
    ],
)
def test_a_redirect_to_where_nobody_may_go_is_refused(location: str, failure: Failure) -> None:
    with site(answer("301 Moved", f"Location: {location}")) as server:
        assert refusal(f"http://127.0.0.1:{server.port}/") == failure


@pytest.mark.usefixtures("loopback_is_public")
def test_redirects_in_a_circle_end() -> None:
    with site(answer("302 Found", "Location: /again")) as server:
        assert refusal(f"http://127.0.0.1:{server.port}/") == Failure.TOO_MANY_REDIRECTS
    assert len(server.requests) == public_http.MAX_REDIRECTS + 1


@pytest.mark.usefixtures("loopback_is_public")
def test_a_server_that_sends_for_ever_is_left_in_time() -> None:
    with site(b"HTTP/1.1 200 OK\r\nX: ", drip=True) as server:
        start = time.monotonic()
        assert refusal(f"http://127.0.0.1:{server.port}/", seconds=0.5) == Failure.NO_ANSWER
        # A server that never ends its headers would otherwise hold us for ever.
        assert time.monotonic() - start < 15


@pytest.mark.usefixtures("loopback_is_public")
def test_a_server_that_sends_too_much_is_not_read_to_the_end() -> None:
    with site(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200_000) as server:
        assert fetch_status(f"http://127.0.0.1:{server.port}/") == 200


@pytest.mark.usefixtures("loopback_is_public")
@pytest.mark.parametrize("words", [b"", b"SSH-2.0-OpenSSH_9\r\n\r\n", b"\x00\xff\r\n\r\n"])
def test_what_does_not_speak_http_gives_no_answer(words: bytes) -> None:
    with site(words) as server:
        assert refusal(f"http://127.0.0.1:{server.port}/") == Failure.NO_ANSWER


@pytest.mark.parametrize(
    ("error", "failure"),
    [(socket.EAI_NONAME, Failure.NO_SUCH_HOST), (socket.EAI_AGAIN, Failure.NO_NETWORK)],
)
def test_a_host_that_does_not_exist_is_told_from_a_missing_network(
    error: int, failure: Failure, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(*_: Any, **__: Any) -> None:
        raise socket.gaierror(error, "as DNS says it")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    assert refusal("http://nobody.example/") == failure


# --- forms


@pytest.mark.usefixtures("loopback_is_public")
def test_a_form_is_sent_and_the_answer_read() -> None:
    with site(answer("200 OK", "Content-Type: text/plain") + b"true") as server:
        said = post_form(f"http://127.0.0.1:{server.port}/check", {"words": "Tea & cäke"})
    assert said == "true"
    head, _, body = server.requests[0].partition("\r\n\r\n")
    assert head.startswith("POST /check HTTP/1.0\r\n")
    assert f"Content-Length: {len(body)}" in head
    assert body == "words=Tea+%26+c%C3%A4ke"


@pytest.mark.usefixtures("loopback_is_public")
@pytest.mark.parametrize("reply", [answer("302 Found", "Location: /x"), answer("500 Oops"), b"?"])
def test_a_form_follows_no_redirect_and_takes_no_other_answer(reply: bytes) -> None:
    with site(reply) as server, pytest.raises(RequestFailed):
        post_form(f"http://127.0.0.1:{server.port}/", {})
    assert len(server.requests) == 1


@pytest.mark.usefixtures("loopback_is_public")
def test_a_form_ends_in_time_and_after_enough_bytes() -> None:
    with site(answer("200 OK"), drip=True) as server, pytest.raises(RequestFailed):
        post_form(f"http://127.0.0.1:{server.port}/", {}, seconds=0.5)
    with site(answer("200 OK") + b"x" * 200_000) as server:
        assert (
            len(post_form(f"http://127.0.0.1:{server.port}/", {})) <= public_http.MAX_ANSWER_BYTES
        )


def test_a_form_is_not_sent_to_a_private_network() -> None:
    with pytest.raises(RequestFailed) as failed:
        post_form("http://127.0.0.1:8000/", {})
    assert failed.value.failure == Failure.PRIVATE
