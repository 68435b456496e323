"""nginx with the example in ops/, on a port without TLS."""

from __future__ import annotations

import re
import shutil
import signal
from pathlib import Path

from tests.servers.processes import Process, answers, free_port
from tests.servers.programs import ROOT

PROGRAM = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
SECONDS = 120.0  # for a machine that is busy


class Nginx:
    """A started nginx; `more` is added to its server."""

    def __init__(self, folder: Path, *, behind: int, uploads: Path, more: str = "") -> None:
        self.port = free_port()
        file = folder / "nginx.conf"
        file.write_text(_configuration(folder, self.port, behind, uploads, more))
        command = [str(PROGRAM), "-e", "stderr", "-p", str(folder), "-c", str(file)]
        self.process = Process(command, log=folder / "nginx.log")
        self.process.wait_until(lambda: answers(self.port), seconds=SECONDS, what="nginx")

    def stop(self) -> None:
        self.process.stop(signal.SIGTERM)


def _configuration(folder: Path, port: int, behind: int, uploads: Path, more: str) -> str:
    """Return the example, of which only the certificate is left out."""
    example = (ROOT / "ops" / "nginx.conf").read_text()
    example = re.sub(r"server \{\s+listen 80;.*?\n\}", "", example, flags=re.DOTALL)
    example = re.sub(r"    listen \[::\]:443.*\n", "", example)
    example = re.sub(r"    ssl_certificate.*\n", "", example)
    for ours, theirs in (
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{port};\n{more}"),
        ("server 127.0.0.1:8000;", f"server 127.0.0.1:{behind};"),
        ("X-Forwarded-Proto $scheme", "X-Forwarded-Proto https"),
        ("/var/lib/nginx/newsroom-pages", f"{folder}/pages"),
    ):
        assert ours in example
        example = example.replace(ours, theirs)
    paths = "".join(
        f"{name}_temp_path {uploads};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off; pid {folder}/nginx.pid; error_log stderr;\n"
        "worker_processes 1; user root;\nevents {}\n"
        f"http {{\naccess_log off;\n{paths}{example}\n}}\n"
    )
