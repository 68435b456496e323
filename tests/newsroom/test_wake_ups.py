"""Wake-ups: the caller never fails, and seldom waits, when the broker is unreachable."""

from __future__ import annotations

import ast
import time
from pathlib import Path

import pytest
from celery import Celery, current_app

from newsroom import wake_ups
from newsroom.circuit_breaker import CircuitBreaker

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def unreachable_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wake_ups, "_breaker", CircuitBreaker(seconds=10.0))
    app = Celery("unreachable", broker="redis://127.0.0.1:1/0", set_as_current=False)
    app.conf.broker_transport_options = {"max_retries": 0}
    monkeypatch.setattr(wake_ups, "current_app", app)


@pytest.mark.usefixtures("unreachable_broker")
def test_an_unreachable_broker_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    wake_ups.wake("any.task")
    assert "could not wake any.task" in caplog.text


@pytest.mark.usefixtures("unreachable_broker")
def test_a_broker_that_failed_is_not_tried_again_at_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    wake_ups.wake("any.task")
    wake_ups.wake("any.task")
    assert caplog.text.count("could not wake") == 1
    later = time.monotonic() + wake_ups._breaker.seconds
    monkeypatch.setattr(time, "monotonic", lambda: later)
    wake_ups.wake("any.task")
    assert caplog.text.count("could not wake") == 2


def task_names_in_code() -> set[str]:
    """Return each task name in `wake("…")` and in other string constants."""
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
    named = task_names_in_code()
    assert "newsroom.tasks.send_emails" in named
    assert named - set(current_app.tasks) == set()
