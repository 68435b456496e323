"""The folder that is the broker on a single machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection

import newsroom.celery  # noqa: F401  (it registers folder://)
from newsroom.folder_broker import Channel

MESSAGES = 400


@pytest.fixture
def open_channel(tmp_path: Path) -> Iterator[Callable[[], Channel]]:
    """Open channels to one folder, each on a connection of its own, as processes do."""
    options = {
        "data_folder_in": tmp_path / "broker",
        "data_folder_out": tmp_path / "broker",
        "control_folder": tmp_path / "control",
    }
    (tmp_path / "broker").mkdir()
    with ExitStack() as ending:

        def make() -> Channel:
            connection = Connection("folder://", transport_options=options)
            opened = ending.enter_context(ending.enter_context(connection).channel())
            assert isinstance(opened, Channel)
            return opened

        yield make


class ReadWhileWritten:
    """A message that a worker tries to read while it is being written."""

    def __init__(self, worker: Channel) -> None:
        self.worker = worker
        self.found: list[Any] = []

    def __json__(self) -> str:
        with suppress(Empty):
            self.found.append(self.worker._get("celery"))
        return "whole"


def test_a_message_is_never_read_before_it_is_complete(open_channel: Callable[[], Channel]) -> None:
    message = ReadWhileWritten(worker := open_channel())

    open_channel()._put("celery", message)

    assert message.found == []
    assert worker._get("celery") == "whole"
    assert not list(Path(worker.data_folder_in).iterdir())


def test_each_message_is_read_by_one_worker_only(open_channel: Callable[[], Channel]) -> None:
    writer = open_channel()
    for number in range(MESSAGES):
        writer._put("celery", number)
    read: list[int] = []

    def consume(mine: Channel) -> None:
        try:
            while True:
                read.append(mine._get("celery"))
        except Empty:
            return

    consumers = [threading.Thread(target=consume, args=(open_channel(),)) for _ in range(2)]
    for consumer in consumers:
        consumer.start()
    for consumer in consumers:
        consumer.join()

    assert sorted(read) == list(range(MESSAGES))


def test_queues_are_kept_apart_and_the_oldest_message_comes_first(
    open_channel: Callable[[], Channel],
) -> None:
    writer = open_channel()
    for word in ("first", "second"):
        writer._put("celery", word)
    writer._put("sending", "other")
    reader = open_channel()

    assert [reader._get("celery"), reader._get("celery")] == ["first", "second"]
    with pytest.raises(Empty):
        reader._get("celery")
    assert reader._get("sending") == "other"


def test_an_unreadable_message_is_skipped(
    open_channel: Callable[[], Channel], caplog: pytest.LogCaptureFixture
) -> None:
    reader = open_channel()
    (Path(reader.data_folder_in) / "0.celery.msg").write_bytes(b"")
    open_channel()._put("celery", "after it")

    assert reader._get("celery") == "after it"
    assert "cannot read the message 0.celery.msg" in caplog.text


def test_processes_that_start_together_all_bind_their_queues(
    open_channel: Callable[[], Channel],
) -> None:
    names = [f"queue{number}" for number in range(40)]
    channels = [open_channel() for _ in names]

    def bind(mine: Channel, queue: str) -> None:
        mine._queue_bind("celery", queue, "", queue)

    starts = [
        threading.Thread(target=bind, args=(mine, queue))
        for mine, queue in zip(channels, names, strict=True)
    ]
    for start in starts:
        start.start()
    for start in starts:
        start.join()

    assert sorted(binding.queue for binding in open_channel().get_table("celery")) == sorted(names)
