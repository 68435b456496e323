"""nginx with the example in ops/, on a port without TLS or, with a certificate, as it is."""

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
    """A started nginx; `more` is added to its server.

    With `certificate`, a file that has its key, too, everything is https as in the example.
    """

    def __init__(
        self,
        folder: Path,
        *,
        behind: int,
        uploads: Path,
        more: str = "",
        certificate: Path | None = None,
    ) -> None:
        self.port = free_port()
        self.log, self.error_log = folder / "newsroom.log", folder / "newsroom-error.log"
        file = folder / "nginx.conf"
        configuration = _configuration(
            folder, self.port, behind, uploads=uploads, more=more, certificate=certificate
        )
        file.write_text(configuration)
        command = [str(PROGRAM), "-e", "stderr", "-p", str(folder), "-c", str(file)]
        self.process = Process(command, log=folder / "nginx.log")
        self.process.wait_until(lambda: answers(self.port), seconds=SECONDS, what="nginx")

    def stop(self) -> None:
        self.process.stop(signal.SIGTERM)


def _configuration(
    folder: Path, port: int, behind: int, *, uploads: Path, more: str, certificate: Path | None
) -> str:
    """Return the example, of which only the ports and paths, or the certificate, are left out."""
    example = (ROOT / "ops" / "nginx.conf").read_text()
    example = re.sub(r"server \{\s+listen 80;.*?\n\}", "", example, flags=re.DOTALL)
    example = re.sub(r"    listen \[::\]:443.*\n", "", example)
    if certificate:
        listening = f"listen 127.0.0.1:{port} ssl http2;\n{more}"
        example = example.replace("listen 443 ssl default", f"listen 127.0.0.1:{port} ssl default")
        example = re.sub(r"(ssl_certificate(?:_key)? +)\S+;", rf"\1{certificate};", example)
    else:
        listening = f"listen 127.0.0.1:{port};\n{more}"
        example = re.sub(r"server \{\s+listen 443 ssl default.*?\n\}", "", example, flags=re.DOTALL)
        example = re.sub(r"    ssl_certificate.*\n", "", example)
        example = example.replace("X-Forwarded-Proto $scheme", "X-Forwarded-Proto https")
    for ours, theirs in (
        ("listen 443 ssl http2;", listening),
        ("server 127.0.0.1:8000;", f"server 127.0.0.1:{behind};"),
        ("/var/lib/nginx/newsroom-pages", f"{folder}/pages"),
        ("/var/log/nginx/", f"{folder}/"),
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
