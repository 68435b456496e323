"""Going easy on a domain: our own limit for it, or its wish that we wait (421, 45x).

Copies that must wait are parked in one statement when they would be leased, with a moment at which
they are looked at again; a courier never stands still for them while others could have theirs.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import F

from newsroom.clock import database_now
from subscribers.models import Dispatch, DispatchState, DomainBackoff

if TYPE_CHECKING:
    from collections.abc import Sequence

    from subscribers.sending.personalised_email import Recipient

# A lease may take as many letters for a limited domain as it may get within this time.
HORIZON = timedelta(seconds=2)
FIRST_REST = timedelta(seconds=30)
LAST_REST = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """Readers whose copies are looked at again at `until`."""

    subscribers: tuple[int, ...]
    until: datetime


def receiving_domain(address: str) -> str:
    """Name the mail system behind an address: its domain, or the first of a limited group."""
    domain = address.rpartition("@")[2].lower()
    limit = settings.SEND_DOMAIN_LIMITS.get(domain)
    return limit.name if limit else domain


def hold_back(
    dispatch: Dispatch, readers: Sequence[Recipient], *, again: bool, at: datetime
) -> list[HeldBack]:
    """Choose who must wait; call it with the dispatch's row locked.

    `again` tells that these copies were in hand before, perhaps parked.
    """
    places = {place.domain: place for place in dispatch.domain_backoffs.all()}
    groups: defaultdict[str, list[int]] = defaultdict(list)
    limited = {limit.name for limit in settings.SEND_DOMAIN_LIMITS.values()}
    if not places and not limited:
        return []
    for reader in readers:
        name = receiving_domain(reader.address)
        if name in places or name in limited:
            groups[name].append(reader.subscriber)
    parked = []
    for name, group in groups.items():
        place = places.get(name) or DomainBackoff(dispatch=dispatch, domain=name, next_at=at)
        if again:
            place.held_back = max(0, place.held_back - len(group))
        waiting, until = _who_waits(place, group, deadline=dispatch.deadline, at=at)
        place.held_back += len(waiting)
        place.save()
        if waiting:
            parked.append(HeldBack(subscribers=tuple(waiting), until=until))
    return parked


def _who_waits(
    place: DomainBackoff, group: list[int], *, deadline: datetime, at: datetime
) -> tuple[list[int], datetime]:
    """Split off those of a group that must wait, and say until when."""
    # Past the deadline everybody is tried once more, for the server's last word.
    if place.backoffs and place.next_at > at and at < deadline:
        return group, min(place.next_at, deadline)
    limit = settings.SEND_DOMAIN_LIMITS.get(place.domain)
    if limit is None:
        return [], at
    # The limit is over all dispatches: they share it.
    sharing = Dispatch.objects.filter(state=DispatchState.SENDING).count()
    rate = limit.letters_per_s / max(1, sharing)
    starts = max(place.next_at, at)
    room = int((at + HORIZON - starts).total_seconds() * rate)
    if starts == at:
        room = max(1, room)
    go, wait = group[: max(0, room)], group[max(0, room) :]
    place.next_at = starts + timedelta(seconds=len(go) / rate)
    return wait, at + HORIZON + timedelta(seconds=place.held_back / rate)


def back_off(dispatch_id: int, name: str) -> datetime:
    """Let a place rest: longer each time in a row, give or take a fifth. Give back until when."""
    now = database_now()
    place, _ = DomainBackoff.objects.get_or_create(
        dispatch_id=dispatch_id, domain=name, defaults={"next_at": now}
    )
    if place.backoffs and place.next_at > now:  # another connection was told the same
        return place.next_at
    wait: timedelta = min(FIRST_REST * 2 ** min(place.backoffs, 10), LAST_REST)
    until: datetime = now + wait * random.uniform(0.8, 1.2)  # noqa: S311  (no secret)
    mine = DomainBackoff.objects.filter(pk=place.pk, backoffs=place.backoffs)
    if not mine.update(backoffs=F("backoffs") + 1, next_at=until):
        until = DomainBackoff.objects.values_list("next_at", flat=True).get(pk=place.pk)
    return until


def end_backoff(dispatch_id: int, name: str) -> None:
    """Note that a place takes letters again."""
    DomainBackoff.objects.filter(dispatch_id=dispatch_id, domain=name).update(backoffs=0)


def active_backoffs(dispatch_id: int) -> dict[str, datetime]:
    """Give the places that asked us to wait and have taken nothing since, each with its moment."""
    found = DomainBackoff.objects.filter(dispatch_id=dispatch_id, backoffs__gt=0)
    return dict(found.values_list("domain", "next_at"))
