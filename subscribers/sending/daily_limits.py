"""Emails a day: a mail server's own limit, and the plan that warms up a new sending domain.

Emails are counted before they are leased, and those that were not sent are subtracted again: by the
worker that reserved them or, if it died, once its lease is reclaimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parseaddr
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from newsroom.clock import database_now
from newsroom.site_address import ascii_address
from subscribers.models import DailyReservation, DailySendCount
from subscribers.sending.transactions import bounded_transaction

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from newsroom.mail_servers import MailServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Emails of one lease that were counted against the daily limits with these names."""

    emails: int
    id: int | None  # None if no limit applies


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
    return parseaddr(ascii_address(settings.DEFAULT_FROM_EMAIL))[1].rpartition("@")[2].lower()


def unlimited(emails: int) -> Reservation:
    """Return a reservation that no limit counts."""
    return Reservation(emails=emails, id=None)


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
        if not reserved:
            return unlimited(0)
        row = DailyReservation.objects.create(
            limits=sorted(limits), day=day, emails=reserved, expires_at=_expiry()
        )
    return Reservation(emails=reserved, id=row.pk)


def _expiry() -> datetime:
    return database_now() + timedelta(seconds=settings.LEASE_SECONDS)


def attach(reservation: Reservation, lease_id: int) -> bool:
    """Tie a reservation to the lease that it is for; False if it expired: then send nothing."""
    if reservation.id is None:
        return True
    return bool(DailyReservation.objects.filter(pk=reservation.id).update(lease_id=lease_id))


def return_unused(reservation: Reservation, unused: int) -> None:
    """End a reservation, and subtract the emails that were not sent from the day's counts."""
    if reservation.id is not None:
        _end(DailyReservation.objects.filter(pk=reservation.id), unused)


def _end(one: QuerySet[DailyReservation], unused: int) -> bool:
    """Delete a reservation and subtract its rest; False if the query finds none any more."""
    with bounded_transaction():
        row = one.select_for_update(of=("self",)).first()
        if row is None:
            return False
        row.delete()
        counts = DailySendCount.objects.filter(limit__in=row.limits, day=row.day)
        list(counts.order_by("limit").select_for_update())  # in the order of `reserve`
        counts.update(emails=Greatest(F("emails") - min(unused, row.emails), 0))
    return True


def reclaim(*, at: datetime) -> int:
    """End the reservations of workers that died; return how many.

    Call it after leases were reclaimed. What was begun under a lease counts as sent.
    """
    left = DailyReservation.objects.filter(expires_at__lte=at).filter(
        Q(lease=None) | Q(lease__closed_at__isnull=False)
    )
    rows = list(left.values_list("pk", "emails", "lease__begun"))
    # Each is looked up again under its lock: its holder may have tied it to a lease meanwhile.
    return sum(_end(left.filter(pk=pk), emails - (begun or 0)) for pk, emails, begun in rows)


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
