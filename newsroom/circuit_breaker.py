"""A circuit breaker: after a failure, leave a service alone for a while."""

from __future__ import annotations

import time


class CircuitBreaker:
    """Remembers in this process when a service failed, so that not every page waits for it.

    While the breaker is open, callers do without the service; then they try it again.
    """

    def __init__(self, *, seconds: float) -> None:
        self.seconds = seconds
        self._closes_at = 0.0  # by the monotonic clock

    @property
    def is_open(self) -> bool:
        """Whether the service failed less than `seconds` ago."""
        return time.monotonic() < self._closes_at

    def open(self) -> None:
        """Record a failure."""
        self._closes_at = time.monotonic() + self.seconds

    def close(self) -> None:
        """Forget the last failure."""
        self._closes_at = 0.0
