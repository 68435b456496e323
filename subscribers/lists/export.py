"""A list as CSV: streamed, safe to open in a spreadsheet, and good to be imported again."""

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
from subscribers.lists.known_exports import OWN_HEADER
from subscribers.lists.spreadsheet_cells import defuse
from subscribers.models import (
    ConsentAction,
    ConsentRecord,
    Subscription,
    SubscriptionState,
    Suppression,
)

if TYPE_CHECKING:
    from newsroom.audit_log import Actor

CHUNK = 2_000  # rows from the server's cursor at a time


class Which(StrEnum):
    """Whom an export is about."""

    ACTIVE = "active"
    LEFT = "left"
    SUPPRESSED = "suppressed"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is exported; what is None does not narrow it."""

    briefing: Briefing | None = None
    which: Which = Which.ACTIVE
    joined_since: datetime | None = None
    joined_before: datetime | None = None
    subscribers: tuple[int, ...] | None = None


def find(wanted: Wanted) -> QuerySet[Subscription]:
    """The subscriptions that an export holds, in the order in which they began to exist."""
    barred = Suppression.objects.filter(address_hash=OuterRef("subscriber__address_hash"))
    found = Subscription.objects.annotate(is_barred=Exists(barred))
    match wanted.which:
        case Which.ACTIVE:
            found = Subscription.objects.mailable().annotate(is_barred=Exists(barred))
        case Which.LEFT:
            found = found.filter(state=SubscriptionState.LEFT)
        case Which.SUPPRESSED:
            found = found.filter(is_barred=True)
    if wanted.briefing is not None:
        found = found.filter(briefing=wanted.briefing)
    if wanted.joined_since is not None:
        found = found.filter(joined_at__gte=wanted.joined_since)
    if wanted.joined_before is not None:
        found = found.filter(joined_at__lt=wanted.joined_before)
    if wanted.subscribers is not None:
        found = found.filter(subscriber__in=wanted.subscribers)
    return found.select_related("subscriber", "briefing").order_by("pk")


def export(wanted: Wanted, *, by: Actor) -> Iterator[str]:
    """Put on record who takes which list, then give its lines. Memory stays flat.

    Addresses leave the house here, so the record is written before the first of them.
    """
    about = [wanted.briefing] if wanted.briefing else Briefing.objects.order_by("pk")
    for briefing in about:
        audit_log.record(
            "exported subscribers",
            briefing,
            by=by,
            which=wanted.which.value,
            rows=find(replace(wanted, briefing=briefing)).count(),
            joined_since=wanted.joined_since and wanted.joined_since.isoformat(),
            joined_before=wanted.joined_before and wanted.joined_before.isoformat(),
            only_chosen=wanted.subscribers is not None,
        )
    return _lines(wanted)


def _lines(wanted: Wanted) -> Iterator[str]:
    line = _Line()
    writer = csv.writer(line)
    yield "\ufeff"  # or Excel takes it for another encoding
    writer.writerow(OWN_HEADER)
    yield line.taken()
    rows = find(wanted).iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        consents = _latest_consents(chunk)
        for subscription in chunk:
            consent = consents.get((subscription.subscriber_id, subscription.briefing_id))
            writer.writerow(map(defuse, _cells(subscription, consent)))
        yield line.taken()


def _latest_consents(chunk: Iterable[Subscription]) -> dict[tuple[int, int], ConsentRecord]:
    """The last agreement to each briefing, by subscriber and briefing."""
    records = ConsentRecord.objects.filter(
        subscriber__in={one.subscriber_id for one in chunk},
        action__in=[ConsentAction.JOINED, ConsentAction.IMPORTED],
    )
    return {(one.subscriber_id, one.briefing_id): one for one in records.order_by("at", "pk")}


def _cells(subscription: Subscription, consent: ConsentRecord | None) -> list[str]:
    status = "suppressed" if getattr(subscription, "is_barred", False) else subscription.state
    return [
        subscription.subscriber.address,
        subscription.subscriber.name,
        subscription.briefing.slug,
        status,
        _moment(subscription.joined_at),
        _moment(subscription.left_at),
        _moment(consent.at if consent else None),
        consent.source if consent else "",
        consent.wording if consent else "",
    ]


def _moment(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat() if at else ""


class _Line:
    """A file that csv writes to and that is emptied at each look."""

    def __init__(self) -> None:
        self.pieces: list[str] = []

    def write(self, piece: str) -> None:
        self.pieces.append(piece)

    def taken(self) -> str:
        text = "".join(self.pieces)
        self.pieces.clear()
        return text
