"""A list as CSV: streamed, safe to open in a spreadsheet program, and ready to import again."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, QuerySet

from briefings.models import Briefing
from newsroom import audit_log
from subscribers.lists.columns import OWN_HEADER
from subscribers.lists.csv_files import escape_formula
from subscribers.models import (
    ConsentAction,
    ConsentRecord,
    Subscription,
    SubscriptionState,
    Suppression,
)

if TYPE_CHECKING:
    from newsroom.audit_log import Actor

CHUNK = 2_000  # rows fetched from the database at a time


class ExportStatus(StrEnum):
    """Which subscriptions an export has."""

    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFilters:
    """What to export; a filter that is None does not narrow it."""

    briefing: Briefing | None = None
    status: ExportStatus = ExportStatus.ACTIVE
    joined_since: datetime | None = None
    joined_before: datetime | None = None
    subscribers: tuple[int, ...] | None = None


def find_subscriptions(filters: ExportFilters) -> QuerySet[Subscription]:
    """Return the subscriptions of an export, the oldest rows first."""
    suppressions = Suppression.objects.filter(address_hash=OuterRef("subscriber__address_hash"))
    is_active = filters.status is ExportStatus.ACTIVE
    subscriptions = Subscription.objects.mailable() if is_active else Subscription.objects.all()
    found = subscriptions.annotate(is_suppressed=Exists(suppressions))
    if filters.status is ExportStatus.UNSUBSCRIBED:
        found = found.filter(state=SubscriptionState.UNSUBSCRIBED)
    if filters.status is ExportStatus.SUPPRESSED:
        found = found.filter(is_suppressed=True)
    if filters.briefing is not None:
        found = found.filter(briefing=filters.briefing)
    if filters.joined_since is not None:
        found = found.filter(joined_at__gte=filters.joined_since)
    if filters.joined_before is not None:
        found = found.filter(joined_at__lt=filters.joined_before)
    if filters.subscribers is not None:
        found = found.filter(subscriber__in=filters.subscribers)
    return found.select_related("subscriber", "briefing").order_by("pk")


def export_csv(filters: ExportFilters, *, by: Actor) -> Iterator[str]:
    """Log who exports which list, then return the CSV file in pieces. Memory stays flat.

    The log entries are written before the first address leaves the system.
    """
    briefings = [filters.briefing] if filters.briefing else Briefing.objects.order_by("pk")
    for briefing in briefings:
        audit_log.record(
            "exported subscribers",
            briefing,
            by=by,
            status=filters.status.value,
            rows=find_subscriptions(replace(filters, briefing=briefing)).count(),
            joined_since=filters.joined_since and filters.joined_since.isoformat(),
            joined_before=filters.joined_before and filters.joined_before.isoformat(),
            only_chosen=filters.subscribers is not None,
        )
    return _csv_pieces(filters)


def _csv_pieces(filters: ExportFilters) -> Iterator[str]:
    buffer = _PieceBuffer()
    writer = csv.writer(buffer)
    yield "\ufeff"  # without a byte order mark, Excel assumes another encoding
    writer.writerow(OWN_HEADER)
    yield buffer.take()
    rows = find_subscriptions(filters).iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        consents = _latest_consents(chunk)
        for subscription in chunk:
            consent = consents.get((subscription.subscriber_id, subscription.briefing_id))
            writer.writerow(map(escape_formula, _cells(subscription, consent)))
        yield buffer.take()


def _latest_consents(chunk: Iterable[Subscription]) -> dict[tuple[int, int], ConsentRecord]:
    """Return the last consent to each briefing, by subscriber and briefing."""
    records = ConsentRecord.objects.filter(
        subscriber__in={one.subscriber_id for one in chunk},
        action__in=[ConsentAction.SUBSCRIBED, ConsentAction.IMPORTED],
    )
    return {(one.subscriber_id, one.briefing_id): one for one in records.order_by("at", "pk")}


def _cells(subscription: Subscription, consent: ConsentRecord | None) -> list[str]:
    return [
        subscription.subscriber.address,
        *subscription.subscriber.profile().values(),
        subscription.briefing.slug,
        _status(subscription),
        _iso_time(subscription.joined_at),
        _iso_time(subscription.unsubscribed_at),
        _iso_time(consent.at if consent else None),
        consent.source if consent else "",
        consent.wording if consent else "",
    ]


def _status(subscription: Subscription) -> str:
    """Return the status in words: the database's word for unsubscribed is an older one."""
    if getattr(subscription, "is_suppressed", False):
        return ExportStatus.SUPPRESSED
    if subscription.state == SubscriptionState.UNSUBSCRIBED:
        return ExportStatus.UNSUBSCRIBED
    return ExportStatus.ACTIVE


def _iso_time(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat() if at else ""


class _PieceBuffer:
    """A file that the csv module writes to; `take` empties it."""

    def __init__(self) -> None:
        self.pieces: list[str] = []

    def write(self, piece: str) -> None:
        self.pieces.append(piece)

    def take(self) -> str:
        text = "".join(self.pieces)
        self.pieces.clear()
        return text
