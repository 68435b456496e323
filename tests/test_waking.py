"""A wake-up is a favour: what asks for it never fails, and seldom waits, for want of a broker."""

from __future__ import annotations

import time
from typing import Any

import pytest
from celery import Celery
from celery.app.task import Task

from newsroom import tasks


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> Task[Any, Any]:
    """A task of an application whose broker answers nobody."""
    monkeypatch.setattr(tasks._broker, "rests_until", 0.0)
    app = Celery("nowhere", broker="redis://127.0.0.1:1/0", set_as_current=False)
    app.conf.broker_transport_options = {"max_retries": 0}

    @app.task(name="nowhere.look")
    def look() -> None:
        """Never run."""

    task: Task[Any, Any] = look
    return task


def test_a_broker_out_of_reach_is_a_line_in_the_log(
    nowhere: Task[Any, Any], caplog: pytest.LogCaptureFixture
) -> None:
    tasks.wake(nowhere)
    assert "could not wake nowhere.look" in caplog.text


def test_a_broker_that_failed_is_left_alone_for_a_while(
    nowhere: Task[Any, Any], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks.wake(nowhere)
    tasks.wake(nowhere)
    assert caplog.text.count("could not wake") == 1
    later = time.monotonic() + tasks.BROKER_RESTS_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    tasks.wake(nowhere)
    assert caplog.text.count("could not wake") == 2
