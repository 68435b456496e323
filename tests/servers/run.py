"""The servers of one test process."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.servers.postgres import PostgresCluster, PostgresServer
from tests.servers.processes import RUN_FOLDER, new_folder
from tests.servers.redis import RedisServer


class Run:
    """Starts each server when the first test needs it; `ending.close()` stops them all."""

    def __init__(self) -> None:
        self.ending = ExitStack()
        if RUN_FOLDER not in os.environ:  # processes of `pytest -n` inherit the folder of the first
            folder = tempfile.mkdtemp(prefix="newsroom-tests-")
            Path(folder).chmod(0o711)  # PostgreSQL runs as another user and needs access
            os.environ[RUN_FOLDER] = folder
            self.ending.callback(shutil.rmtree, folder, ignore_errors=True)
        self.var = new_folder("var")
        (self.var / "static").mkdir()  # where collected files would be; WhiteNoise warns without
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
