"""Send limits that operators set: `SEND_DOMAIN_LIMITS` and `SEND_WARM_UP`, parsed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

WARM_UP_GROWTH = 1.5  # each day's limit is half as much again as the day before


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainLimit:
    """The highest rate, over all workers, to a group of domains that share a mail system."""

    name: str
    emails_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUp:
    """The daily limits of a new sending domain, which receivers trust more as it sends more."""

    starts: date
    first_day: int

    def limit(self, day: date) -> int:
        """Return how many emails may be sent on a day."""
        days = max(0, (day - self.starts).days)
        # After 60 days the limit is larger than any list; the exponent must stop growing.
        return int(self.first_day * WARM_UP_GROWTH ** min(days, 60))


def parse_domain_limits(text: str) -> dict[str, DomainLimit]:
    """Parse `gmail.com=20 outlook.com,hotmail.com,live.com=5` into the limit of each domain.

    Raises ValueError, which names the part that is wrong.
    """
    limits: dict[str, DomainLimit] = {}
    for part in text.split():
        domains, equals, number = part.partition("=")
        try:
            rate = float(number)
        except ValueError:
            rate = 0.0
        names = [name.lower() for name in domains.split(",")]
        if not equals or rate <= 0 or not all("." in name for name in names):
            raise ValueError(f"{part!r} is not a limit such as gmail.com=20 (emails a second)")
        limit = DomainLimit(name=names[0], emails_per_s=rate)
        for name in names:
            if name in limits:
                raise ValueError(f"{name} has two limits")
            limits[name] = limit
    return limits


def parse_warm_up(text: str) -> WarmUp | None:
    """Parse `2026-12-01 200`: the first day, and how many emails may be sent on it.

    Raises ValueError if it has another form.
    """
    if not text.strip():
        return None
    try:
        day, number = text.split()
        plan = WarmUp(starts=date.fromisoformat(day), first_day=int(number))
    except ValueError:
        raise ValueError(
            "write the first day and its number of emails, such as 2026-12-01 200"
        ) from None
    if plan.first_day < 1:
        raise ValueError("the number of emails on the first day must be at least 1")
    return plan
