"""Counts at the receiver, when everything is sent: who got an issue, and how often."""

from __future__ import annotations

from dataclasses import dataclass

from subscribers.models import Delivery, DeliveryState
from tests.servers.smtp import SmtpServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What the ledger says about one dispatch, compared with what the receiver accepted."""

    readers: int
    emails: int
    doubled: int  # readers who got more than one
    missing: int  # readers who got none, and are not refused or unknown
    refused: int
    unknown: int
    unknown_arrived: int  # how many of these were received
    strangers: int  # received by an address that is not in the ledger
    connections: int  # over which emails arrived


def count_emails(receiver: SmtpServer) -> Count:
    """Count the emails of one dispatch, when it is sent."""
    received = receiver.received()
    states = dict(Delivery.objects.values_list("subscriber__address", "state"))
    unknown = {a for a, state in states.items() if state == DeliveryState.UNKNOWN}
    refused = {a for a, state in states.items() if state == DeliveryState.REFUSED}
    return Count(
        readers=len(states),
        emails=received.total(),
        doubled=sum(number > 1 for number in received.values()),
        missing=len(states.keys() - received.keys() - unknown - refused),
        refused=len(refused),
        unknown=len(unknown),
        unknown_arrived=len(unknown & received.keys()),
        strangers=len(received.keys() - states.keys()),
        connections=receiver.connections(),
    )


def check_count(
    receiver: SmtpServer, *, readers: int, unknown_at_most: int | None = None, refused: int = 0
) -> Count:
    """Check the promises: each reader once, nobody twice, few unknown.

    Without a number, one email for each connection may be unknown. `refused` is how many readers
    the receiver refuses; some of them may be unknown too.
    """
    found = count_emails(receiver)
    assert found.readers == readers
    assert (found.doubled, found.missing, found.strangers) == (0, 0, 0)
    bound = found.connections if unknown_at_most is None else unknown_at_most
    assert found.unknown <= bound, found
    assert refused - found.unknown <= found.refused <= refused
    sent = Delivery.objects.filter(state=DeliveryState.SENT).count()
    assert sent == readers - found.refused - found.unknown  # nothing was skipped or left waiting
    assert found.emails == sent + found.unknown_arrived
    return found
