"""How fast letters may leave: what operators write, read into values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

WARM_UP_GROWTH = 1.5  # each day half as much again


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainLimit:
    """So many letters a second, over all workers, to domains that share a mail system."""

    name: str
    letters_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUp:
    """A new sending domain earns trust: few letters on the first day, each day more."""

    begins: date
    first_day: int

    def limit(self, day: date) -> int:
        """Letters that may leave on a day."""
        days = max(0, (day - self.begins).days)
        # Past any list there is; keeps the power from growing without end.
        return int(self.first_day * WARM_UP_GROWTH ** min(days, 60))


def parse_domain_limits(words: str) -> dict[str, DomainLimit]:
    """Read `gmail.com=20 outlook.com,hotmail.com,live.com=5` into a limit for each domain.

    Raises ValueError with a sentence.
    """
    limits: dict[str, DomainLimit] = {}
    for word in words.split():
        domains, equals, number = word.partition("=")
        try:
            rate = float(number)
        except ValueError:
            rate = 0.0
        names = [name.lower() for name in domains.split(",")]
        if not equals or rate <= 0 or not all("." in name for name in names):
            raise ValueError(f"{word!r} is no limit such as gmail.com=20 (letters a second)")
        limit = DomainLimit(name=names[0], letters_per_s=rate)
        for name in names:
            if name in limits:
                raise ValueError(f"{name} has two limits")
            limits[name] = limit
    return limits


def parse_warm_up(words: str) -> WarmUp | None:
    """Read `2026-12-01 200`: the first day, and how many letters leave on it.

    Raises ValueError with a sentence.
    """
    if not words.strip():
        return None
    try:
        day, number = words.split()
        plan = WarmUp(begins=date.fromisoformat(day), first_day=int(number))
    except ValueError:
        raise ValueError("write the first day and its letters, such as 2026-12-01 200") from None
    if plan.first_day < 1:
        raise ValueError("the first day needs at least one letter")
    return plan
