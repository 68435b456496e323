"""The broker of one machine: a folder, with a file for each message.

Kombu's own transport shows a file before anything is in it. A worker that looks at that moment
reads an empty message and ends, with one message in some hundreds when the machine is busy. Here a
file appears when it is whole, and so do the tables that say which queue hears what.
"""

from __future__ import annotations

import fcntl
import logging
import time
from pathlib import Path
from queue import Empty
from typing import Any
from uuid import uuid4

from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

log = logging.getLogger(__name__)


class Channel(filesystem.Channel):
    """Kombu's folder, in which nothing is ever seen half done."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]  # the stubs of its two parents disagree
        name = f"{time.time_ns():020d}-{uuid4().hex}.{queue}.msg"
        _write(Path(self.data_folder_out) / name, payload)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = Path(self.data_folder_in)
        for name in sorted(path.name for path in folder.iterdir()):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = folder / f".{name}"
            try:
                (folder / name).rename(taken)
            except FileNotFoundError:
                continue  # another worker has it
            content = taken.read_bytes()
            taken.unlink()
            try:
                return loads(content)
            except ValueError:  # a machine that lost its power may have kept the name alone
                log.warning("the message %s cannot be read; the beat will ask again", name)
        raise Empty

    def _queue_bind(
        self, exchange: str, routing_key: str | None, pattern: str | None, queue: str
    ) -> None:
        self.control_folder.mkdir(exist_ok=True)
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with (self.control_folder / "lock").open("ab") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            bindings = self.get_table(exchange)
            if binding not in bindings:
                _write(self.control_folder / f"{exchange}.exchange", [binding, *bindings])


class Transport(filesystem.Transport):
    """What `folder://` in CELERY_BROKER_URL stands for (newsroom.celery)."""

    Channel = Channel


def _write(path: Path, content: Any) -> None:
    """Let a file appear, or be replaced, with all that is in it."""
    unfinished = path.with_name(f".{path.name}.{uuid4().hex}")
    unfinished.write_text(dumps(content))
    unfinished.replace(path)
