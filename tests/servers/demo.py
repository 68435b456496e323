"""A complete newsroom, started as `make demo` starts it."""

from __future__ import annotations

import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

from tests.servers.processes import Process, free_port
from tests.servers.programs import ROOT, environment


class Demo(Process):
    """A real `manage.py demo` with its own folder and port."""

    def __init__(self, var: Path, **variables: str) -> None:
        self.created = time.monotonic()
        self.var = var
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.first_page = ""
        super().__init__(
            [sys.executable, "manage.py", "demo", "--port", str(self.port)],
            env=environment(DEBUG="1", VAR_DIR=str(var), **variables),
            log=var.parent / f"demo-{self.port}.log",
            cwd=ROOT,
        )

    def wait_until_ready(self) -> None:
        self.wait_until(lambda: "Press Ctrl-C to stop" in self.output, seconds=60)
        self.waited = time.monotonic() - self.created

    def output_tail(self) -> str:
        """Return the end of its output and of the logs of its programs."""
        logs = sorted((self.var / "log").glob("*.log"))
        ends = (f"{log.name} ends:\n{log.read_text(errors='replace')[-3000:]}" for log in logs)
        return "\n".join([super().output_tail(), *ends])

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=10) as response:  # noqa: S310  (our own server)
            return str(response.read().decode())

    def post(self, path: str, **form: str) -> None:
        """Submit a form."""
        urllib.request.urlopen(  # noqa: S310  (our own server)
            self.url + path, data=urlencode(form).encode(), timeout=10
        ).close()

    def children(self) -> dict[str, int]:
        """Return the process ids of the programs that it started, by name."""
        found: dict[str, int] = {}
        for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            programs = ("gunicorn", "sending", "worker", "beat")
            name = next(program for program in programs if program in command)
            found[name] = int(pid)
        return found
