"""Two worker hosts and a beat; each may be killed and started again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.servers.programs import CeleryBeat, CeleryWorker

CONNECTIONS = 4
LEASE_SECONDS = 5


class Host:
    """A worker process as on a machine of its own: it shares no folder with the others."""

    def __init__(self, start: Callable[[], CeleryWorker]) -> None:
        self.start = start
        self.worker = start()

    def kill(self) -> None:
        """Kill it, and start it again at once."""
        self.worker.kill()
        self.worker = self.start()


class Newsroom:
    """Two hosts and a beat on one database, broker and mail server."""

    def __init__(
        self,
        celery_worker: Callable[..., CeleryWorker],
        celery_beat: Callable[..., CeleryBeat],
        folder: Path,
        **variables: str,
    ) -> None:
        facts = {
            "LEASE_SECONDS": str(LEASE_SECONDS),
            "SEND_CONNECTIONS": str(CONNECTIONS),
        } | variables

        def host(name: str) -> Host:
            return Host(lambda: celery_worker(ready=False, VAR_DIR=str(folder / name), **facts))

        self.start_beat: Callable[[], CeleryBeat] = lambda: celery_beat(
            VAR_DIR=str(folder / "beat"), **facts
        )
        self.hosts = [host("north"), host("south")]
        self.beat = self.start_beat()

    def kill_beat(self) -> None:
        """Kill beat, and start it again at once."""
        self.beat.kill()
        self.beat = self.start_beat()

    def kill_everything(self) -> None:
        """Kill both hosts and beat together; `revive` starts them again."""
        for process in (*(host.worker for host in self.hosts), self.beat):
            process.kill()

    def revive(self) -> None:
        for host in self.hosts:
            host.worker = host.start()
        self.beat = self.start_beat()
