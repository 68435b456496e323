"""How a dispatch stands: counts by state, letters a second, seconds left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Min, Q, Sum

from subscribers.models import Delivery, DeliveryState, DispatchState, Lease
from subscribers.sending import daily_limits

if TYPE_CHECKING:
    from subscribers.models import Dispatch

WINDOW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchProgress:
    """A dispatch at one moment; `letters_per_s` is over the last minute, or over all once sent."""

    state: str
    deliveries: dict[str, int]
    letters_per_s: float
    seconds_left: float | None

    @property
    def total(self) -> int:
        """All copies."""
        return sum(self.deliveries.values())

    @property
    def waiting(self) -> int:
        """Copies whose fate is open."""
        return sum(self.deliveries[name] for name in ("pending", "leased", "deferred"))

    @property
    def share_done(self) -> float:
        """From 0 to 1."""
        return 1 - self.waiting / self.total if self.total else 0.0


def measure(dispatch: Dispatch, *, at: datetime) -> DispatchProgress:
    """Count a dispatch's copies as they are at this moment.

    Copies that were answered under a lease which is still open count as sent, though their rows
    are written when the lease closes.
    """
    counts = dict.fromkeys((state.label for state in DeliveryState), 0)
    found = Delivery.objects.filter(dispatch=dispatch).values_list("state").annotate(n=Count("pk"))
    for state, number in found.order_by():
        counts[DeliveryState(state).label] = number
    answered = _answered_under_open_leases(dispatch)
    counts["leased"] -= answered
    counts["sent"] += answered
    rate = _rate(dispatch, counts, at=at)
    waiting = counts["pending"] + counts["leased"]
    return DispatchProgress(
        state=dispatch.state,
        deliveries=counts,
        letters_per_s=round(rate, 1),
        seconds_left=round(waiting / rate, 1) if rate and waiting else (None if waiting else 0.0),
    )


def waiting_reasons(dispatch: Dispatch, *, at: datetime) -> list[str]:
    """Say in sentences what copies wait for, where it is not simply their turn."""
    if dispatch.state != DispatchState.SENDING:
        return []
    found = [f"Today's letters of {name} are used up." for name in daily_limits.used_up(at=at)]
    for place in dispatch.domain_backoffs.order_by("domain"):
        if place.backoffs and place.next_at > at:
            minutes = max(1, round((place.next_at - at).total_seconds() / 60))
            found.append(
                f"{place.domain} asked us to wait; it is tried again in"
                f" {minutes} minute{'' if minutes == 1 else 's'}."
            )
        elif place.held_back and not place.backoffs:
            found.append(f"About {place.held_back:,} copies wait for the limit of {place.domain}.")
    return found


def _answered_under_open_leases(dispatch: Dispatch) -> int:
    """Count copies whose acceptance is known from a lease's progress only."""
    open_leases = Lease.objects.filter(dispatch=dispatch, closed_at=None)
    settled: int = open_leases.aggregate(n=Sum("settled"))["n"] or 0
    otherwise = (
        Delivery.objects.filter(dispatch=dispatch, lease__in=open_leases)
        .exclude(state=DeliveryState.LEASED)
        .count()
    )
    return max(0, settled - otherwise)


def _rate(dispatch: Dispatch, counts: dict[str, int], *, at: datetime) -> float:
    if dispatch.filled_at is None:
        return 0.0
    if dispatch.state == DispatchState.SENT and dispatch.finished_at:
        seconds = (dispatch.finished_at - dispatch.filled_at).total_seconds()
        return counts["sent"] / max(seconds, 0.1)
    recent = Lease.objects.filter(dispatch=dispatch).filter(
        Q(closed_at=None) | Q(closed_at__gte=at - WINDOW)
    )
    found = recent.aggregate(settled=Sum("settled"), since=Min("created_at"))
    if not found["settled"]:
        return 0.0
    return float(found["settled"] / max((at - found["since"]).total_seconds(), 0.1))
