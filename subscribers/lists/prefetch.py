"""Reading on while the database writes: two processors are busy instead of one in turn."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import TypeVar

Item = TypeVar("Item")

DEPTH = 2  # items made ahead
_PATIENCE = 0.2  # seconds between looks whether anybody still waits


def prefetched(items: Iterator[Item]) -> Iterator[Item]:
    """Give the same items, made ahead in a thread, which asks no database.

    What making them raises is raised here. The thread ends with the consumer.
    """
    made: queue.Queue[tuple[Item | None, BaseException | None]] = queue.Queue(DEPTH)
    left = threading.Event()

    def put(item: Item | None, failure: BaseException | None = None) -> bool:
        while not left.is_set():
            try:
                made.put((item, failure), timeout=_PATIENCE)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            if all(put(item) for item in items):
                put(None)
        except BaseException as failure:  # noqa: BLE001  (raised again, where it is waited for)
            put(None, failure)

    thread = threading.Thread(target=work, name="reading ahead", daemon=True)
    thread.start()
    try:
        while True:
            item, failure = made.get()
            if failure is not None:
                raise failure
            if item is None:
                return
            yield item
    finally:
        left.set()
        thread.join()
