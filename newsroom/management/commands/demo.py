"""A whole newsroom from one command: no server to install, sample briefings, mail to a page."""

from __future__ import annotations

import http.client
import os
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.migrations.loader import MigrationLoader

from newsroom.supervisor import Program, ProgramEnded, StopAsked, Supervisor, only_one

if TYPE_CHECKING:
    from argparse import ArgumentParser

HOST = "127.0.0.1"  # the accounts have known passwords: nobody else may reach this
READY_WITHIN = 60.0  # seconds
# The demo brings its own; these belong to some real newsroom.
NOT_OURS = (
    *("ALLOWED_HOSTS", "BEHIND_PROXY", "DATABASE_URL"),
    *("EMAIL_URL", "REDIS_URL", "SECRET_KEY", "SITE_URL"),
)

# What a letter shows of its sender; a variable that is set outside wins.
SAMPLE_VARIABLES = {
    "BOUNCE_ADDRESS": "bounces@newsroom.example",
    "DEFAULT_FROM_EMAIL": f"{settings.SITE_NAME} <news@newsroom.example>",
    "POSTAL_ADDRESS": f"{settings.SITE_NAME}, 4 Dell Yard, Wexholt WX1 4ND",
    "PYTHONUNBUFFERED": "1",
}

NOTICE = """
{site_name} is running; it took {seconds:.0f} s.

  Pages   {url}/
  Desk    {url}/admin/
          user editor, password demo: approves, schedules, sends
          user reporter, password demo: drafts and submits
  Inbox   {url}/inbox/
          every letter lands here; none leaves this machine

All of it is kept in {var}; delete that folder to begin anew. Ctrl-C stops it.
"""


class Command(BaseCommand):
    help = (
        "Run a newsroom with sample briefings on SQLite: web, workers and beat in one command, "
        "for development only."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="default: 8000")

    def handle(self, *, port: int, **_: Any) -> None:
        """Check what could go wrong, then run until somebody stops it."""
        if not settings.DEBUG:
            raise refusal(
                "the demo has accounts with known passwords, so it runs in development only. "
                "Use `make demo`, or set DEBUG=1"
            )
        self._leave_real_servers_alone()
        check_port(port)
        try:
            with only_one(settings.VAR_DIR / "demo.lock"):
                self._run(port)
        except BlockingIOError:
            raise refusal(
                f"another demo runs from {shown(settings.VAR_DIR)}. Stop it with Ctrl-C, or give "
                "this one a folder of its own: make demo VAR_DIR=/tmp/newsroom"
            ) from None

    def _leave_real_servers_alone(self) -> None:
        """Begin again without the variables that name the servers of a real newsroom."""
        named = [name for name in NOT_OURS if os.environ.get(name)]
        if not named:
            return
        self._say(
            f"The demo brings its own address, database, broker and inbox; {', '.join(named)}"
            f" {'is' if len(named) == 1 else 'are'} not used."
        )
        kept = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        os.execve(sys.executable, [sys.executable, *sys.argv], kept)  # noqa: S606  (ourselves)

    def _run(self, port: int) -> None:
        began = time.monotonic()
        url = f"http://{HOST}:{port}"
        supervisor = Supervisor(
            env={
                **SAMPLE_VARIABLES,
                "SITE_URL": url,
                **os.environ,
                "VAR_DIR": str(settings.VAR_DIR.resolve()),
            },
            cwd=settings.BASE_DIR,
            logs=settings.VAR_DIR / "log",
        )
        self._say("Starting…")
        try:
            with supervisor:
                prepare_database()
                for program in programs(port):
                    supervisor.look()
                    supervisor.start(program)
                supervisor.wait_until(
                    lambda: answers(port), seconds=READY_WITHIN, what="the web pages do not answer"
                )
                self._say(notice(url, seconds=time.monotonic() - began))
                try:
                    supervisor.watch()
                except StopAsked:
                    self._say("\nStopping: what is in hand is finished first.")
                    raise
        except StopAsked:
            self._say("Stopped.")
        except (ProgramEnded, TimeoutError) as reason:
            raise refusal(str(reason)) from None

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()


def notice(url: str, *, seconds: float) -> str:
    """Tell where everything is, and who may log in."""
    return NOTICE.format(
        site_name=settings.SITE_NAME, seconds=seconds, url=url, var=shown(settings.VAR_DIR)
    )


def refusal(sentence: str) -> SystemExit:
    """Make the sentence with which the demo ends."""
    return SystemExit(f"newsroom: {sentence.rstrip('.')}.")


def shown(path: Path) -> str:
    """Write a path the short way if it lies in the project."""
    with suppress(ValueError):
        return f"{path.resolve().relative_to(settings.BASE_DIR)}/"
    return f"{path}/"


def check_port(port: int) -> None:
    """Refuse a port on which nothing can be opened."""
    if not 1 <= port <= 65535:
        raise refusal(f"{port} is no port; choose a number from 1 to 65535")
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
    except OSError as failure:
        other = port + 1 if port < 65535 else 8000
        raise refusal(
            f"port {port} cannot be opened: {(failure.strerror or str(failure)).lower()}. "
            f"Choose another: make demo PORT={max(other, 1024)}"
        ) from None


def prepare_database() -> None:
    """Bring the tables up to date and put the samples into an empty newsroom."""
    name = connection.settings_dict["NAME"]
    try:
        refuse_newer_tables()
        call_command("migrate", verbosity=0, interactive=False)
        call_command("seed_briefings", if_empty=True, verbosity=0)
        call_command("seed_demo_readers", if_empty=True, verbosity=0)
    except (DatabaseError, InconsistentMigrationHistory) as failure:
        raise refusal(
            f"the database {name} is not one of this version: {' '.join(str(failure).split())}. "
            "Move that file away, and the demo makes a new one"
        ) from None


def refuse_newer_tables() -> None:
    """Refuse a database that a later version has changed; `migrate` would not notice."""
    loader = MigrationLoader(connection)
    loader.check_consistent_history(connection)
    known = loader.disk_migrations or {}
    ours = {app for app, _ in known}
    later = sorted(
        f"{app} {name}"
        for app, name in loader.applied_migrations
        if app in ours and (app, name) not in known
    )
    if later:
        raise InconsistentMigrationHistory(f"it holds {', '.join(later)}, unknown here")


def programs(port: int) -> list[Program]:
    """What makes up a newsroom: pages, a worker for letters and one for issues, the clock."""
    python, celery = sys.executable, (sys.executable, "-m", "celery", "-A", "newsroom")

    def worker(name: str, *, queue: str) -> Program:
        words = ("--queues", queue, "--hostname", f"{name}@%h", "--concurrency", "1")
        return Program(name=name, command=[*celery, "worker", *words, "--loglevel", "INFO"])

    return [
        Program(
            name="web",
            command=[
                *(python, "-m", "gunicorn", "newsroom.wsgi", "--bind", f"{HOST}:{port}"),
                *("--threads", "8", "--graceful-timeout", "3", "--no-control-socket"),
                *("--access-logfile", "-"),
            ],
        ),
        # Two of them, so that no confirmation waits until a stretch of an issue is out.
        worker("worker", queue="celery"),
        worker("sender", queue="sending"),
        Program(name="beat", command=[*celery, "beat", "--pidfile=", "--loglevel", "INFO"]),
    ]


def answers(port: int) -> bool:
    """Whether the pages answer."""
    pages = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        pages.request("GET", "/healthz")
        return pages.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        pages.close()
