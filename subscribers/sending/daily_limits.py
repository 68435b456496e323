"""Emails a day: a mail server's own limit, and the plan that warms up a new sending domain.

Emails are counted before they are leased, and those that were not sent are subtracted again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parseaddr
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from subscribers.models import DailySendCount
from subscribers.sending.transactions import bounded_transaction

if TYPE_CHECKING:
    from newsroom.mail_servers import MailServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Emails of one lease that were counted against the daily limits with these names."""

    limits: tuple[str, ...]
    day: date
    emails: int


def is_limited(server: MailServer) -> bool:
    """Whether any daily limit applies to a server."""
    return bool(server.per_day or settings.SEND_WARM_UP)


def limits_for(server: MailServer, *, day: date) -> dict[str, int]:
    """Return the limits that apply to a server on a day, by name; empty if there are none."""
    found = {}
    if server.per_day:
        found[server.name] = server.per_day
    if settings.SEND_WARM_UP:
        found[f"the warm-up of {sending_domain()}"] = settings.SEND_WARM_UP.limit(day)
    return found


def sending_domain() -> str:
    """Return the domain that readers see in the From line."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2].lower()


def unlimited(emails: int) -> Reservation:
    """Return a reservation that no limit counts."""
    return Reservation(limits=(), day=timezone.now().date(), emails=emails)


def reserve(server: MailServer, emails: int, *, at: datetime | None = None) -> Reservation:
    """Reserve at most this number of emails under every limit; none if one is used up."""
    day = (at or timezone.now()).astimezone(UTC).date()
    limits = limits_for(server, day=day)
    if not limits:
        return unlimited(emails)
    with bounded_transaction():
        for name in sorted(limits):
            DailySendCount.objects.get_or_create(limit=name, day=day)
        counts = DailySendCount.objects.filter(limit__in=limits, day=day).order_by("limit")
        left = [limits[count.limit] - count.emails for count in counts.select_for_update()]
        reserved = max(0, min(emails, *left))
        counts.order_by().update(emails=F("emails") + reserved)
    return Reservation(limits=tuple(sorted(limits)), day=day, emails=reserved)


def return_unused(reservation: Reservation, unused: int) -> None:
    """Subtract the emails that a lease reserved and did not send."""
    if reservation.limits and unused > 0:
        DailySendCount.objects.filter(limit__in=reservation.limits, day=reservation.day).update(
            emails=F("emails") - unused
        )


def used_up(*, at: datetime) -> list[str]:
    """Return the names of the limits that are used up today."""
    day = at.astimezone(UTC).date()
    limits: dict[str, int] = {}
    for server in settings.MAIL_SERVERS:
        limits |= limits_for(server, day=day)
    counts = dict(
        DailySendCount.objects.filter(limit__in=limits, day=day).values_list("limit", "emails")
    )
    return [name for name, limit in limits.items() if counts.get(name, 0) >= limit]
