"""A complete newsroom, started as `make demo` starts it."""

from __future__ import annotations

import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

from tests.servers.processes import Process, free_port
from tests.servers.programs import ROOT, environment

# By a word of their commands; that of the sender has two of them.
PROGRAMS = ("gunicorn", "sending", "worker", "beat")


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
        self.wait_until(lambda: "Press Ctrl-C to stop" in self.output, seconds=180)
        self.waited = time.monotonic() - self.created

    def output_tail(self) -> str:
        """Return the end of its output and of the logs of its programs."""
        logs = sorted((self.var / "log").glob("*.log"))
        ends = (f"{log.name} ends:\n{log.read_text(errors='replace')[-3000:]}" for log in logs)
        return "\n".join([super().output_tail(), *ends])

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=30) as response:  # noqa: S310  (our own server)
            return str(response.read().decode())

    def post(self, path: str, **form: str) -> None:
        """Submit a form."""
        urllib.request.urlopen(  # noqa: S310  (our own server)
            self.url + path, data=urlencode(form).encode(), timeout=30
        ).close()

    def children(self) -> dict[str, int]:
        """Return the process ids of the programs that it starts, by name, once all have started."""
        found: dict[str, int] = {}

        def have_started() -> bool:
            for pid in self.child_pids():
                command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
                # Until it is the program, the new process is a copy of its parent.
                found.update([(name, pid) for name in PROGRAMS if name in command][:1])
            return len(found) == len(PROGRAMS)

        self.wait_until(have_started, seconds=60, what="its programs")
        return found
