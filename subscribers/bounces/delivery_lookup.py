"""Find the delivery that a report is about, by the signed token that our email carried.

Every email leaves with a token of its own in its return address. A token that was not signed here,
or that belongs to an email that was never sent, finds nothing: a forged report has no effect.
"""

from __future__ import annotations

import re

from newsroom.tokens import SIGNED_ID_CHARS, verify_id
from subscribers.bounces.message_parts import MessageParts
from subscribers.bounces.report import Report
from subscribers.models import Delivery, DeliveryState, Dispatch

# A mail server accepted the email, or may have.
ACCEPTED_STATES = {
    DeliveryState.SENT,
    DeliveryState.UNKNOWN,
    DeliveryState.BOUNCED,
    DeliveryState.COMPLAINED,
}
# The email may be going out at this moment: its row is written when the lease ends.
LEASED_STATES = {DeliveryState.LEASED}
MAX_TOKENS = 200
# How many dispatches back a delivery is looked for when only the subscriber is known.
RECENT_DISPATCHES = 60

# In an address, or in an address that a mail system wrote into another address.
_TOKEN = re.compile(rf"\+([0-9a-fA-F]{{{SIGNED_ID_CHARS}}})(?:@|=40|%40|=)")
_UNSUBSCRIBE_TOKEN = re.compile(r"/unsubscribe/([A-Za-z0-9_-]{22})(?:/|>|\s)")
_RECIPIENT_HEADERS = (
    "to",
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-rcpt-to",
)


def find_token(parts: MessageParts, raw: bytes, *, recipient: str = "") -> str:
    """Return the delivery token in a report: in its recipient first, then in what was returned.

    A token that was signed here is preferred. It is not looked up yet. Empty if there is none.
    """
    headers = "\n".join(parts.header(name) for name in _RECIPIENT_HEADERS)
    reports = [parts.original, parts.feedback_report, *parts.delivery_statuses]
    text = "\n".join([f"{recipient}@", headers, *reports, raw.decode("latin-1")])
    first = ""
    for number, found in enumerate(_TOKEN.finditer(text)):
        token = found[1].lower()
        first = first or token
        if verify_id("bounce", token) is not None:
            return token
        if number > MAX_TOKENS:
            break
    return first


def find_unsubscribe_token(parts: MessageParts) -> str:
    """Return the token in the returned email's List-Unsubscribe; empty if there is none."""
    found = _UNSUBSCRIBE_TOKEN.search(parts.original_header("list-unsubscribe") + " ")
    return found[1] if found else ""


def find_delivery(report: Report) -> Delivery | None:
    """Return the delivery that a report is about; None if no valid token names one that was sent.

    The unsubscribe token does not count: whoever was forwarded an email has it.
    """
    return delivery_with_token(report.token)


def delivery_with_token(token: str, *, purpose: str = "bounce") -> Delivery | None:
    """Return the delivery whose return address carried this token, or that of another purpose."""
    delivery_id = verify_id(purpose, token) if token else None
    if delivery_id is None:
        return None
    found = Delivery.objects.filter(pk=delivery_id, state__in=ACCEPTED_STATES | LEASED_STATES)
    return found.select_related("dispatch__issue").first()


def latest_delivery(subscriber: int) -> Delivery | None:
    """Return the latest delivery to a subscriber."""
    # By dispatch and subscriber: the ledger has no index on the subscriber alone.
    recent = list(Dispatch.objects.order_by("-pk").values_list("pk", flat=True)[:RECENT_DISPATCHES])
    sent = Delivery.objects.filter(
        dispatch_id__in=recent, subscriber_id=subscriber, state__in=ACCEPTED_STATES
    )
    return sent.select_related("dispatch__issue").order_by("-dispatch_id").first()
