"""The count at the receiver after it all: who got an issue, and how often."""

from __future__ import annotations

from dataclasses import dataclass

from subscribers.models import Delivery, DeliveryState
from tests.servers.smtp import SmtpServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What the ledger says of one dispatch, held against what the receiver took in."""

    readers: int
    letters: int
    doubled: int  # readers who got more than one
    missing: int  # readers whom the ledger calls served, or forgot, and who got none
    refused: int
    unknown: int
    unknown_arrived: int  # of these, how many were received after all
    strangers: int  # received by somebody who is not in the ledger
    connections: int  # over which letters arrived


def count_letters(receiver: SmtpServer) -> Count:
    """Count one dispatch's letters, when all is over."""
    received = receiver.received()
    states = dict(Delivery.objects.values_list("subscriber__address", "state"))
    unknown = {a for a, state in states.items() if state == DeliveryState.UNKNOWN}
    refused = {a for a, state in states.items() if state == DeliveryState.REFUSED}
    return Count(
        readers=len(states),
        letters=received.total(),
        doubled=sum(number > 1 for number in received.values()),
        missing=len(states.keys() - received.keys() - unknown - refused),
        refused=len(refused),
        unknown=len(unknown),
        unknown_arrived=len(unknown & received.keys()),
        strangers=len(received.keys() - states.keys()),
        connections=receiver.connections(),
    )


def check_count(
    receiver: SmtpServer, *, readers: int, unknown_at_most: int, refused: int = 0
) -> Count:
    """Hold the count against the promises: each reader once, nobody twice, few unknown.

    `refused` is how many readers the receiver will not have; of them, too, some may be unknown.
    """
    found = count_letters(receiver)
    assert found.readers == readers
    assert (found.doubled, found.missing, found.strangers) == (0, 0, 0)
    assert found.unknown <= unknown_at_most
    assert refused - found.unknown <= found.refused <= refused
    sent = Delivery.objects.filter(state=DeliveryState.SENT).count()
    assert sent == readers - found.refused - found.unknown  # nothing was skipped or left lying
    assert found.letters == sent + found.unknown_arrived
    return found
