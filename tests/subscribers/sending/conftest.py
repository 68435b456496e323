"""What every test of sending starts with."""

from __future__ import annotations

import pytest

from subscribers.sending import connection_limits, send_run


@pytest.fixture(autouse=True)
def _no_pause_after_rejections(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that rejects us is tried again at once: waiting was most of these tests' time."""
    monkeypatch.setattr(send_run, "AFTER_REJECTION_SECONDS", 0.01)


@pytest.fixture(autouse=True)
def _unknown_limits() -> None:
    """No server has told yet how many connections it takes: ports are used again."""
    connection_limits.forget()
