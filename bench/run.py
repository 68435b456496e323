"""What one run sent, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass

LETTER_OCTETS = 46_000  # on the wire, whoever sends it


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """So many letters in so many seconds; CPU in seconds, memory of the largest process in MB."""

    letters: int
    seconds: float
    cpu_workers: float
    cpu_postgres: float = 0.0
    cpu_redis: float = 0.0
    peak_mb: float
    fill_seconds: float = 0.0

    @property
    def letters_per_s(self) -> float:
        return self.letters / self.seconds

    @property
    def cpu_per_1000(self) -> float:
        """Seconds of CPU of the sender, PostgreSQL and Redis together."""
        return 1000 * (self.cpu_workers + self.cpu_postgres + self.cpu_redis) / self.letters
