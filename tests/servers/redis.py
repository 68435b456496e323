"""A Redis server in a temporary folder."""

from __future__ import annotations

import shutil

import redis

from tests.servers.processes import Process, free_port, new_folder


class RedisServer:
    """A running Redis that saves nothing to disk; `url()` is for REDIS_URL."""

    def __init__(self) -> None:
        self.folder = new_folder("redis")
        self.port = free_port()
        self.start()

    def url(self, number: int = 0) -> str:
        """Return the address of one of its sixteen databases."""
        return f"redis://127.0.0.1:{self.port}/{number}"

    def start(self) -> None:
        """Start it, or restart it (empty) after `kill`."""
        self.process = Process(
            [
                *("redis-server", "--bind", "127.0.0.1", "--port", str(self.port)),
                *("--save", "", "--appendonly", "no", "--dir", self.folder),
            ],
            log=self.folder / "redis.log",
        )
        try:
            self.process.wait_until(self._answers)
        except BaseException:
            self.process.stop()
            raise

    def kill(self) -> None:
        """Kill it; everything that was queued is lost."""
        self.process.kill()

    def stop(self) -> None:
        self.process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            with redis.Redis(port=self.port) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False
