"""What a benchmark runs on: PostgreSQL with fsync, Redis and worker processes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from celery import Celery

from bench import machine
from bench.receivers import CountsDiffer, Receiver
from bench.run import Run
from tests.servers.postgres import PostgresServer
from tests.servers.processes import wait_until
from tests.servers.programs import CeleryWorker, environment
from tests.servers.redis import RedisServer

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2
CONNECTIONS = 32  # of each worker process


class Installation:
    """Servers and a database for one benchmark; what needs Django runs as `bench.steps`."""

    def __init__(self, ending: ExitStack) -> None:
        self.folder = Path(
            ending.enter_context(tempfile.TemporaryDirectory(prefix="newsroom-bench-"))
        )
        self.postgres = PostgresServer(fsync="on", full_page_writes="on", shared_buffers="256MB")
        ending.callback(self.postgres.stop)
        self.redis = RedisServer()
        ending.callback(self.redis.stop)
        self.database = self.postgres.new_database()
        self._connection: Any = None
        self.broker = Celery(broker=self.redis.url())
        self.run_step("migrate")

    def environment(self, **variables: str) -> dict[str, str]:
        """Return the variables of every program: production settings, no debugging."""
        defaults = {
            "DEBUG": "false",
            "SECRET_KEY": "only for benchmarks, on a database that is deleted afterwards",
            "SITE_URL": "https://news.example.com",
            "DATABASE_URL": self.database,
            "REDIS_URL": self.redis.url(),
            "EMAIL_URL": "smtp://127.0.0.1:9",
            "VAR_DIR": str(self.folder / "var"),
            "LOG_LEVEL": "WARNING",
        }
        return environment(**(defaults | variables))

    def run_step(self, *arguments: str, **variables: str) -> str:
        """Run a step of `bench.steps` and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "bench.steps", *arguments],
            env=self.environment(**variables),
            cwd=ROOT,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout.strip()

    def rendered_email(self) -> dict[str, str]:
        """Return the subject, HTML and text of an issue's email, for other senders."""
        found: dict[str, str] = json.loads(self.run_step("email", self.run_step("issue", "1")))
        return found

    def query(self, statement: str, *values: Any) -> Any:
        """Return one value from the database, over a connection that stays open to save CPU."""
        if self._connection is None:
            self._connection = psycopg2.connect(self.database)
            self._connection.autocommit = True
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            row = cursor.fetchone()
        return row[0] if row else None

    @contextmanager
    def workers(self, number: int, **variables: str) -> Iterator[list[CeleryWorker]]:
        """Start worker processes and wait until they are ready for their first task."""
        with ExitStack() as ending:
            started = []
            for index in range(number):
                worker = CeleryWorker(
                    *("--pool", "solo", "--without-mingle", "--without-gossip"),
                    env=self.environment(**variables),
                    log=self.folder / f"worker-{time.time_ns()}.log",
                    name=f"bench{index}",
                )
                ending.callback(worker.stop)
                started.append(worker)
            for worker in started:
                worker.wait_until_ready()
            yield started

    def dispatch(
        self,
        emails: int,
        *,
        to: Receiver,
        workers: int = WORKERS,
        connections: int | None = CONNECTIONS,
    ) -> Run:
        """Send one issue to that many readers with real workers, and return what it cost.

        Without a number of connections, the default of SEND_CONNECTIONS applies.
        Raises CountsDiffer if the ledger or the receiver counts another number.
        """
        facts = {"EMAIL_URL": f"smtp://127.0.0.1:{to.port}"}
        if connections is not None:
            facts["SEND_CONNECTIONS"] = str(connections)
        issue = self.run_step("issue", str(emails), **facts)
        number, filled = self.run_step("begin", issue, **facts).split()
        to.begin()
        with self.workers(workers, **facts) as started:
            pids = [worker.pid for worker in started]
            before = self._costs(pids)
            begun = time.monotonic()
            for _ in range(workers):
                self.broker.send_task(
                    "subscribers.sending.tasks.send", (int(number),), queue="sending"
                )
            wait_until(lambda: self.is_sent(number), seconds=1800, what="the dispatch", every=0.02)
            seconds = time.monotonic() - begun
            after = self._costs(pids)
            peak = max(machine.peak_mb(pid) for pid in pids)
        sent = self.query(
            "SELECT count(*) FROM subscribers_delivery WHERE dispatch_id = %s AND state = 3", number
        )
        if sent != emails:
            raise CountsDiffer(f"the ledger has {sent} of {emails} emails as sent")
        to.check(emails)
        spent = [late - early for early, late in zip(before, after, strict=True)]
        return Run(
            emails=emails,
            seconds=seconds,
            cpu_workers=spent[0],
            cpu_postgres=spent[1],
            cpu_redis=spent[2],
            peak_mb=peak,
            fill_seconds=float(filled),
        )

    def cpu_of_postgres(self) -> float:
        """Return the CPU seconds that the server and its processes have used."""
        return machine.cpu_seconds(self.postgres.process.pid)

    def _costs(self, workers: list[int]) -> tuple[float, float, float]:
        return (
            machine.cpu_seconds(*workers),
            self.cpu_of_postgres(),
            machine.cpu_seconds(self.redis.process.pid),
        )

    def is_sent(self, number: str) -> bool:
        """Whether a dispatch is sent. Raises AssertionError if it was paused."""
        state = self.query("SELECT state FROM subscribers_dispatch WHERE id = %s", number)
        if state == "paused":
            reason = self.query(
                "SELECT pause_reason FROM subscribers_dispatch WHERE id = %s", number
            )
            raise AssertionError(f"the dispatch was paused: {reason}")
        return bool(state == "sent")
