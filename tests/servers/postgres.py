"""A PostgreSQL cluster in a temporary folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import closing, suppress
from itertools import count
from pathlib import Path

import psycopg2
from psycopg2 import sql

from tests.servers.processes import Process, free_port, new_folder

# Debian installs the server's programs by version; we use the newest.
HOMES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda home: int(home.parent.name))
OWNER = "newsroom"
# Nothing has to survive the machine, so nothing waits for the disk. A killed server still keeps
# what was committed, because the kernel has it.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "400",  # two processes of tests, each with a hundred visitors at once
    "shared_buffers": "128MB",
    "listen_addresses": "127.0.0.1",
    "timezone": "UTC",
    "log_min_messages": "warning",
}


def program(name: str) -> Path:
    """Return where a program of PostgreSQL is. Raises FileNotFoundError."""
    if HOMES:
        return HOMES[-1] / name
    found = shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name} is not installed; tools/test-packages.sh installs it")
    return Path(found)


class PostgresCluster:
    """A cluster that runs on this port of loopback; `url(name)` is for DATABASE_URL."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._numbers = count(1)

    def url(self, name: str = "postgres") -> str:
        return f"postgres://{OWNER}@127.0.0.1:{self.port}/{name}"

    def new_database(self) -> str:
        """Create an empty database and return its URL."""
        name = f"newsroom_{os.getpid()}_{next(self._numbers)}"
        self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop a database, even while somebody is connected to it."""
        name = sql.Identifier(url.rsplit("/", 1)[1])
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def back_up(self, name: str = "postgres") -> bytes:
        """Return a dump of a database, as an operator makes one while everything runs."""
        dumped = subprocess.run(
            [program("pg_dump"), "--dbname", self.url(name)], capture_output=True, check=True
        )
        return dumped.stdout

    def restore(self, backup: bytes, url: str | None = None) -> None:
        """Replace a database's content by that of a dump, at one moment for those who use it."""
        psql: list[Path | str] = [program("psql"), "--dbname", url or self.url(), "--quiet"]
        psql += ["--set", "ON_ERROR_STOP=1", "--output", os.devnull]
        psql += ["--single-transaction", "--file", "-"]
        script = b"DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n" + backup
        done = subprocess.run(psql, input=script, capture_output=True, check=False)
        if b"deadlock detected" in done.stderr:  # with those who use it
            done = subprocess.run(psql, input=script, capture_output=True, check=False)
        if done.returncode:
            raise subprocess.SubprocessError(f"psql failed:\n{done.stderr.decode()}")

    def _execute(self, statement: sql.Composable) -> None:
        with closing(psycopg2.connect(self.url(), connect_timeout=5)) as connection:
            connection.autocommit = True  # databases are made outside a transaction
            with connection.cursor() as cursor:
                cursor.execute(statement)


class PostgresServer(PostgresCluster):
    """A cluster that we started, and may kill."""

    def __init__(self, **settings: str) -> None:
        super().__init__(free_port())
        self.settings = SETTINGS | settings
        self.folder = new_folder("postgres")
        # PostgreSQL refuses to run as root; Debian's package brings a user for it.
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(self.folder, self.user, self.user)
        try:
            self._make_cluster()
            self.start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def start(self) -> None:
        """Start the server on its folder, or restart it after `kill`."""
        settings = [
            word for name, value in self.settings.items() for word in ("-c", f"{name}={value}")
        ]
        self.process = Process(
            [
                *(program("postgres"), "-D", str(self.folder / "data")),
                *("-k", str(self.folder), "-p", str(self.port), *settings),
            ],
            log=self.folder.with_suffix(".log"),
            user=self.user,
            cwd=self.folder,
        )
        try:
            self.process.wait_until(self._accepts)
        except BaseException:
            self.process.stop(signal.SIGINT)
            raise

    def kill(self) -> None:
        """Kill every server process; `start` recovers the cluster."""
        sessions = self.process.child_pids()  # each in a process group of its own
        self.process.kill()
        for pid in sessions:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        # PostgreSQL does not start beside one that still has its shared memory.
        until = time.monotonic() + 30
        while time.monotonic() < until and any(
            Path(f"/proc/{pid}/fd").exists() for pid in sessions
        ):
            time.sleep(0.05)

    def shut_down(self) -> None:
        """Stop it as an operator does, which closes all connections; `start` restarts it."""
        self.process.stop(signal.SIGINT)  # PostgreSQL's fast shutdown

    def stop(self) -> None:
        self.shut_down()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.with_suffix(".log").unlink(missing_ok=True)

    def _accepts(self) -> bool:
        try:
            psycopg2.connect(self.url(), connect_timeout=5).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _make_cluster(self) -> None:
        made = Process(
            [
                *(program("initdb"), "-D", self.folder / "data"),
                *("--username", OWNER, "--auth", "trust", "--no-sync"),
                *("--encoding", "UTF8", "--locale", "C.UTF-8"),
            ],
            log=self.folder.with_suffix(".log"),
            user=self.user,
            cwd=self.folder,
        )
        if made.wait(seconds=60):
            raise subprocess.SubprocessError(f"initdb failed:\n{made.output}")
