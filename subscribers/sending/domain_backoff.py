"""Sending slowly to a receiving domain: by our own limit for it, or because it asked (421, 45x).

Deliveries that must wait are held back in one statement when they would be leased, with the time at
which they are looked at again. No connection waits for them while it could send to others.
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

# A lease may take as many emails for a limited domain as the limit allows within this time.
HORIZON = timedelta(seconds=2)
FIRST_BACKOFF = timedelta(seconds=30)
LONGEST_BACKOFF = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """Subscribers whose deliveries are looked at again at `until`."""

    subscribers: tuple[int, ...]
    until: datetime


def receiving_domain(address: str) -> str:
    """Return the domain that limits and back-offs count an address to.

    Domains that share a limit in `SEND_DOMAIN_LIMITS` count as the first of them.
    """
    domain = address.rpartition("@")[2].lower()
    limit = settings.SEND_DOMAIN_LIMITS.get(domain)
    return limit.name if limit else domain


def hold_back(
    dispatch: Dispatch, recipients: Sequence[Recipient], *, is_retry: bool, at: datetime
) -> list[HeldBack]:
    """Return those who must wait; call it in a transaction with the dispatch's row locked.

    `is_retry` tells that these deliveries were leased before, and perhaps held back then.
    """
    slow = set(dispatch.domain_backoffs.values_list("domain", flat=True))
    slow |= {limit.name for limit in settings.SEND_DOMAIN_LIMITS.values()}
    if not slow:
        return []
    by_domain: defaultdict[str, list[int]] = defaultdict(list)
    for recipient in recipients:
        domain = receiving_domain(recipient.address)
        if domain in slow:
            by_domain[domain].append(recipient.subscriber)
    found = []
    for backoff in _lock_backoffs(dispatch, sorted(by_domain), at=at):
        subscribers = by_domain[backoff.domain]
        if is_retry:
            backoff.held_back = max(0, backoff.held_back - len(subscribers))
        waiting, until = _who_waits(backoff, subscribers, deadline=dispatch.deadline, at=at)
        backoff.held_back += len(waiting)
        backoff.save(update_fields=["next_at", "held_back"])
        if waiting:
            found.append(HeldBack(subscribers=tuple(waiting), until=until))
    return found


def _lock_backoffs(
    dispatch: Dispatch, domains: Sequence[str], *, at: datetime
) -> list[DomainBackoff]:
    """Return the rows of these domains, locked; missing ones are made.

    `back_off` in another process changes them without the dispatch's lock.
    """
    if not domains:
        return []
    DomainBackoff.objects.bulk_create(
        (DomainBackoff(dispatch=dispatch, domain=domain, next_at=at) for domain in domains),
        ignore_conflicts=True,
    )
    rows = dispatch.domain_backoffs.filter(domain__in=domains).order_by("domain")
    return list(rows.select_for_update(no_key=True))


def _who_waits(
    backoff: DomainBackoff, subscribers: list[int], *, deadline: datetime, at: datetime
) -> tuple[list[int], datetime]:
    """Return those of a domain's subscribers who must wait, and until when."""
    # Past the deadline, everybody is tried once more, for the server's final reply.
    if backoff.backoffs and backoff.next_at > at and at < deadline:
        return subscribers, min(backoff.next_at, deadline)
    limit = settings.SEND_DOMAIN_LIMITS.get(backoff.domain)
    if limit is None:
        return [], at
    # The limit is for all dispatches together: they share it.
    sharing = Dispatch.objects.filter(state=DispatchState.SENDING).count()
    rate = limit.emails_per_s / max(1, sharing)
    starts = max(backoff.next_at, at)
    allowed = int((at + HORIZON - starts).total_seconds() * rate)
    if starts == at:
        allowed = max(1, allowed)
    sent, waiting = subscribers[: max(0, allowed)], subscribers[max(0, allowed) :]
    backoff.next_at = starts + timedelta(seconds=len(sent) / rate)
    return waiting, at + HORIZON + timedelta(seconds=backoff.held_back / rate)


def back_off(dispatch_id: int, domain: str) -> datetime:
    """Send nothing to a domain for a while, twice as long each time in a row; return until when.

    The time varies by a fifth.
    """
    now = database_now()
    backoff, _ = DomainBackoff.objects.get_or_create(
        dispatch_id=dispatch_id, domain=domain, defaults={"next_at": now}
    )
    if backoff.backoffs and backoff.next_at > now:  # another connection was asked to wait too
        return backoff.next_at
    wait: timedelta = min(FIRST_BACKOFF * 2 ** min(backoff.backoffs, 10), LONGEST_BACKOFF)
    until: datetime = now + wait * random.uniform(0.8, 1.2)  # noqa: S311  (not a secret)
    unchanged = DomainBackoff.objects.filter(pk=backoff.pk, backoffs=backoff.backoffs)
    if not unchanged.update(backoffs=F("backoffs") + 1, next_at=until):
        until = DomainBackoff.objects.values_list("next_at", flat=True).get(pk=backoff.pk)
    return until


def end_backoff(dispatch_id: int, domain: str) -> None:
    """Note that a domain accepts emails again."""
    DomainBackoff.objects.filter(dispatch_id=dispatch_id, domain=domain).update(backoffs=0)


def active_backoffs(dispatch_id: int) -> dict[str, datetime]:
    """Return the domains that asked us to wait and have accepted nothing since, with until when."""
    found = DomainBackoff.objects.filter(dispatch_id=dispatch_id, backoffs__gt=0)
    return dict(found.values_list("domain", "next_at"))
