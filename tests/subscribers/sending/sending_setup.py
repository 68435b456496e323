"""Functions that tests of sending share."""

from __future__ import annotations

from collections import Counter

from django.utils import timezone

from briefings.models import Briefing
from subscribers.models import Delivery, DeliveryState, Dispatch
from subscribers.sending import dispatches, leases
from subscribers.sending.lease_progress import LeaseEnd, ProgressRecord
from subscribers.sending.leases import LeasedBatch
from tests.factories import make_briefing, make_dispatch, make_reader, make_scheduled_issue


def make_sending(
    *, readers: int = 0, briefing: Briefing | None = None, domain: str = "example.com"
) -> Dispatch:
    """Make a dispatch with a filled ledger, to new readers r0, r1 … at a domain."""
    briefing = briefing or make_briefing(title="The Ward Round", slug="ward-round")
    for number in range(readers):
        make_reader(of=briefing, email=f"r{number}@{domain}", name=f"Reader {number}")
    dispatch = make_dispatch(issue=make_scheduled_issue(briefing=briefing))
    dispatches.start(dispatch, at=timezone.now())
    return dispatch


def take(dispatch: Dispatch, *, size: int = 500) -> LeasedBatch | None:
    """Take one lease."""
    return next(iter(leases.take(dispatch.pk, holder="a test", sizes=[size])), None)


def close(leased: LeasedBatch, *, begun: int = 0, settled: int = 0) -> bool:
    """End one lease with its progress; False if it was closed already."""
    [was_ours] = leases.close(
        [LeaseEnd(ProgressRecord(leased.lease, begun=begun, settled=settled))]
    )
    return was_ours


def states() -> dict[str, str]:
    """Return the state of the delivery to each address."""
    found = Delivery.objects.values_list("subscriber__address", "state")
    return {address: DeliveryState(state).label for address, state in found}


def counts() -> Counter[str]:
    """Return how many deliveries are in each state."""
    return Counter(states().values())
