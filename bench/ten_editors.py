"""Autosave: how fast the server keeps what ten editors type, each in an issue of 46 KB."""

from __future__ import annotations

import json
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from statistics import median, quantiles
from typing import Any

from bench import machine
from bench.installation import ROOT, Installation
from tests.servers.processes import Process, answers, free_port, wait_until
from tests.servers.programs import PYTHON

EDITORS = 10
ISSUE_BYTES = 46_000
# As the page's script sends them while somebody types without a pause: an autosave at the latest
# every 10 seconds, a sign of presence every 3.
AUTOSAVE_EVERY = 10.0
PRESENCE_EVERY = 3.0
SECONDS = 60.0
# Without a pause in between: each editor sends the next one as soon as the last is answered.
AT_ONCE = 40
AIM_MS = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An editor who is logged in, with an issue of their own or one that all share."""

    cookies: str
    csrf: str
    autosave: str
    presence: str
    issue: int


class Typist(threading.Thread):
    """One editor's page, over one connection."""

    def __init__(self, account: Account, *, port: int, number: int, paced: bool) -> None:
        super().__init__()
        self.account = account
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.site = f"http://127.0.0.1:{port}"
        self.number = number
        self.paced = paced
        self.token = f"editor{number:010}"
        self.milliseconds: list[float] = []
        self.presence_milliseconds: list[float] = []
        self.failure = ""

    def run(self) -> None:
        try:
            if self.paced:
                self._type()
            else:
                for _ in range(AT_ONCE):
                    self._autosave()
        except (OSError, ValueError) as error:
            self.failure = f"{type(error).__name__}: {error}"

    def _type(self) -> None:
        # Pages are opened at different moments.
        start = time.monotonic() + AUTOSAVE_EVERY * self.number / EDITORS
        saves, beats = start, start
        while time.monotonic() < start + SECONDS:
            time.sleep(max(0.0, min(saves, beats) - time.monotonic()))
            if saves <= beats:
                self._autosave()
                saves += AUTOSAVE_EVERY
            else:
                self._say_present()
                beats += PRESENCE_EVERY

    def _autosave(self) -> None:
        words = f"<p>{time.monotonic_ns()}</p>"
        page = {
            "token": self.token,
            "sequence": time.time_ns() // 1_000_000,
            "issue": self.account.issue,
            "version": "1",
            "seen": "",
            "fields": {"title": "Who pays?"},
            "sections": [
                {
                    "id": "",
                    "kind": "feature",
                    "heading": "The beds",
                    "body": words + "x" * (ISSUE_BYTES - len(words)),
                    "removed": False,
                }
            ],
        }
        self.milliseconds.append(self._post(self.account.autosave, page, expected="result"))

    def _say_present(self) -> None:
        page = {"token": self.token, "section": "head", "hidden": False}
        self.presence_milliseconds.append(
            self._post(self.account.presence, page, expected="others")
        )

    def _post(self, path: str, page: dict[str, Any], *, expected: str) -> float:
        body = json.dumps(page)
        begun = time.perf_counter()
        self.connection.request(
            "POST",
            path,
            body,
            {
                "Content-Type": "application/json",
                "Cookie": self.account.cookies,
                "X-CSRFToken": self.account.csrf,
                "Origin": self.site,
            },
        )
        response = self.connection.getresponse()
        answer = response.read()
        spent = 1000 * (time.perf_counter() - begun)
        if response.status != 200 or expected not in json.loads(answer):
            raise ValueError(f"{path} answered {response.status}: {answer[:200]!r}")
        return spent


def measure(installation: Installation) -> dict[str, Any]:
    """Return milliseconds by database, for editors who type and for editors without a pause."""
    found: dict[str, Any] = {}
    sqlite = f"sqlite:///{installation.folder / 'editors.sqlite3'}"
    for name, variables in (
        ("PostgreSQL", {}),
        ("SQLite", {"DATABASE_URL": sqlite, "REDIS_URL": ""}),
    ):
        found[name] = _measure_on(installation, variables)
    print(f"\n{_table(found)}")
    return found


def _measure_on(installation: Installation, variables: dict[str, str]) -> dict[str, Any]:
    port = free_port()
    variables = {**variables, "SITE_URL": f"http://127.0.0.1:{port}"}
    installation.run_step("migrate", **variables)
    accounts = [
        Account(**facts)
        for facts in json.loads(installation.run_step("editors", str(EDITORS), **variables))
    ]
    with ExitStack() as ending:
        server = Process(
            [PYTHON, "-m", "gunicorn", "newsroom.wsgi", "--bind", f"127.0.0.1:{port}"],
            env=installation.environment(**variables),
            log=installation.folder / f"web-{port}.log",
            cwd=ROOT,
        )
        ending.callback(server.stop)
        wait_until(lambda: answers(port), seconds=60, what="the web server")
        _run(accounts[:2], port=port, paced=False)  # the first requests load modules
        found = {"typing": _run(accounts, port=port, paced=True)}
        before = machine.cpu_seconds(server.pid)
        found["at once"] = _run(accounts, port=port, paced=False)
        spent = machine.cpu_seconds(server.pid) - before
        found["at once"]["cpu_ms"] = 1000 * spent / found["at once"]["autosaves"]
        return found


def _run(accounts: list[Account], *, port: int, paced: bool) -> dict[str, float]:
    typists = [
        Typist(account, port=port, number=number, paced=paced)
        for number, account in enumerate(accounts)
    ]
    for typist in typists:
        typist.start()
    for typist in typists:
        typist.join()
    if failures := [typist.failure for typist in typists if typist.failure]:
        raise ValueError(failures[0])
    saves = [spent for typist in typists for spent in typist.milliseconds]
    beats = [spent for typist in typists for spent in typist.presence_milliseconds]
    return {
        "autosaves": len(saves),
        "median_ms": median(saves),
        "p95_ms": quantiles(saves, n=20)[-1],
        "longest_ms": max(saves),
        "presence_median_ms": median(beats) if beats else 0.0,
    }


def _table(found: dict[str, Any]) -> str:
    who = f"{EDITORS} editors, {ISSUE_BYTES // 1000} KB each"
    costs = []
    lines = [
        f"| {who} | autosaves | median | p95 | longest |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for database, ways in found.items():
        for way, figures in ways.items():
            is_met = "" if figures["median_ms"] <= AIM_MS else f" (aim: {AIM_MS:.0f} ms)"
            lines.append(
                f"| {database}, {way} | {figures['autosaves']} | {figures['median_ms']:.1f} ms"
                f"{is_met} | {figures['p95_ms']:.1f} ms | {figures['longest_ms']:.1f} ms |"
            )
        costs.append(
            f"{database}: {ways['at once']['cpu_ms']:.1f} ms of the web server's CPU for each."
        )
    return "\n".join([*lines, "", *costs])
