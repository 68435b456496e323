"""`manage.py demo`: a whole newsroom with sample briefings from one command, without servers."""

from __future__ import annotations

import http.client
import os
import socket
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.migrations.loader import MigrationLoader

from newsroom import database_epoch
from newsroom.staff_command import StaffCommand
from newsroom.supervisor import (
    Program,
    ProgramEnded,
    StopRequested,
    Supervisor,
    exclusive_lock,
)

if TYPE_CHECKING:
    from argparse import ArgumentParser

HOST = "127.0.0.1"  # not reachable from other machines: the accounts have known passwords
READY_WITHIN_SECONDS = 60.0
# Variables of a real newsroom, which the demo ignores.
IGNORED_VARIABLES = (
    *("ALLOWED_HOSTS", "BEHIND_PROXY", "DATABASE_URL"),
    *("EMAIL_URL", "LOCAL_LOG_IN", "OIDC_ISSUER", "REDIS_URL", "SECRET_KEY", "SITE_URL"),
    "TRUSTED_PROXIES",
)

# Defaults for the demo; a variable that is set outside wins.
SAMPLE_VARIABLES = {
    "BOUNCE_ADDRESS": "bounces@newsroom.example",
    "DEFAULT_FROM_EMAIL": f"{settings.SITE_NAME} <news@newsroom.example>",
    "POSTAL_ADDRESS": "4 Dell Yard, Wexholt WX1 4ND",
    "PYTHONUNBUFFERED": "1",
    "SECOND_FACTOR_REQUIRED": "false",  # nobody should need a phone to look at a demo
}

# Where tools/install-encoder.sh puts a sentence encoder. Without it, the demo has none.
ENCODER = settings.BASE_DIR / ".venv" / "encoder"

NOTICE = """
{site_name} is running, {seconds:.0f} seconds after you started it.

  Website  {url}/
  Admin    {url}/admin/
           user reporter, password demo: drafts and submits issues
           user editor, password demo: edits, approves and returns issues
           user publisher, password demo: schedules, sends and corrects issues
           user moderator, password demo: decides about comments
           user admin, password demo: does everything, and gives people their roles
           A second factor is offered, under Log-in and security, but nobody needs one here.
  Inbox    {url}/inbox/
           shows every email, the latest issue too; nothing leaves this machine

Everything is stored in {var}. Delete that folder to start again.
Press Ctrl-C to stop.
"""


class Command(StaffCommand):
    help = (
        "Run a newsroom with sample briefings on SQLite: web, workers and beat in one command. "
        "For development only."
    )

    requires_system_checks = ()  # the programs that it starts would report the same

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="default: 8000")
        parser.add_argument(
            "--started-at",
            type=float,
            default=process_started_at(),
            help="when the demo was started, in seconds since 1970",
        )

    def handle(self, *, port: int, started_at: float, **_: Any) -> None:
        """Check that the demo can run, then run it until somebody stops it."""
        if not settings.DEBUG:
            raise demo_error(
                "the demo has accounts with known passwords, so it runs in development only. "
                "Use `make demo`, or set DEBUG=1"
            )
        self._restart_without_ignored_variables()
        check_port(port)
        try:
            with exclusive_lock(settings.VAR_DIR / "demo.lock"):
                self._run(port, started_at=started_at)
        except BlockingIOError:
            raise demo_error(
                f"another demo is running from {short_path(settings.VAR_DIR)}. Stop it with "
                "Ctrl-C, or use another folder for this one: make demo VAR_DIR=/tmp/newsroom"
            ) from None

    def _restart_without_ignored_variables(self) -> None:
        """Restart this command without the variables that name the servers of a real newsroom."""
        ignored = [name for name in IGNORED_VARIABLES if os.environ.get(name)]
        if not ignored:
            return
        self._say(
            "The demo uses its own address, database, broker and inbox. It ignores "
            f"{', '.join(ignored)}."
        )
        kept = {name: value for name, value in os.environ.items() if name not in IGNORED_VARIABLES}
        os.execve(sys.executable, [sys.executable, *sys.argv], kept)  # noqa: S606  (this command)

    def _run(self, port: int, *, started_at: float) -> None:
        url = f"http://{HOST}:{port}"
        prepared = settings.VAR_DIR.resolve() / "demo.prepared"
        prepared.unlink(missing_ok=True)
        supervisor = Supervisor(
            env={
                **SAMPLE_VARIABLES,
                **encoder_variables(),
                "SITE_URL": url,
                **os.environ,
                "VAR_DIR": str(settings.VAR_DIR.resolve()),
                "WEB_BEGINS_WITH": str(prepared),  # a file, see gunicorn.conf.py
            },
            cwd=settings.BASE_DIR,
            logs=settings.VAR_DIR / "log",
        )
        self._say("Starting…")
        try:
            with supervisor:
                # The website loads while we prepare the database, and answers afterwards. The
                # programs that nobody waits for come after it: all at once would take each of
                # them twice as long.
                web, *others = programs(port)
                supervisor.start(web)
                prepare_database(url)
                prepared.touch()
                supervisor.wait_until(
                    lambda: answers(port),
                    seconds=READY_WITHIN_SECONDS,
                    problem="the website does not respond",
                )
                for program in others:
                    supervisor.start(program)
                self._say(notice(url, seconds=time.time() - started_at))
                try:
                    supervisor.watch()
                except StopRequested:
                    self._say("\nStopping, after finishing what is in progress.")
                    raise
        except StopRequested:
            self._say("Stopped.")
        except (ProgramEnded, TimeoutError) as reason:
            raise demo_error(str(reason)) from None

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def encoder_variables() -> dict[str, str]:
    """Return the settings of the encoder, if it is installed with what it needs."""
    try:
        known = (ENCODER / "sha256").read_text().strip()
    except OSError:
        return {}
    if not all(find_spec(name) for name in ("numpy", "onnxruntime", "tokenizers")):
        return {}
    return {"POINTS_MODEL": str(ENCODER), "POINTS_MODEL_HASH": known}


def notice(url: str, *, seconds: float) -> str:
    """Return the text that says where everything is and how to log in."""
    return NOTICE.format(
        site_name=settings.SITE_NAME, seconds=seconds, url=url, var=short_path(settings.VAR_DIR)
    )


def process_started_at() -> float:
    """Return when this process started, in seconds since 1970; now, if the system cannot say."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        up = float(Path("/proc/uptime").read_text().split()[0])
        return time.time() - up + ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):  # not Linux
        return time.time()


def demo_error(message: str) -> SystemExit:
    """Return the exception that ends the demo with a message."""
    return SystemExit(f"newsroom: {message.rstrip('.')}.")


def short_path(path: Path) -> str:
    """Return a path relative to the project, if it is inside it."""
    with suppress(ValueError):
        return f"{path.resolve().relative_to(settings.BASE_DIR)}/"
    return f"{path}/"


def check_port(port: int) -> None:
    """Exit with a message if the port cannot be used."""
    if not 1 <= port <= 65535:
        raise demo_error(f"{port} is not a port; choose a number from 1 to 65535")
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
    except OSError as failure:
        other = port + 1 if port < 65535 else 8000
        raise demo_error(
            f"cannot use port {port}: {(failure.strerror or str(failure)).lower()}. "
            f"Choose another: make demo PORT={max(other, 1024)}"
        ) from None


def prepare_database(url: str) -> None:
    """Migrate the database, and add the samples if it is empty; their links lead to `url`."""
    settings.SITE_URL = url
    name = connection.settings_dict["NAME"]
    if not Path(name).exists():
        database_epoch.forget_copies()  # or the new database would be taken for a restored one
    try:
        refuse_newer_database()
        call_command("migrate", verbosity=0, interactive=False)
        call_command("seed_briefings", if_empty=True, verbosity=0)
        call_command("seed_demo_readers", if_empty=True, verbosity=0)
    except (DatabaseError, InconsistentMigrationHistory) as failure:
        raise demo_error(
            f"the database {name} does not belong to this version: "
            f"{' '.join(str(failure).split())}. "
            "Move that file away, and the demo creates a new one"
        ) from None


def refuse_newer_database() -> None:
    """Raise InconsistentMigrationHistory if a later version has changed the database.

    `migrate` would not notice.
    """
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
        raise InconsistentMigrationHistory(
            f"it has migrations of a later version: {', '.join(later)}"
        )


def programs(port: int) -> list[Program]:
    """Return the programs of a newsroom: the website, two workers and beat."""
    python, celery = sys.executable, (sys.executable, "-m", "celery", "-A", "newsroom")

    def worker(name: str, *, queue: str) -> Program:
        options = ("--queues", queue, "--hostname", f"{name}@%h", "--concurrency", "1")
        return Program(name=name, command=[*celery, "worker", *options, "--loglevel", "INFO"])

    return [
        Program(
            name="web",
            command=[
                *(python, "-m", "gunicorn", "newsroom.wsgi", "--bind", f"{HOST}:{port}"),
                *("--workers", "1", "--threads", "8", "--graceful-timeout", "3"),
                *("--access-logfile", "-"),
            ],
        ),
        # Two workers, so that no confirmation waits for the end of a send run.
        worker("worker", queue="celery"),
        worker("sender", queue="sending"),
        Program(name="beat", command=[*celery, "beat", "--pidfile=", "--loglevel", "INFO"]),
    ]


def answers(port: int) -> bool:
    """Return whether the website responds."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
