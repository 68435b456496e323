"""How many readers of a dispatch complained, against what large receivers bear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# The bulk-sender rules of Google and Yahoo: stay under 0.1 %, never reach 0.3 %.
WARN_FROM, ALARM_FROM = 0.001, 0.003


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintRate:
    """Complaints among the copies that arrived; `level` is empty, warn or alarm."""

    complained: int
    arrived: int

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.complained / self.arrived if self.arrived else 0.0

    @property
    def level(self) -> str:
        """How grave it is."""
        if self.share >= ALARM_FROM:
            return "alarm"
        return "warn" if self.share >= WARN_FROM else ""

    @property
    def words(self) -> str:
        """What the desk reads."""
        if not self.complained:
            return ""
        one = self.complained == 1
        count = f"{self.complained:,} reader{'' if one else 's'} of {self.arrived:,}"
        share = f"{self.share * 100:.2f} %"
        advice = {
            "alarm": (
                "Large receivers refuse senders from 0.3 %. Find out who complains before the next"
                " issue goes out: an import without consent, a form that somebody fills for others?"
            ),
            "warn": "Large receivers begin to mind at 0.1 %: look where these readers came from.",
        }.get(self.level, "That is below 0.1 %, where large receivers begin to mind.")
        return f"{count} reported this issue as spam ({share}). {advice}"


def complaint_rate(deliveries: Mapping[str, int]) -> ComplaintRate:
    """Weigh a dispatch's copies, counted by the words of their states."""
    complained = deliveries["complained"]
    return ComplaintRate(complained=complained, arrived=deliveries["sent"] + complained)
