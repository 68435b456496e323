"""Public pages: how fast they are through the proxy, through Django, and without a cache.

Each figure is a ratio of two rates that were measured in turn, so that the speed of the machine
does not matter.
"""

from __future__ import annotations

import json
import re
import subprocess
from contextlib import ExitStack
from http.client import HTTPConnection
from statistics import median
from typing import Any

from bench.installation import ROOT, Installation
from bench.report import Aim
from tests.servers.nginx import Nginx
from tests.servers.processes import Process, answers, free_port, wait_until
from tests.servers.programs import PYTHON

CONNECTIONS = 16
COMMENTS = 30
MANY_ISSUES, MANY_COMMENTS = 5_000, 20_000
HEADERS = {"Host": "news.example.com", "X-Forwarded-Proto": "https"}
AIMS = (
    Aim(figure="page_proxy_vs_static", bound=0.7),
    Aim(figure="page_cached_vs_uncached", bound=8.0),
    Aim(figure="page_uncached_vs_bare", bound=0.8),
    Aim(figure="page_5000_issues_vs_3", bound=0.9),
    Aim(figure="page_20000_comments_vs_50", bound=0.9),
)
# What each ratio measures, and what it compares that with.
RATIOS = {
    "page_proxy_vs_static": ("proxy", "static"),
    "page_cached_vs_uncached": ("cached", "uncached"),
    "page_uncached_vs_bare": ("uncached", "bare"),
    "page_5000_issues_vs_3": ("of 5,000 issues", "of 3 issues"),
    "page_20000_comments_vs_50": ("with 20,000 comments", "of 3 issues"),
}


def measure(installation: Installation, *, rounds: int, seconds: int) -> dict[str, Any]:
    """Return the ratios, and the pages a second of every round."""
    issue = json.loads(installation.run_step("page", str(COMMENTS)))
    grown = json.loads(
        installation.run_step("growth_of_pages", str(MANY_ISSUES), str(MANY_COMMENTS))
    )
    installation.run_step("static")
    path: str = issue["path"]
    with ExitStack() as ending:
        ports = {
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
        try:
            bodies = {name: _fetch(port, path) for name, port in ports.items()}
        except ValueError:
            for log in installation.folder.glob("web-*.log"):
                print(log.read_text()[-2000:])
            raise
        _check_same(bodies)
        files = installation.folder / "files"
        files.mkdir()
        (files / "page.html").write_bytes(bodies["cached"])
        proxy = Nginx(
            installation.folder,
            behind=ports["cached"],
            uploads=installation.folder,
            more=f"location = /page.html {{ root {files}; }}",
        )
        ending.callback(proxy.stop)
        targets = {name: (port, path) for name, port in ports.items()}
        targets |= {"proxy": (proxy.port, path), "static": (proxy.port, "/page.html")}
        # Uncached, as they are made: an archive or comments must not make them slower.
        targets |= {
            "of 3 issues": (ports["uncached"], grown["few"]),
            "of 5,000 issues": (ports["uncached"], grown["issues"]),
            "with 20,000 comments": (ports["uncached"], grown["comments"]),
        }
        assert _fetch(proxy.port, path) == bodies["cached"]
        for port, where in targets.values():
            for _ in range(CONNECTIONS):  # the first requests load modules
                _fetch(port, where)
        rates: dict[str, list[float]] = {name: [] for name in targets}
        for number in range(1, rounds + 1):
            for name, (port, where) in targets.items():
                rates[name].append(_rate(port, where, seconds=seconds))
            said = ", ".join(f"{name} {found[-1]:,.0f}" for name, found in rates.items())
            print(f"round {number}, pages a second: {said}", flush=True)
    found: dict[str, Any] = {
        figure: median(ours / theirs for ours, theirs in zip(rates[one], rates[other], strict=True))
        for figure, (one, other) in RATIOS.items()
    }
    print(f"\n{_table(found)}")
    return {**found, "page_bytes": len(bodies["cached"]), "pages_per_s": rates}


def _web(installation: Installation, ending: ExitStack, module: str, **variables: str) -> int:
    port = free_port()
    server = Process(
        [PYTHON, "-m", "gunicorn", module, "--bind", f"127.0.0.1:{port}"],
        env=installation.environment(BEHIND_PROXY="true", **variables),
        log=installation.folder / f"web-{port}.log",
        cwd=ROOT,
    )
    ending.callback(server.stop)
    wait_until(lambda: answers(port), seconds=120, what="the web server")
    return port


def _fetch(port: int, path: str) -> bytes:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=HEADERS)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise ValueError(f"{path} answered {response.status} at {port}")
    return body


def _check_same(bodies: dict[str, bytes]) -> None:
    """Raise ValueError unless all pages are the same, apart from the time in their forms."""
    masked = {re.sub(rb'value="\d{10}:[^"]+"', b"", body) for body in bodies.values()}
    if len(masked) != 1:
        raise ValueError("the pages that are compared differ")


def _rate(port: int, path: str, *, seconds: int) -> float:
    """Return pages a second over 16 connections. Raises ValueError if one was an error."""
    words = [word for name, value in HEADERS.items() for word in ("-H", f"{name}: {value}")]
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
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if found is None or float(found[1]) == 0:
        raise ValueError(f"{path} was not answered in time; measure longer (--seconds)")
    return float(found[1])


def _table(found: dict[str, Any]) -> str:
    lines = ["| pages | ratio | aim | |", "| --- | ---: | ---: | --- |"]
    for aim in AIMS:
        ratio = found[aim.figure]
        lines.append(f"| {aim.figure} | {ratio:.2f} | {aim.bound} | {aim.result(ratio)} |")
    return "\n".join(lines)
