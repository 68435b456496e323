"""What one run sent, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass

EMAIL_BYTES = 46_000  # on the wire, whoever sends it


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Emails sent, and how long it took; CPU in seconds, memory of the largest process in MB."""

    emails: int
    seconds: float
    cpu_workers: float
    cpu_postgres: float = 0.0
    cpu_redis: float = 0.0
    peak_mb: float
    fill_seconds: float = 0.0

    @property
    def emails_per_s(self) -> float:
        return self.emails / self.seconds

    @property
    def cpu_per_1000(self) -> float:
        """Return the CPU seconds of sender, PostgreSQL and Redis together, for 1,000 emails."""
        return 1000 * (self.cpu_workers + self.cpu_postgres + self.cpu_redis) / self.emails
