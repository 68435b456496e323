"""What every test of sending starts with. Modules are named as text: Django starts later."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_pause_after_rejections(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that rejects us is tried again at once: waiting was most of these tests' time."""
    monkeypatch.setattr("subscribers.sending.send_run.AFTER_REJECTION_SECONDS", 0.01)


@pytest.fixture(autouse=True)
def _unknown_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server has told yet how many connections it takes: ports are used again."""
    monkeypatch.setattr("subscribers.sending.connection_limits._limits", {})
