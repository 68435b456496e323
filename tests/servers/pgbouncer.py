"""A PgBouncer in transaction mode before a PostgreSQL."""

from __future__ import annotations

import os
import shutil
import signal
from urllib.parse import urlsplit

from tests.servers.processes import Process, answers, free_port, new_folder

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
# Fewer connections than there are clients, so that they take turns with the same ones.
POOL_SIZE = 4


class PgBouncer:
    """A started PgBouncer; `url` is for DATABASE_URL."""

    def __init__(self, *, before: str) -> None:
        self.port = free_port()
        database = urlsplit(before)
        self.folder = new_folder("pgbouncer")
        file = self.folder / "pgbouncer.ini"
        file.write_text(
            "[databases]\n"
            f"* = host={database.hostname} port={database.port} user={database.username}\n"
            "[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\n"
            f"auth_type = any\npool_mode = transaction\ndefault_pool_size = {POOL_SIZE}\n"
            "max_client_conn = 400\n"
        )
        # It refuses to run as root.
        user = "postgres" if os.geteuid() == 0 else None
        if user:
            for path in (self.folder, file):
                shutil.chown(path, user, user)
        log = self.folder.with_suffix(".log")
        self.process = Process([str(PROGRAM), str(file)], log=log, user=user)
        self.process.wait_until(lambda: answers(self.port), what="PgBouncer")
        self.url = f"postgres://{database.username}@127.0.0.1:{self.port}{database.path}"

    def stop(self) -> None:
        self.process.stop(signal.SIGINT)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.with_suffix(".log").unlink(missing_ok=True)
