"""How many readers of a dispatch complained, compared with what large receivers allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# The bulk-sender rules of Google and Yahoo: stay below 0.1 %, never reach 0.3 %.
WARN_FROM, ALARM_FROM = 0.001, 0.003


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintRate:
    """Complaints among the emails that arrived."""

    complained: int
    arrived: int

    @property
    def share(self) -> float:
        """Return the share of complaints, from 0 to 1."""
        return self.complained / self.arrived if self.arrived else 0.0

    @property
    def level(self) -> str:
        """Return how serious the rate is: empty, "warn" or "alarm"."""
        if self.share >= ALARM_FROM:
            return "alarm"
        return "warn" if self.share >= WARN_FROM else ""

    @property
    def description(self) -> str:
        """Return the sentences for the progress page; empty without complaints."""
        if not self.complained:
            return ""
        subscribers = "subscriber" if self.arrived == 1 else "subscribers"
        warn_from, alarm_from = f"{WARN_FROM:.1%}", f"{ALARM_FROM:.1%}"
        advice = {
            "alarm": (
                f"At {alarm_from} and above, large email providers reject our emails. Before you"
                " send the next issue, find out who complained. Common causes are a list imported"
                " without consent, and people who sign up others."
            ),
            "warn": (
                f"From {warn_from}, large email providers start to count this against us. Check"
                " how these people signed up."
            ),
        }.get(self.level, f"This is below the {warn_from} that large email providers tolerate.")
        return (
            f"{self.complained:,} of {self.arrived:,} {subscribers} reported this issue as spam"
            f" ({self.share:.2%}). {advice}"
        )


def complaint_rate(deliveries: Mapping[str, int]) -> ComplaintRate:
    """Return the complaint rate of a dispatch, from the counts by the labels of states."""
    complained = deliveries["complained"]
    return ComplaintRate(complained=complained, arrived=deliveries["sent"] + complained)
