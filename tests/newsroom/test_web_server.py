"""The web server as it is shipped: what it takes of a body, for how long, and whom it believes."""

from __future__ import annotations

import re
import runpy
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.servers.nginx import PROGRAM, Nginx
from tests.servers.processes import Process, free_port
from tests.servers.programs import PYTHON, ROOT, environment

SECONDS = 120.0  # for a machine that is busy
HOST = "news.example.com"
LARGE = 300_000_000
# What the kernel takes before anybody reads it, and what a server drains before it closes.
BUFFERED = 40_000_000
MULTIPART = "multipart/form-data; boundary=edge"
FILE = (
    b'--edge\r\nContent-Disposition: form-data; name="file"; filename="x.bin"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n"
)

CONFIGURATION = runpy.run_path(str(ROOT / "gunicorn.conf.py"))

Start = Callable[..., int]


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    """Return the folder in which the servers put bodies."""
    folder = tmp_path / "uploads"
    folder.mkdir()
    return folder


@pytest.fixture
def start_gunicorn(tmp_path: Path, uploads: Path) -> Iterator[Start]:
    """Start the web server with its own configuration; it needs no database for these answers."""
    with ExitStack() as ending:

        def start(**variables: str) -> int:
            port = free_port()
            env = environment(
                SECRET_KEY="0123456789" * 5,
                SITE_URL=f"https://{HOST}",
                EMAIL_URL="smtp://127.0.0.1:2525",
                VAR_DIR=str(tmp_path / "var"),
                TMPDIR=str(uploads),
                **variables,
            )
            command = [PYTHON, "-m", "gunicorn", "newsroom.wsgi", "--bind", f"127.0.0.1:{port}"]
            server = Process(command, env=env, cwd=ROOT, log=tmp_path / "gunicorn.log")
            ending.callback(server.stop, signal.SIGTERM)
            server.wait_until(
                lambda: b" 200 " in get(port, "/healthz"), seconds=SECONDS, what="the web server"
            )
            return port

        yield start


@pytest.fixture
def start_nginx(tmp_path: Path, uploads: Path) -> Iterator[Start]:
    """Start nginx with the example in ops/, on a port without TLS, in front of a web server."""
    if PROGRAM is None:
        pytest.skip("nginx is not installed")
    with ExitStack() as ending:

        def start(behind: int) -> int:
            server = Nginx(tmp_path, behind=behind, uploads=uploads)
            ending.callback(server.stop)
            return server.port

        yield start


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=SECONDS)


def head_of(method: str, path: str, *headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def get(port: int, path: str, *headers: str) -> bytes:
    """Return the whole answer to a GET; empty if the server refuses the connection."""
    answer = b""
    with suppress(ConnectionError), connect(port) as connection:
        connection.sendall(head_of("GET", path, *headers))
        while piece := connection.recv(1 << 16):
            answer += piece
    return answer


def send_until_answered(
    connection: socket.socket, size: int, *, chunked: bool = False
) -> tuple[bytes, int]:
    """Send a body until the server answers; return the first line of the answer, and the bytes."""
    piece = b"x" * (1 << 16)
    if chunked:
        piece = f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    sent = 0
    connection.settimeout(SECONDS)
    while sent < size:
        readable, writable, _ = select.select([connection], [connection], [], SECONDS)
        if readable or not writable:
            break
        try:
            sent += connection.send(piece)
        except (BrokenPipeError, ConnectionResetError):
            break
    with suppress(ConnectionResetError):
        return connection.recv(1 << 16).split(b"\r\n")[0], sent
    return b"", sent


def largest_file(folder: Path) -> int:
    return max((file.stat().st_size for file in folder.rglob("*") if file.is_file()), default=0)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/subscribe/", b"413"),
        ("/admin/login/", b"413"),
        ("/hooks/mailgun/", b"413"),
        ("/admin/subscribers/subscriberimport/add/", b"302"),
        ("/admin/briefings/issue/upload-image/", b"403"),
    ],
)
@pytest.mark.parametrize("shape", ["with its length", "chunked"])
def test_a_visitors_body_of_300_mb_is_refused_with_little_of_it_taken(
    start_gunicorn: Start, uploads: Path, path: str, status: bytes, shape: str
) -> None:
    port = start_gunicorn(BEHIND_PROXY="true")
    framing = (
        f"Content-Length: {LARGE}" if shape == "with its length" else "Transfer-Encoding: chunked"
    )
    https = "X-Forwarded-Proto: https"
    with connect(port) as connection:
        connection.sendall(head_of("POST", path, framing, f"Content-Type: {MULTIPART}", https))
        if shape == "chunked":
            status = b"411"
            connection.sendall(f"{len(FILE):x}\r\n".encode() + FILE + b"\r\n")
        else:
            connection.sendall(FILE)
        answer, sent = send_until_answered(connection, LARGE, chunked=shape == "chunked")
    assert status in answer
    assert sent < BUFFERED
    assert largest_file(uploads) == 0


def test_behind_a_proxy_each_request_has_a_connection_of_its_own(start_gunicorn: Start) -> None:
    """Kept connections would all go to one of the worker processes if it happens to be awake."""
    port = start_gunicorn(BEHIND_PROXY="true")
    assert b"\r\nconnection: close\r\n" in get(port, "/healthz").lower()


@pytest.mark.slow
def test_eight_bodies_that_never_end_do_not_stop_the_only_process(start_gunicorn: Start) -> None:
    """All of its threads wait for them, but not for longer than gunicorn.conf.py says."""
    port = start_gunicorn(BEHIND_PROXY="true", WEB_CONCURRENCY="1")
    with ExitStack() as ending:
        drip_slowly(port, ending)
        assert b" 200 " in get(port, "/healthz")


@pytest.mark.slow
def test_bodies_that_never_end_take_no_thread_behind_the_proxy(
    start_gunicorn: Start, start_nginx: Start
) -> None:
    port = start_nginx(start_gunicorn(BEHIND_PROXY="true", WEB_CONCURRENCY="1"))
    with ExitStack() as ending:
        for _ in range(5):
            drip_slowly(port, ending)
        started_at = time.monotonic()
        assert b" 200 " in get(port, "/healthz")
        # If they had reached it, gunicorn would first have given one of them up.
        assert time.monotonic() - started_at < CONFIGURATION["BODY_SECONDS"]


def test_a_large_body_ends_at_the_proxy(
    start_gunicorn: Start, start_nginx: Start, uploads: Path
) -> None:
    port = start_nginx(start_gunicorn(BEHIND_PROXY="true"))
    for path, limit in (
        ("/subscribe/", 5 * 2**20),
        ("/admin/briefings/issue/from-document/", 41 * 2**20),
        ("/admin/briefings/contributor/7/change/", 41 * 2**20),
        ("/admin/subscribers/subscriberimport/add/", 257 * 2**20),
    ):
        length = f"Content-Length: {limit + 1}"
        with connect(port) as connection:
            connection.sendall(head_of("POST", path, length, f"Content-Type: {MULTIPART}"))
            assert b" 413 " in connection.recv(1 << 16)
        assert largest_file(uploads) == 0
        # One byte less is taken, as the pages for files have it: nginx asks for the body.
        headers = (f"Content-Length: {limit}", f"Content-Type: {MULTIPART}", "Expect: 100-continue")
        with connect(port) as connection:
            connection.sendall(head_of("POST", path, *headers))
            assert b" 100 " in connection.recv(1 << 16)


@pytest.mark.parametrize(
    "header", ["X-Forwarded-Proto: https", "X-Forwarded-Protocol: ssl", "X-Forwarded-Ssl: on"]
)
def test_nobody_is_believed_to_use_https_without_a_proxy(
    start_gunicorn: Start, header: str
) -> None:
    """Not even on this machine, where gunicorn believes everybody by default."""
    answer = get(start_gunicorn(), "/subscribe/", header)
    assert b" 301 " in answer.split(b"\r\n")[0]
    assert f"Location: https://{HOST}/subscribe/".encode() in answer


def test_only_the_header_that_our_proxies_set_is_believed(start_gunicorn: Start) -> None:
    port = start_gunicorn(BEHIND_PROXY="true")
    assert b" 301 " not in get(port, "/admin/login/", "X-Forwarded-Proto: https").split(b"\r\n")[0]
    for header in ("X-Forwarded-Proto: http", "X-Forwarded-Ssl: on", "X-Forwarded-Protocol: ssl"):
        assert b" 301 " in get(port, "/admin/login/", header).split(b"\r\n")[0]


def drip_slowly(port: int, ending: ExitStack) -> None:
    """Begin eight forms that arrive a byte at a time."""
    head = head_of(
        "POST",
        "/subscribe/",
        "Content-Length: 4900000",
        "Content-Type: application/x-www-form-urlencoded",
        "X-Forwarded-Proto: https",
    )
    connections = [ending.enter_context(connect(port)) for _ in range(8)]
    for connection in connections:
        connection.sendall(head + b"address=ada")
    is_over = threading.Event()
    dripping = threading.Thread(target=drip, args=[connections, is_over], daemon=True)
    dripping.start()
    ending.callback(dripping.join)
    ending.callback(is_over.set)


def drip(connections: list[socket.socket], is_over: threading.Event) -> None:
    while not is_over.wait(0.5):
        for connection in connections:
            with suppress(OSError):  # the server has given it up
                connection.send(b"x")


def test_the_proxy_keeps_public_pages_in_each_encoding_and_no_others(
    start_gunicorn: Start, start_nginx: Start
) -> None:
    port = start_nginx(start_gunicorn(BEHIND_PROXY="true", WEB_CONCURRENCY="1"))
    for encoding, header in (("", b""), ("br", b"content-encoding: br"), ("gzip, deflate", b"")):
        accepted = [f"Accept-Encoding: {encoding}"] if encoding else []
        given = [
            get(port, path, *accepted, "Cookie: sessionid=x")
            for path in ("/robots.txt", "/robots.txt?utm_source=mail", "/robots.txt")
        ]
        assert [cache_status(answer) for answer in given] == ["MISS", "MISS", "HIT"]
        for answer in given:
            assert header in answer.lower() or len(answer) < 1000  # too small to be compressed
            assert b"set-cookie" not in answer.lower()
    unwanted = get(port, "/robots.txt", "Accept-Encoding: br;q=0, gzip; q=0")
    assert b"content-encoding" not in unwanted.lower()
    for _ in range(2):
        assert cache_status(get(port, "/healthz")) == "MISS"


def cache_status(answer: bytes) -> str:
    found = re.search(rb"X-Cache: (\w+)", answer)
    return found[1].decode() if found else ""


class WorkerThatWaits:
    """A worker of gunicorn that has loaded the site; after some signs of life, it acts."""

    alive = True

    def __init__(self, then: Callable[[WorkerThatWaits], object], *, after: int) -> None:
        self.then, self.after, self.signs = then, after, 0

    def notify(self) -> None:
        self.signs += 1
        if self.signs == self.after:
            self.then(self)


def test_in_the_demo_nothing_is_answered_before_the_database_is_prepared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, prepared = CONFIGURATION["post_worker_init"], tmp_path / "prepared"
    elsewhere = WorkerThatWaits(lambda _: pytest.fail("there is nothing to wait for"), after=1)
    begin(elsewhere)
    monkeypatch.setenv("WEB_BEGINS_WITH", str(prepared))
    waiting = WorkerThatWaits(lambda _: prepared.touch(), after=3)
    begin(waiting)
    assert waiting.signs == 3
    prepared.unlink()
    stopped = WorkerThatWaits(lambda worker: setattr(worker, "alive", False), after=2)
    begin(stopped)
    assert stopped.signs == 2
