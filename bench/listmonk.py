"""listmonk, where the variable LISTMONK names its binary: the same email, its own database.

It is tuned: 16 workers (as many as connections for a slow server), batches of 5,000, no rate.
What its documentation describes for people in a browser is written to its tables instead: its
settings, a list, subscribers, a template and a campaign that is running. Written for version 6.
Nothing of it is fetched or built here.
"""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2

from bench import machine
from bench.receivers import CountingReceiver, CountsDiffer
from bench.run import Run
from tests.servers.postgres import PostgresCluster
from tests.servers.processes import Process, answers, free_port, wait_until

VARIABLE = "LISTMONK"
LEFT_OUT = f"listmonk is left out: the variable {VARIABLE} names no binary."
WORKERS = 16
BATCH = 5_000
NO_RATE = 1_000_000  # emails a second of each worker
SECONDS_TO_SEND = 1800.0
# It looks for campaigns every five seconds, and marks one as finished when it finds nobody left.
SECONDS_TO_FINISH = 60.0

MAKE_READERS = """
TRUNCATE subscribers, lists, campaigns CASCADE;
INSERT INTO lists (uuid, name, type, optin, tags)
  VALUES (gen_random_uuid(), 'Bench', 'private', 'single', '{}');
INSERT INTO subscribers (uuid, email, name)
  SELECT gen_random_uuid(), 'reader' || n || '@example.com', 'Reader ' || n
  FROM generate_series(1, %s) AS n;
INSERT INTO subscriber_lists (subscriber_id, list_id, status)
  SELECT s.id, l.id, 'confirmed' FROM subscribers s, lists l;
ANALYZE;
"""
# The body stands in for an issue; each reader has an unsubscribe link of their own, as in ours.
TEMPLATE = '{{ template "content" . }}<p><a href="{{ UnsubscribeURL }}">Unsubscribe</a></p>'
MAKE_CAMPAIGN = """
WITH t AS (
  INSERT INTO templates (name, type, subject, body) VALUES ('Bench', 'campaign', '', %(template)s)
  RETURNING id
), c AS (
  INSERT INTO campaigns (uuid, name, subject, from_email, body, altbody, content_type, tags,
                         messenger, template_id, status)
  SELECT gen_random_uuid(), 'Bench', %(subject)s, 'News <news@news.example.com>', %(html)s,
         %(text)s, 'html', '{}', 'email', t.id, 'running' FROM t
  RETURNING id
)
INSERT INTO campaign_lists (campaign_id, list_id, list_name)
  SELECT c.id, l.id, l.name FROM c, lists l RETURNING campaign_id
"""


def binary() -> Path | None:
    """Return the installed binary; None if there is none to measure."""
    path = Path(os.environ.get(VARIABLE, ""))
    return path if path.is_file() and os.access(path, os.X_OK) else None


class Listmonk:
    """An installation with a database of its own beside ours."""

    def __init__(self, program: Path, postgres: PostgresCluster, folder: Path) -> None:
        self._program, self._postgres, self._folder = program, postgres, folder
        self._url = postgres.new_database()
        self.port = free_port()
        self.process: Process | None = None
        installed = self._run("--install", "--idempotent", "--yes")
        if installed.wait(seconds=120):
            raise RuntimeError(f"listmonk --install failed:\n{installed.output}")
        self._query("UPDATE settings SET value = 'false' WHERE key = 'app.check_updates'")

    def _run(self, *words: str) -> Process:
        """Start it with its settings as variables, as its documentation describes."""
        database = urlsplit(self._url)
        return Process(
            [self._program, "--config", "", *words],
            env={
                "PATH": os.environ["PATH"],
                "LISTMONK_app__address": f"127.0.0.1:{self.port}",
                "LISTMONK_db__host": f"{database.hostname}",
                "LISTMONK_db__port": f"{database.port}",
                "LISTMONK_db__user": f"{database.username}",
                "LISTMONK_db__password": "",
                "LISTMONK_db__database": database.path[1:],
                "LISTMONK_db__ssl_mode": "disable",
                "LISTMONK_db__max_open": "25",
                "LISTMONK_db__max_idle": "25",
                "LISTMONK_db__max_lifetime": "300s",
            },
            log=self._folder / f"listmonk-{time.time_ns()}.log",
            cwd=self._folder,
        )

    def _query(self, statement: str, values: Any = None) -> Any:
        """Run a statement; return its first value if it has one."""
        with (
            closing(psycopg2.connect(self._url)) as connection,
            connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(statement, values)
            row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None

    def set_up(self, *, to: CountingReceiver, readers: int, workers: int = WORKERS) -> None:
        """Set the mail server and the tuning, and replace all readers."""
        server = {
            "enabled": True, "host": "127.0.0.1", "port": to.port, "auth_protocol": "none",
            "username": "", "password": "", "hello_hostname": "", "max_conns": workers,
            "idle_timeout": "15s", "wait_timeout": "5s", "max_msg_retries": 2, "tls_type": "none",
            "tls_skip_verify": False, "email_headers": [],
        }  # fmt: skip
        for key, value in {
            "smtp": [server],
            "app.concurrency": workers,
            "app.batch_size": BATCH,
            "app.message_rate": NO_RATE,
            "app.message_sliding_window": False,
            "app.notify_emails": [],
            "app.root_url": f"http://127.0.0.1:{self.port}",
        }.items():
            self._query("UPDATE settings SET value = %s WHERE key = %s", (json.dumps(value), key))
        self._query(MAKE_READERS, (readers,))

    def start(self) -> None:
        """Start it; it continues a campaign that is running."""
        self.process = self._run()
        try:
            self.process.wait_until(lambda: answers(self.port), seconds=60)
        except BaseException:
            self.process.stop()
            raise

    def kill(self) -> None:
        """Kill it."""
        assert self.process is not None
        self.process.kill()

    def terminate(self) -> None:
        """Stop it as a service manager does, and wait for it."""
        assert self.process is not None
        self.process.send(signal.SIGTERM)
        self.process.wait(seconds=60)

    def stop(self) -> None:
        """Stop it if it runs, and drop its database."""
        if self.process is not None:
            self.process.stop()
        self._postgres.drop_database(self._url)

    def begin(self, email: dict[str, str]) -> int:
        """Create a campaign with this email to all readers, already running; return its number."""
        words = {name: text.replace("{{", "{ {") for name, text in email.items()}
        return int(self._query(MAKE_CAMPAIGN, {**words, "template": TEMPLATE}))

    def is_finished(self, campaign: int) -> bool:
        """Whether it considers a campaign as done."""
        status = self._query("SELECT status FROM campaigns WHERE id = %s", (campaign,))
        return str(status) == "finished"

    def send(
        self, email: dict[str, str], *, to: CountingReceiver, readers: int, cpu_of_postgres: Any
    ) -> Run:
        """Send one campaign and return what it cost, timed from the first email to the last.

        Waiting for its look-out for campaigns is not counted. Raises CountsDiffer.
        """
        assert self.process is not None
        to.begin()
        before = machine.cpu_seconds(self.process.pid), cpu_of_postgres()
        self.begin(email)
        wait_until(lambda: to.total() > 0, seconds=SECONDS_TO_FINISH, what="listmonk", every=0.005)
        begun = time.monotonic()
        try:
            wait_until(
                lambda: to.total() >= readers, seconds=SECONDS_TO_SEND, what="it", every=0.02
            )
        except TimeoutError:
            raise CountsDiffer(f"listmonk sent {to.total()} of {readers} emails") from None
        seconds = time.monotonic() - begun
        to.check(readers)
        return Run(
            emails=readers,
            seconds=seconds,
            cpu_workers=machine.cpu_seconds(self.process.pid) - before[0],
            cpu_postgres=cpu_of_postgres() - before[1],
            peak_mb=machine.peak_mb(self.process.pid),
        )
