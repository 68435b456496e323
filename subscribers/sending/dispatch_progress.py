"""The progress of a dispatch: counts by state, emails a second, time left, what is held back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Count, Min, Q, Sum

from briefings.local_time import format_local
from subscribers.models import LIVE_STATES, Delivery, DeliveryState, Dispatch, DispatchState, Lease
from subscribers.models.delivery import UNSETTLED_STATES
from subscribers.models.dispatch import FINAL_STATES
from subscribers.sending import daily_limits, outages

if TYPE_CHECKING:
    from subscribers.models import Outage

# The rate of a dispatch that is being sent is measured over about this time.
RATE_WINDOW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchProgress:
    """A dispatch at one moment; the rate is over the last minute, or over all once it is sent."""

    state: str
    deliveries: dict[str, int]  # by the label of their state
    emails_per_s: float
    seconds_left: float | None  # None if unknown

    @property
    def total(self) -> int:
        """Return the number of deliveries."""
        return sum(self.deliveries.values())

    @property
    def unsettled(self) -> int:
        """Return the number of deliveries whose outcome is still open."""
        return sum(self.deliveries[state.label] for state in UNSETTLED_STATES)

    @property
    def share_done(self) -> float:
        """Return the share of deliveries that are settled, from 0 to 1."""
        return 1 - self.unsettled / self.total if self.total else 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the progress as `dispatch_status --json` and the progress page publish it."""
        return {
            "state": self.state,
            "deliveries": self.deliveries,
            "letters_per_s": self.emails_per_s,
            "seconds_left": self.seconds_left,
        }


def measure(dispatch: Dispatch, *, at: datetime) -> DispatchProgress:
    """Return the progress of a dispatch at this moment.

    Emails that were accepted under a lease that is still open count as sent, although their rows
    are written when the lease is closed.
    """
    counts = dict.fromkeys((state.label for state in DeliveryState), 0)
    found = Delivery.objects.filter(dispatch=dispatch).values_list("state").annotate(n=Count("pk"))
    for state, number in found.order_by():
        counts[DeliveryState(state).label] = number
    accepted = _accepted_under_open_leases(dispatch)
    counts["leased"] -= accepted
    counts["sent"] += accepted
    rate = _rate(dispatch, counts, at=at)
    left = counts["pending"] + counts["leased"]
    return DispatchProgress(
        state=dispatch.state,
        deliveries=counts,
        emails_per_s=round(rate, 1),
        seconds_left=round(left / rate, 1) if rate and left else (None if left else 0.0),
    )


def waiting_reasons(dispatch: Dispatch, *, at: datetime) -> list[str]:
    """Return sentences that say what holds emails back, apart from the speed of sending."""
    if dispatch.state not in LIVE_STATES:
        return []
    found = [_outage_in_words(outage, dispatch) for outage in _outages_of(dispatch, at=at)]
    if dispatch.state != DispatchState.SENDING:
        return found
    found += [
        f"The daily limit of {name} is used up. We continue tomorrow."
        for name in daily_limits.used_up(at=at)
    ]
    if corrected := _unfinished_issue(dispatch):
        found.append(
            f"The issue itself is still {corrected.get_state_display().lower()}. Whoever gets it"
            " from now on gets this correction after it."
        )
    for backoff in dispatch.domain_backoffs.order_by("domain"):
        if backoff.backoffs and backoff.next_at > at:
            minutes = max(1, round((backoff.next_at - at).total_seconds() / 60))
            found.append(
                f"{backoff.domain} asked us to wait. We will try again in"
                f" {count(minutes, 'minute')}."
            )
        elif backoff.held_back and not backoff.backoffs:
            wait = "waits" if backoff.held_back == 1 else "wait"
            found.append(
                f"About {count(backoff.held_back, 'email')} {wait} because of your limit for"
                f" {backoff.domain}."
            )
    return found


def _unfinished_issue(dispatch: Dispatch) -> Dispatch | None:
    """Return the dispatch of the issue that a correction is of, if it is not finished."""
    if dispatch.correction_id is None:
        return None
    of_issue = Dispatch.objects.of_issues().filter(issue=dispatch.issue_id)
    return of_issue.exclude(state__in=FINAL_STATES).first()


def _outages_of(dispatch: Dispatch, *, at: datetime) -> list[Outage]:
    servers = [outages.of_server(server) for server in settings.MAIL_SERVERS]
    return outages.current([outages.of_dispatch(dispatch), *servers], at=at)


def _outage_in_words(outage: Outage, dispatch: Dispatch) -> str:
    since = format_local(outage.since, dispatch.issue.briefing.zone)
    what = outage.what[:1].upper() + outage.what[1:]
    return f"{what} has failed since {since}: {outage.reason} We keep trying."


def count(number: float, noun: str) -> str:
    """Return a number with its noun, in the plural unless the number is shown as 1."""
    shown = f"{number:,.0f}"
    return f"{shown} {noun}" if shown == "1" else f"{shown} {noun}s"


def duration_in_words(seconds: float) -> str:
    """Return about how long something takes: in seconds, minutes or hours."""
    if seconds < 90:
        return count(max(1, seconds), "second")
    return count(seconds / 60, "minute") if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def _accepted_under_open_leases(dispatch: Dispatch) -> int:
    """Return how many emails are known to be accepted from the progress of leases alone."""
    open_leases = Lease.objects.filter(dispatch=dispatch, closed_at=None)
    settled: int = open_leases.aggregate(n=Sum("settled"))["n"] or 0
    with_outcome = (
        Delivery.objects.filter(dispatch=dispatch, lease__in=open_leases)
        .exclude(state=DeliveryState.LEASED)
        .count()
    )
    return max(0, settled - with_outcome)


def _rate(dispatch: Dispatch, counts: dict[str, int], *, at: datetime) -> float:
    if dispatch.filled_at is None:
        return 0.0
    if dispatch.state == DispatchState.SENT and dispatch.finished_at:
        seconds = (dispatch.finished_at - dispatch.filled_at).total_seconds()
        return counts["sent"] / max(seconds, 0.1)
    recent = Lease.objects.filter(dispatch=dispatch).filter(
        Q(closed_at=None) | Q(closed_at__gte=at - RATE_WINDOW)
    )
    found = recent.aggregate(settled=Sum("settled"), since=Min("created_at"))
    if not found["settled"]:
        return 0.0
    return float(found["settled"] / max((at - found["since"]).total_seconds(), 0.1))
