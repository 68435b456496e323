"""Dump and restore PostgreSQL with its own programs, `pg_dump`, `pg_restore` and `psql`.

A transaction exports its snapshot: the dump and our counts see the same moment, however long they
take, and nothing waits for them. How to connect, with the password, is in files that exist in
memory only, so neither a list of processes nor a disk has it.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from newsroom.backups.database_contents import Contents, contents_of
from newsroom.backups.program_pipes import feed, output_of, passed_through

MEMBER = "database.dump"
# Where Debian installs the programs of each version of the server.
_HOMES = Path("/usr/lib/postgresql")
# Parameters of Django's connection that libpq does not know.
_NOT_OF_LIBPQ = {"cursor_factory", "context", "prepare_threshold", "server_side_binding", "pool"}
# A server ends the process of a closed connection a moment later, on a busy machine some seconds.
_CLOSING_SECONDS = 5.0
# Dumps are restored under any name of an owner.
_ANYBODYS = ("--no-owner", "--no-privileges")


class DatabaseInUse(Exception):
    """Something is connected to the database that is to be replaced."""


class PostgresSnapshot:
    """One moment of the database."""

    def __init__(self, name: str, contents: Contents) -> None:
        self._name, self.contents = name, contents

    def dump(self) -> Iterator[bytes]:
        """Yield a dump in PostgreSQL's custom format, which is compressed."""
        return _output(
            _program("pg_dump"),
            "--format=custom",
            f"--snapshot={self._name}",
            "--lock-wait-timeout=60s",
            "--no-comments",  # only an extension's owner may comment on it
            *_ANYBODYS,
        )


@contextmanager
def snapshot(work_folder: Path) -> Iterator[PostgresSnapshot]:
    """Hold one moment of the database open."""
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_export_snapshot()")
            [name] = cursor.fetchone()
            yield PostgresSnapshot(name, contents_of(cursor))
    finally:
        own.close()


def checked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Pass a dump on, and have `pg_restore` read all of it. Raises ProgramFailed."""
    return passed_through([_program("pg_restore"), "--file", os.devnull], chunks)


def check(chunks: Iterable[bytes], work_folder: Path) -> None:
    """Read a whole dump without restoring it. Raises ProgramFailed."""
    for _ in checked(chunks):
        pass


def is_empty() -> bool:
    """Whether the database has no table of anybody's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class JOIN pg_namespace AS space ON space.oid = relnamespace"
            " WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND nspname NOT LIKE 'pg\\_%%'"
            " AND nspname <> 'information_schema'"
            " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')",
            [],
        )
        [count] = cursor.fetchone()
    return not count


def restore(
    chunks: Iterable[bytes], *, replace: bool, last: Sequence[str], work_folder: Path
) -> None:
    """Fill the database from a dump and run the `last` statements, all in one transaction.

    If anything fails, or this is killed, nothing has changed. Raises ProgramFailed, DatabaseInUse.
    """
    if replace:
        _refuse_while_in_use()
    program, psql = [_program("pg_restore"), "--file=-", *_ANYBODYS], _program("psql")
    connection.close()
    first = b"BEGIN;\n"
    if replace:
        first += b"DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n"

    def script() -> Iterator[bytes]:
        yield first
        yield from output_of(program, given=chunks)
        yield "".join(f"\n{statement};" for statement in last).encode()
        yield b"\nCOMMIT;\n"

    words = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--output={os.devnull}")
    with _connection_files() as (env, files):
        feed([psql, *words], script(), env=env, pass_fds=files)


def _refuse_while_in_use() -> None:
    """Wait for connections that are being closed. Raises DatabaseInUse if others stay."""
    deadline = time.monotonic() + _CLOSING_SECONDS
    while count := _other_connections():
        if time.monotonic() > deadline:
            raise DatabaseInUse(
                f"{count} connections to it are open."
                " Stop web, workers, beat and whatever else uses it"
            )
        time.sleep(0.1)


def _other_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        [count] = cursor.fetchone()
    return int(count)


def _output(program: str, *words: str) -> Iterator[bytes]:
    with _connection_files() as (env, files):
        yield from output_of([program, *words], env=env, pass_fds=files)


@contextmanager
def _connection_files() -> Iterator[tuple[dict[str, str], Sequence[int]]]:
    """Return variables that tell libpq how to connect, and the files in memory that they name."""
    parameters: dict[str, Any] = {
        name: value
        for name, value in connection.get_connection_params().items()
        if name not in _NOT_OF_LIBPQ and value not in {None, ""}
    }
    password = str(parameters.pop("password", ""))
    lines = "\n".join(f"{name}={value}" for name, value in parameters.items())
    secret = re.sub(r"([\\:])", r"\\\1", password)
    service = _file_in_memory("service", f"[newsroom]\n{lines}\n")
    passwords = _file_in_memory("passwords", f"*:*:*:*:{secret}\n")
    try:
        yield (
            {name: value for name, value in os.environ.items() if not name.startswith("PG")}
            | {
                "PGSERVICEFILE": f"/proc/self/fd/{service}",
                "PGSERVICE": "newsroom",
                "PGPASSFILE": f"/proc/self/fd/{passwords}",
            },
            (service, passwords),
        )
    finally:
        os.close(service)
        os.close(passwords)


def _file_in_memory(name: str, text: str) -> int:
    number = os.memfd_create(name)
    os.fchmod(number, 0o600)  # libpq ignores passwords that others may read
    os.write(number, text.encode())
    return number


def _program(name: str) -> str:
    """Return the program of the server's version; else that of the next newer one, or on PATH.

    It asks the server, so call it on the thread of the command.
    """
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        version = int(cursor.fetchone()[0]) // 10_000
    homes = {int(home.name): home / "bin" for home in _HOMES.glob("*") if home.name.isdigit()}
    for number in sorted(number for number in homes if number >= version):
        if (homes[number] / name).exists():
            return str(homes[number] / name)
    return shutil.which(name) or name
