"""Newsroom's own programs, started as an operator starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.servers.processes import Process

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
# What a program needs to run at all; it gets nothing else of our environment.
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")


def environment(**variables: str) -> dict[str, str]:
    """Return an environment with these variables, and none that happen to be set here."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {"LANG": "C.UTF-8", **kept, "PYTHONUNBUFFERED": "1", **variables}


def run(
    *command: str, env: dict[str, str], stdin: str = "", seconds: float = 60.0
) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments in the project's folder until it ends."""
    return subprocess.run(
        [PYTHON, *command],
        env=env,
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def manage(
    *words: str, env: dict[str, str], stdin: str = "", seconds: float = 60.0
) -> subprocess.CompletedProcess[str]:
    """Run a management command until it ends."""
    return run("manage.py", *words, env=env, stdin=stdin, seconds=seconds)


class CeleryWorker(Process):
    """A real `celery -A newsroom worker`; `stop` is a warm shutdown, `kill` a power cut."""

    def __init__(
        self,
        *words: str,
        env: dict[str, str],
        log: Path,
        name: str,
        app: str = "newsroom",
        prefix: tuple[str, ...] = (),
    ) -> None:
        super().__init__(
            [
                *prefix,
                *(PYTHON, "-m", "celery", "-A", app, "worker"),
                *("--concurrency", "1", "--loglevel", "INFO", "--hostname", f"{name}@%h", *words),
            ],
            env=env,
            log=log,
            cwd=ROOT,
        )

    def wait_until_ready(self, *, seconds: float = 30.0) -> None:
        self.wait_until(lambda: " ready." in self.output, seconds=seconds, what="the worker")


class CeleryBeat(Process):
    """A real `celery -A newsroom beat`."""

    def __init__(self, *words: str, env: dict[str, str], log: Path) -> None:
        super().__init__(
            [PYTHON, "-m", "celery", "-A", "newsroom", "beat", "--pidfile=", *words],
            env=env,
            log=log,
            cwd=ROOT,
        )
