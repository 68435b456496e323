"""Comments under load: 200 a minute on one issue, while its page is read 500 times a second.

Readers who are signed in send comments through the proxy, some of them twice at once, as a double
click does; a moderator publishes each soon after. Another reader sends more than one person may.
Afterwards the database must have each comment once, and the page must show them all.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import count
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlencode

from bench.installation import ROOT, Installation
from bench.report import Aim
from tests.servers.nginx import Nginx
from tests.servers.processes import Process, answers, free_port, wait_until
from tests.servers.programs import PYTHON

COMMENTS_A_MINUTE = 200
# Each waits so long after a page before it asks for the next that together they read 500 a second
# and a little more.
CONNECTIONS, WAIT_MS = 24, 40
WRITERS = 8  # who send at the same time
HEADERS = {"Host": "news.example.com", "X-Forwarded-Proto": "https"}
SHOWN_WITHIN_SECONDS = 30
AIMS = (
    Aim(figure="comments_a_minute", bound=0.95 * COMMENTS_A_MINUTE),
    Aim(figure="pages_per_s", bound=500),
    Aim(figure="comment_p95_ms", bound=1_000, at_most=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """The issue that is commented on, and its readers: the cookie of each who is signed in."""

    pk: int
    path: str
    form: str
    cookies: list[str]
    limit: int  # comments of one reader in an hour


@dataclass(slots=True)
class Sent:
    """What became of the comments that were sent."""

    accepted: set[str] = field(default_factory=set)
    refused: int = 0
    milliseconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class WrongResult(Exception):
    """A comment is missing, was stored twice, or went over a limit."""


def measure(installation: Installation, *, seconds: int) -> dict[str, Any]:
    """Return the figures. Raises WrongResult unless each comment was stored and shown once."""
    readers = max(40, COMMENTS_A_MINUTE * seconds // 60 // 5)
    issue = Issue(**json.loads(installation.run_step("commenters", str(readers + 2))))
    installation.run_step("static")
    with ExitStack() as ending:
        proxy = _start_servers(installation, ending)
        _fetch(proxy, issue.path)  # the first request loads modules
        moderator = Process(
            [sys.executable, "-m", "bench.steps", "moderate", str(issue.pk)],
            env=installation.environment(),
            log=installation.folder / "moderator.log",
            cwd=ROOT,
        )
        ending.callback(moderator.stop)
        warm = _send_at_once(issue, WRITERS, cookie=issue.cookies[-2], port=proxy)
        sent = Sent()
        with _readers(installation, port=proxy, path=issue.path, seconds=seconds) as reading:
            begun = time.monotonic()
            _send_comments(issue, sent, port=proxy, seconds=seconds)
            spent = time.monotonic() - begun
            pages = _pages_per_second(reading)
        # Twice as many of one reader as they may send in an hour, all at once.
        over = _send_at_once(issue, 2 * issue.limit, cookie=issue.cookies[-1], port=proxy)
        expected = sum(len(run.accepted) for run in (warm, sent, over))
        shown_after = _wait_until_shown(issue, expected, port=proxy)
    _check(installation, issue, (warm, sent, over), expected=expected)
    found = {
        "comments_a_minute": 60 * len(sent.accepted) / spent,
        "pages_per_s": pages,
        "comment_median_ms": median(sent.milliseconds),
        "comment_p95_ms": quantiles(sent.milliseconds, n=20)[-1],
        "comments": len(sent.accepted),
        "refused_over_limit": over.refused,
        "last_shown_after_s": shown_after,
    }
    print(f"\n{_table(found)}")
    return found


def _start_servers(installation: Installation, ending: ExitStack) -> int:
    """Start the web server and the proxy before it; return the proxy's port."""
    port = free_port()
    server = Process(
        [PYTHON, "-m", "gunicorn", "newsroom.wsgi", "--bind", f"127.0.0.1:{port}"],
        env=installation.environment(BEHIND_PROXY="true"),
        log=installation.folder / f"web-{port}.log",
        cwd=ROOT,
    )
    ending.callback(server.stop)
    wait_until(lambda: answers(port), seconds=120, what="the web server")
    proxy = Nginx(installation.folder, behind=port, uploads=installation.folder)
    ending.callback(proxy.stop)
    return proxy.port


def _readers(
    installation: Installation, *, port: int, path: str, seconds: int
) -> subprocess.Popen[str]:
    script = installation.folder / "readers.lua"
    script.write_text(f"function delay() return {WAIT_MS} end\n")
    words = [word for name, value in HEADERS.items() for word in ("-H", f"{name}: {value}")]
    return subprocess.Popen(
        [
            *("wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), *words),
            f"http://127.0.0.1:{port}{path}",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )


def _pages_per_second(reading: subprocess.Popen[str]) -> float:
    said, _ = reading.communicate()
    if "Non-2xx" in said or "Socket errors" in said:
        raise WrongResult(f"the page had errors:\n{said}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if found is None:
        raise WrongResult(f"wrk said nothing of its rate:\n{said}")
    return float(found[1])


def _send_comments(issue: Issue, sent: Sent, *, port: int, seconds: int) -> None:
    """Send comments at an even pace, each tenth of them twice at once."""
    begun, numbers = time.monotonic(), count()
    total = COMMENTS_A_MINUTE * seconds // 60

    def write() -> None:
        while True:
            with sent.lock:
                number = next(numbers)
            if number >= total:
                return
            time.sleep(max(0.0, begun + number * 60 / COMMENTS_A_MINUTE - time.monotonic()))
            cookie = issue.cookies[number % (len(issue.cookies) - 2)]
            body = f"Comment {number} of {total}."
            if number % 10 == 0:
                twin = threading.Thread(target=_send, args=(issue, sent, body, cookie, port))
                twin.start()
                _send(issue, sent, body, cookie, port)
                twin.join()
            else:
                _send(issue, sent, body, cookie, port)

    writers = [threading.Thread(target=write) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()


def _send_at_once(issue: Issue, number: int, *, cookie: str, port: int) -> Sent:
    """Send comments of one reader, all at the same moment."""
    sent = Sent()
    writers = [
        threading.Thread(
            target=_send, args=(issue, sent, f"At once: {one} of {number}.", cookie, port)
        )
        for one in range(number)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    return sent


def _send(issue: Issue, sent: Sent, body: str, cookie: str, port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    begun = time.perf_counter()
    try:
        connection.request(
            "POST",
            issue.form,
            urlencode({"body": body, "quoting": "no"}),
            {
                **HEADERS,
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": cookie,
                "Origin": "https://news.example.com",
            },
        )
        response = connection.getresponse()
        response.read()
    except OSError as error:
        with sent.lock:
            sent.failures.append(f"{type(error).__name__}: {error}")
        return
    finally:
        connection.close()
    with sent.lock:
        sent.milliseconds.append(1000 * (time.perf_counter() - begun))
        if response.status == 302:
            sent.accepted.add(body)
        elif response.status == 429:
            sent.refused += 1
        else:
            sent.failures.append(f"the form answered {response.status}")


def _wait_until_shown(issue: Issue, number: int, *, port: int) -> float:
    """Return after how many seconds the page counts that many comments."""
    begun = time.monotonic()
    wait_until(
        lambda: f"{number} comments".encode() in _fetch(port, issue.path),
        seconds=SHOWN_WITHIN_SECONDS,
        what=f"a page with {number} comments",
    )
    return time.monotonic() - begun


def _fetch(port: int, path: str) -> bytes:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=HEADERS)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status != 200:
        raise WrongResult(f"{path} answered {response.status}")
    return body


def _check(
    installation: Installation, issue: Issue, runs: tuple[Sent, Sent, Sent], *, expected: int
) -> None:
    if failures := [failure for run in runs for failure in run.failures]:
        raise WrongResult(f"{len(failures)} comments failed, such as: {failures[0]}")
    warm, sent, over = runs
    if warm.refused or sent.refused or len(over.accepted) != issue.limit:
        raise WrongResult(
            f"a limit did not hold: {warm.refused + sent.refused} of those under it were refused,"
            f" and {len(over.accepted)} of a reader's accepted, where {issue.limit} may be"
        )
    stored, different = (
        installation.query(
            f"SELECT count({what}) FROM briefings_comment WHERE issue_id = %s",  # noqa: S608
            issue.pk,
        )
        for what in ("*", "DISTINCT body")
    )
    if not stored == different == expected:
        raise WrongResult(f"{expected} comments were accepted, {stored} stored, {different} differ")


def _table(found: dict[str, Any]) -> str:
    lines = ["| comments under load | figure | aim | |", "| --- | ---: | ---: | --- |"]
    for aim in AIMS:
        value = found[aim.figure]
        lines.append(f"| {aim.figure} | {value:,.0f} | {aim} | {aim.result(value)} |")
    return "\n".join(lines)
