"""Public pages: how fast they are through the proxy, through Django, and without a cache.

Each figure but the last is the median ratio of rates that were measured in pairs, one right after
the other and each first in every other pair: the speed of a rented machine changes within seconds.
What a page costs in CPU time is kept beside its rate. The web servers run as they do behind a
proxy, where each request has a connection of its own: kept connections would leave it to chance
how many requests each of the two worker processes gets, and with it a factor of two in the rate.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from statistics import median
from typing import Any
from urllib.parse import urlencode

from bench import machine
from bench.installation import ROOT, Installation
from bench.report import Aim
from tests.servers.nginx import Nginx
from tests.servers.processes import Process, answers, free_port
from tests.servers.programs import PYTHON

CONNECTIONS = 16
COMMENTS = 30
MANY_ISSUES, MANY_COMMENTS = 5_000, 20_000
WARM_UP_PAGES, WARM_UP_SEARCHES = 320, 10
HEADERS = {"Host": "news.example.com", "X-Forwarded-Proto": "https"}
AIMS = (
    Aim(figure="page_proxy_vs_static", bound=0.7),
    Aim(figure="page_cached_vs_uncached", bound=8.0),
    Aim(figure="page_uncached_vs_bare", bound=0.8),
    Aim(figure="page_5000_issues_vs_3", bound=0.9),
    Aim(figure="page_20000_comments_vs_50", bound=0.9),
    Aim(figure="search_5000_issues_ms", bound=50, at_most=True),
)
# What each ratio measures, and what it compares that with.
RATIOS = {
    "page_proxy_vs_static": ("proxy", "static"),
    "page_cached_vs_uncached": ("cached", "uncached"),
    "page_uncached_vs_bare": ("uncached", "bare"),
    "page_5000_issues_vs_3": ("of 5,000 issues", "of 3 issues"),
    "page_20000_comments_vs_50": ("with 20,000 comments", "of 3 issues"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Pages a second, and the CPU time of a page in all programs but the one that asks."""

    per_s: float
    cpu_ms: float


def measure(installation: Installation, *, rounds: int, seconds: int) -> dict[str, Any]:
    """Return the figures, and what the pages of every pair cost."""
    installation.run_step("static")
    found: dict[str, Any] = {"search_5000_issues_ms": _search_ms(installation)}
    issue = json.loads(installation.run_step("page", str(COMMENTS)))
    grown = json.loads(
        installation.run_step("growth_of_pages", str(MANY_ISSUES), str(MANY_COMMENTS))
    )
    path: str = issue["path"]
    with ExitStack() as ending:
        servers = {
            "cached": _web(installation, ending, "newsroom.wsgi"),
            "uncached": _web(installation, ending, "bench.pages_wsgi", BENCH_PAGES="uncached"),
            "bare": _web(
                installation,
                ending,
                "bench.pages_wsgi",
                BENCH_PAGES="bare",
                BENCH_ISSUE=str(issue["pk"]),
            ),
        }
        bodies = {name: _fetch(server.port, path) for name, server in servers.items()}
        _check_same(bodies)
        files = installation.folder / "files"
        files.mkdir()
        (files / "page.html").write_bytes(bodies["cached"])
        proxy = Nginx(
            installation.folder,
            behind=servers["cached"].port,
            uploads=installation.folder,
            more=f"location = /page.html {{ root {files}; }}",
        )
        ending.callback(proxy.stop)
        assert _fetch(proxy.port, path) == bodies["cached"]
        targets = {name: (server.port, path) for name, server in servers.items()}
        targets |= {"proxy": (proxy.port, path), "static": (proxy.port, "/page.html")}
        # Uncached, as they are made: an archive or comments must not make them slower.
        uncached = servers["uncached"].port
        targets |= {
            "of 3 issues": (uncached, grown["few"]),
            "of 5,000 issues": (uncached, grown["issues"]),
            "with 20,000 comments": (uncached, grown["comments"]),
        }
        programs = [server.pid for server in servers.values()]
        programs += [proxy.process.pid, installation.postgres.process.pid]
        programs.append(installation.redis.process.pid)
        for port, where in targets.values():
            _warm_up(port, where)
        pairs: dict[str, list[dict[str, Cost]]] = {figure: [] for figure in RATIOS}
        for number in range(1, rounds + 1):
            for figure, names in RATIOS.items():
                pair = {}
                for name in names if number % 2 else reversed(names):
                    pair[name] = _cost(*targets[name], programs, seconds=seconds)
                pairs[figure].append(pair)
                said = ", ".join(
                    f"{name} {pair[name].per_s:,.0f}/s and {pair[name].cpu_ms:.2f} ms of CPU"
                    for name in names
                )
                print(f"round {number}: {said}", flush=True)
    for figure, (ours, theirs) in RATIOS.items():
        found[figure] = median(pair[ours].per_s / pair[theirs].per_s for pair in pairs[figure])
    print(f"\n{_costs_table(pairs)}\n\n{_table(found)}")
    return {
        **found,
        "page_bytes": len(bodies["cached"]),
        "pairs": {
            figure: [{name: asdict(cost) for name, cost in pair.items()} for pair in measured]
            for figure, measured in pairs.items()
        },
    }


def _search_ms(installation: Installation) -> float:
    """Return the median time of a search, each asked for twice, one after the other."""
    queries = json.loads(installation.run_step("archive_to_search", str(MANY_ISSUES)))
    paths = [f"/search/?{urlencode({'q': query})}" for query in queries]
    with ExitStack() as ending:
        port = _web(installation, ending, "newsroom.wsgi").port
        times = []
        for path in paths[:WARM_UP_SEARCHES] + 2 * paths:
            begun = time.perf_counter()
            _fetch(port, path)
            times.append(1000 * (time.perf_counter() - begun))
    return median(times[WARM_UP_SEARCHES:])


@dataclass(frozen=True, slots=True, kw_only=True)
class WebServer:
    """A started gunicorn."""

    port: int
    pid: int


def _web(installation: Installation, ending: ExitStack, module: str, **variables: str) -> WebServer:
    port = free_port()
    server = Process(
        [PYTHON, "-m", "gunicorn", module, "--bind", f"127.0.0.1:{port}"],
        env=installation.environment(BEHIND_PROXY="true", **variables),
        log=installation.folder / f"web-{port}.log",
        cwd=ROOT,
    )
    ending.callback(server.stop)
    server.wait_until(lambda: answers(port), seconds=120, what="the web server")
    return WebServer(port=port, pid=server.pid)


def _fetch(port: int, path: str) -> bytes:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=HEADERS)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise ValueError(f"{path} answered {response.status} at {port}")
    return body


def _warm_up(port: int, path: str) -> None:
    """Fetch a page often: the first ones of each thread load modules, connect and plan queries."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for page in [pool.submit(_fetch, port, path) for _ in range(WARM_UP_PAGES)]:
            page.result()


def _check_same(bodies: dict[str, bytes]) -> None:
    """Raise ValueError unless all pages are the same, apart from the time in their forms."""
    masked = {re.sub(rb'value="\d{10}:[^"]+"', b"", body) for body in bodies.values()}
    if len(masked) != 1:
        raise ValueError("the pages that are compared differ")


def _cost(port: int, path: str, programs: list[int], *, seconds: int) -> Cost:
    """Ask for a page, 16 times at once. Raises ValueError if an answer was an error."""
    words = [word for name, value in HEADERS.items() for word in ("-H", f"{name}: {value}")]
    before = machine.cpu_seconds(*programs)
    done = subprocess.run(
        [
            "wrk",
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{seconds}s",
            *("--timeout", "60s"),  # a busy machine is slow, and no error
            *words,
            f"http://127.0.0.1:{port}{path}",
        ],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise ValueError(f"{path} had errors:\n{done.stdout}")
    spent = machine.cpu_seconds(*programs) - before
    number = re.search(r"(\d+) requests in", done.stdout)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if number is None or rate is None or int(number[1]) == 0:
        raise ValueError(f"{path} was not answered in time; measure longer (--seconds)")
    return Cost(per_s=float(rate[1]), cpu_ms=1000 * spent / int(number[1]))


def _costs_table(pairs: dict[str, list[dict[str, Cost]]]) -> str:
    """Return the medians of what is compared."""
    lines = ["| pages | a second | CPU ms each |", "| --- | ---: | ---: |"]
    for figure, measured in pairs.items():
        for name in RATIOS[figure]:
            per_s = median(pair[name].per_s for pair in measured)
            cpu_ms = median(pair[name].cpu_ms for pair in measured)
            lines.append(f"| {name} | {per_s:,.0f} | {cpu_ms:.2f} |")
    return "\n".join(lines)


def _table(found: dict[str, Any]) -> str:
    lines = ["| figure | measured | aim | |", "| --- | ---: | ---: | --- |"]
    for aim in AIMS:
        value = found[aim.figure]
        lines.append(f"| {aim.figure} | {value:.2f} | {aim} | {aim.result(value)} |")
    return "\n".join(lines)
