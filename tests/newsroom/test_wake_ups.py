"""A wake-up is a favour: what asks for it never fails, and seldom waits, for want of a broker."""

from __future__ import annotations

import ast
import time
from pathlib import Path

import pytest
from celery import Celery, current_app

from newsroom import wake_ups

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def unreachable_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wake_ups._broker, "retry_at", 0.0)
    app = Celery("unreachable", broker="redis://127.0.0.1:1/0", set_as_current=False)
    app.conf.broker_transport_options = {"max_retries": 0}
    monkeypatch.setattr(wake_ups, "current_app", app)


@pytest.mark.usefixtures("unreachable_broker")
def test_a_broker_out_of_reach_is_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    wake_ups.wake("any.task")
    assert "could not wake any.task" in caplog.text


@pytest.mark.usefixtures("unreachable_broker")
def test_a_broker_that_failed_is_left_alone_for_a_while(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    wake_ups.wake("any.task")
    wake_ups.wake("any.task")
    assert caplog.text.count("could not wake") == 1
    later = time.monotonic() + wake_ups.BROKER_RETRY_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    wake_ups.wake("any.task")
    assert caplog.text.count("could not wake") == 2


def names_of_tasks_woken() -> set[str]:
    """Collect each task name in `wake("…")` and in constants passed to it."""
    found = set()
    for file in ROOT.glob("*/**/*.py"):
        if file.relative_to(ROOT).parts[0] not in {"newsroom", "briefings", "subscribers"}:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Constant(value=str(name)) if ".tasks." in name and " " not in name:
                    found.add(name)
    return found


def test_every_task_that_is_woken_or_scheduled_exists() -> None:
    current_app.loader.import_default_modules()
    named = names_of_tasks_woken()
    assert "newsroom.tasks.send_emails" in named
    assert named - set(current_app.tasks) == set()
