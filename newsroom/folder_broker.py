"""A Celery broker for a single machine: a folder, with one file for each message.

Kombu's own transport creates a message's file before writing its content. A worker that reads it at
that moment gets an empty message and exits: on a busy machine, once in some hundreds of messages.
Here each file, and each table of queue bindings, is written under another name and then renamed.
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
    """Kombu's filesystem channel with atomic writes."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]  # the stubs of its two parents disagree
        name = f"{time.time_ns():020d}-{uuid4().hex}.{queue}.msg"
        _write_atomically(Path(self.data_folder_out) / name, payload)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = Path(self.data_folder_in)
        for name in sorted(path.name for path in folder.iterdir()):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            claimed = folder / f".{name}"
            try:
                (folder / name).rename(claimed)
            except FileNotFoundError:
                continue  # another worker has taken it
            content = claimed.read_bytes()
            claimed.unlink()
            try:
                return loads(content)
            except ValueError:  # after a power cut a file may exist without its content
                log.warning("cannot read the message %s; beat will send it again", name)
        raise Empty

    def _queue_bind(
        self, exchange: str, routing_key: str | None, pattern: str | None, queue: str
    ) -> None:
        self.control_folder.mkdir(exist_ok=True)
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with (self.control_folder / "lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            bindings = self.get_table(exchange)
            if binding not in bindings:
                _write_atomically(
                    self.control_folder / f"{exchange}.exchange", [binding, *bindings]
                )


class Transport(filesystem.Transport):
    """The transport for `folder://` in CELERY_BROKER_URL; newsroom.celery registers it."""

    Channel = Channel


def _write_atomically(path: Path, content: Any) -> None:
    """Create or replace a file in one step: no reader ever sees half of it."""
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    temporary.write_text(dumps(content))
    temporary.replace(path)
