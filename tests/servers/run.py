"""What one test process started."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.servers.postgres import PostgresCluster, PostgresServer
from tests.servers.redis import RedisServer


class Run:
    """Servers are started when the first test asks; `ending.close()` stops them all."""

    def __init__(self) -> None:
        self.var = Path(tempfile.mkdtemp(prefix="newsroom-tests-"))
        self.ending = ExitStack()
        self.ending.callback(shutil.rmtree, self.var, ignore_errors=True)
        self.postgres: PostgresCluster | None = None
        self.redis_url = ""

    def start_postgres(self) -> PostgresCluster:
        if self.postgres is None:
            server = PostgresServer()
            self.ending.callback(server.stop)
            self.postgres = server
        return self.postgres

    def start_redis(self) -> str:
        if not self.redis_url:
            server = RedisServer()
            self.ending.callback(server.stop)
            self.redis_url = server.url()
        return self.redis_url
