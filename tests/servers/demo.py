"""A whole newsroom, started as `make demo` starts it."""

from __future__ import annotations

import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

from tests.servers.processes import Process, free_port
from tests.servers.programs import ROOT, environment


class Demo(Process):
    """A real `manage.py demo` on a folder and a port of its own."""

    def __init__(self, var: Path, **variables: str) -> None:
        self.var = var
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__(
            [sys.executable, "manage.py", "demo", "--port", str(self.port)],
            env=environment(DEBUG="1", VAR_DIR=str(var), **variables),
            log=var.parent / f"demo-{self.port}.log",
            cwd=ROOT,
        )

    def wait_until_ready(self) -> None:
        self.wait_until(lambda: "Ctrl-C stops it" in self.output, seconds=60)

    def last_words(self) -> str:
        """The end of what it wrote, and of the logs of its programs."""
        logs = sorted((self.var / "log").glob("*.log"))
        ends = (f"{log.name} ends:\n{log.read_text(errors='replace')[-3000:]}" for log in logs)
        return "\n".join([super().last_words(), *ends])

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:  # noqa: S310  (ours)
            return str(answer.read().decode())

    def post(self, path: str, **form: str) -> None:
        """Send a form as a browser does."""
        urllib.request.urlopen(  # noqa: S310  (ours)
            self.url + path, data=urlencode(form).encode(), timeout=10
        ).close()

    def children(self) -> dict[str, int]:
        """The programs that it started, by name."""
        found: dict[str, int] = {}
        for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            name = next(word for word in ("gunicorn", "sending", "worker", "beat") if word in words)
            found[name] = int(pid)
        return found
