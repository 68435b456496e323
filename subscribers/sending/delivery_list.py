"""The deliveries of a dispatch that may need a person: unsettled, refused or of unknown outcome.

They are found by state, by the reason in the server's reply and by receiving domain, shown by pages
that cost the same wherever in a million rows they are, and written as CSV.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from io import StringIO
from itertools import islice
from typing import TYPE_CHECKING

from django.db.models import Count, Min, Q
from django.db.models.functions import Left

from subscribers.lists.csv_files import escape_formula
from subscribers.models import Delivery, DeliveryState
from subscribers.models.delivery import UNSETTLED_STATES

if TYPE_CHECKING:
    from subscribers.models import Dispatch
    from subscribers.models.delivery import DeliveryQuerySet

PER_PAGE = 100
CHUNK = 2_000  # rows of a download that are fetched from the database at a time
# A reply begins with a code, and with an enhanced one where the server has them (RFC 3463).
CODES = re.compile(r"\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?(?= |$)")
CODE_CHARS = 13
# The reason of deliveries without a reply: it was deleted, or there was none.
NO_REPLY = "none"
# An address in a server's reply: staff without the permission to see addresses do not get it.
ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")


class DeliveryChoice(StrEnum):
    """Which deliveries to list."""

    OPEN = "open"
    UNSETTLED = "unsettled"
    REFUSED = "refused"
    UNKNOWN = "unknown"


CHOICE_NAMES = {
    DeliveryChoice.OPEN: "All that are not sent",
    DeliveryChoice.UNSETTLED: "Not settled yet",
    DeliveryChoice.REFUSED: "Refused",
    DeliveryChoice.UNKNOWN: "Unknown",
}
_STATES = {
    DeliveryChoice.UNSETTLED: UNSETTLED_STATES,
    DeliveryChoice.REFUSED: {DeliveryState.REFUSED},
    DeliveryChoice.UNKNOWN: {DeliveryState.UNKNOWN},
}
_STATES[DeliveryChoice.OPEN] = set().union(*_STATES.values())
CSV_HEADER = ("address", "state", "server_reply", "tries", "settled_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFilters:
    """Which deliveries to list; an empty reason or domain does not narrow them."""

    choice: DeliveryChoice = DeliveryChoice.OPEN
    reason: str = ""
    domain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why servers refused some emails: their code, how many, and one of the replies."""

    key: str
    emails: int
    example: str

    @property
    def is_code(self) -> bool:
        """Whether it is a code, which contains no words of the reply."""
        return self.key == NO_REPLY or bool(CODES.fullmatch(self.key))

    @property
    def label(self) -> str:
        """The code as staff read it."""
        if self.key == NO_REPLY:
            return "No reply"
        return self.key if self.is_code else "No code"


def find_deliveries(dispatch: Dispatch, filters: DeliveryFilters) -> DeliveryQuerySet:
    """Return the deliveries that meet the filters, by subscriber."""
    found = dispatch.deliveries.filter(state__in=_STATES[filters.choice])
    if filters.reason:
        found = found.filter(_has_reason(filters.reason))
    if filters.domain:
        found = found.filter(subscriber__address__iendswith=f"@{filters.domain}")
    return found.order_by("subscriber_id")


def page_after(
    dispatch: Dispatch, filters: DeliveryFilters, *, after: int
) -> tuple[list[Delivery], int | None]:
    """Return a page of deliveries to subscribers above an id, and where the next page begins.

    It is found by the ledger's own index, however far on it is; None if there is no next page.
    """
    rows = find_deliveries(dispatch, filters).filter(subscriber_id__gt=after)
    found = list(rows.select_related("subscriber")[: PER_PAGE + 1])
    if len(found) <= PER_PAGE:
        return found, None
    return found[:PER_PAGE], found[PER_PAGE - 1].subscriber_id


def count_reasons(dispatch: Dispatch, choice: DeliveryChoice) -> list[Reason]:
    """Return the reasons of these deliveries, the most frequent first."""
    rows = (
        dispatch.deliveries.filter(state__in=_STATES[choice])
        .annotate(beginning=Left("server_reply", CODE_CHARS))
        .values_list("beginning")
        .annotate(emails=Count("pk"), example=Min("server_reply"))
        .order_by()
    )
    reasons: dict[str, Reason] = {}
    for beginning, emails, example in rows:
        key = reason_of(beginning)
        known = reasons.get(key)
        reasons[key] = Reason(
            key=key,
            emails=emails + (known.emails if known else 0),
            example=known.example if known else example or "",
        )
    return sorted(reasons.values(), key=lambda reason: (-reason.emails, reason.key))


def reason_of(reply: str | None) -> str:
    """Return the code that a reply begins with, or else its beginning."""
    if not reply:
        return NO_REPLY
    found = CODES.match(reply[:CODE_CHARS])
    return found[0] if found else reply[:CODE_CHARS]


def shown_reply(reply: str | None, *, with_addresses: bool) -> str:
    """Return a server's reply for a page, without the addresses in it unless they may be seen."""
    return (reply or "") if with_addresses else ADDRESS.sub("(address)", reply or "")


def _has_reason(reason: str) -> Q:
    if reason == NO_REPLY:
        return Q(server_reply=None) | Q(server_reply="")
    if not CODES.fullmatch(reason):
        return Q(server_reply__startswith=reason)
    found = Q(server_reply=reason) | Q(server_reply__startswith=f"{reason} ")
    if reason.isdigit():  # without an enhanced code, which is a reason of its own
        found &= ~Q(server_reply__regex=rf"^{reason} [0-9]\.[0-9]{{1,3}}\.[0-9]{{1,3}}( |$)")
    return found


def deliveries_csv(dispatch: Dispatch, filters: DeliveryFilters) -> Iterator[str]:
    """Yield a CSV file of deliveries in pieces; memory stays flat."""
    yield "\ufeff"  # without a byte order mark, Excel assumes another encoding
    yield _csv([CSV_HEADER])
    rows = find_deliveries(dispatch, filters).select_related("subscriber")
    found = rows.iterator(chunk_size=CHUNK)
    while chunk := list(islice(found, CHUNK)):
        yield _csv(map(_cells, chunk))


def _cells(delivery: Delivery) -> tuple[str, ...]:
    settled = delivery.settled_at.astimezone(UTC).isoformat() if delivery.settled_at else ""
    cells = (
        delivery.subscriber.address,
        DeliveryState(delivery.state).label,
        delivery.server_reply or "",
        str(delivery.tries),
        settled,
    )
    return tuple(map(escape_formula, cells))


def _csv(rows: Iterable[Sequence[str]]) -> str:
    file = StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue()
