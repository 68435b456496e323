"""Letters a day: a server's own limit, and the plan by which a new sending domain is warmed up.

Letters are taken from the day's count before they are leased, and what was not used goes back.
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
    """What may leave through a server on one day, and what of it was taken for one lease."""

    names: tuple[str, ...]
    day: date
    letters: int


def is_limited(server: MailServer) -> bool:
    """Whether any limit a day holds for a server."""
    return bool(server.per_day or settings.SEND_WARM_UP)


def caps(server: MailServer, *, day: date) -> dict[str, int]:
    """Give the limits that hold for a server on a day, by name; empty when there is none."""
    found = {}
    if server.per_day:
        found[server.name] = server.per_day
    if settings.SEND_WARM_UP:
        found[f"the warm-up of {sending_domain()}"] = settings.SEND_WARM_UP.limit(day)
    return found


def sending_domain() -> str:
    """Give the domain that readers see behind the @ of the From line."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2].lower()


def without_limit(letters: int) -> Reservation:
    """Give what no limit counts."""
    return Reservation(names=(), day=timezone.now().date(), letters=letters)


def reserve(server: MailServer, want: int, *, at: datetime | None = None) -> Reservation:
    """Take up to so many letters from every limit that holds; none are left when it gives 0."""
    day = (at or timezone.now()).astimezone(UTC).date()
    limits = caps(server, day=day)
    if not limits:
        return without_limit(want)
    with bounded_transaction():
        for name in sorted(limits):
            DailySendCount.objects.get_or_create(limit=name, day=day)
        counts = DailySendCount.objects.filter(limit__in=limits, day=day).order_by("limit")
        left = [limits[count.limit] - count.emails for count in counts.select_for_update()]
        letters = max(0, min(want, *left))
        counts.order_by().update(emails=F("emails") + letters)
    return Reservation(names=tuple(sorted(limits)), day=day, letters=letters)


def return_unused(budget: Reservation, unused: int) -> None:
    """Return what a lease did not use."""
    if budget.names and unused > 0:
        DailySendCount.objects.filter(limit__in=budget.names, day=budget.day).update(
            emails=F("emails") - unused
        )


def used_up(*, at: datetime) -> list[str]:
    """Name the limits that let nothing through any more today."""
    day = at.astimezone(UTC).date()
    limits: dict[str, int] = {}
    for server in settings.MAIL_SERVERS:
        limits |= caps(server, day=day)
    counts = dict(
        DailySendCount.objects.filter(limit__in=limits, day=day).values_list("limit", "emails")
    )
    return [name for name, cap in limits.items() if counts.get(name, 0) >= cap]
