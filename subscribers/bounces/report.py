"""What an incoming message says about our email, in our own terms. Every parser returns these."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from subscribers.models import BounceClassification


class MessageKind(StrEnum):
    """What an incoming message is."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto_reply"  # out of office, read receipt, challenge
    NOTICE = "notice"  # a mail system reports a delay or a successful delivery
    REPLY = "reply"  # a person wrote
    UNREADABLE = "unreadable"


class Reason(StrEnum):
    """Why an email was not delivered, as far as phrases and codes tell. Staff read these words."""

    USER_UNKNOWN = "user unknown"
    HOST_UNKNOWN = "host unknown"
    MOVED = "moved"
    DISABLED = "mailbox disabled"
    FULL = "mailbox full"
    SUSPENDED = "mailbox suspended"
    TOO_BIG = "message too large"
    SPAM = "taken for spam"
    POLICY = "rejected by policy"
    RATE = "rate limited"
    SENDER = "sender rejected"
    RELAYING = "relaying denied"
    LOOP = "mail loop"
    EXPIRED = "delivery timed out"
    NETWORK = "no connection"
    SYSTEM = "mail system error"
    COMPLAINT = "reported as spam"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    UNCLEAR = "unclear"


# Reasons of a notice: nothing failed.
NOTICE_REASONS = {Reason.DELAYED, Reason.DELIVERED}
# A failure for any other reason is a soft bounce.
_CLASSIFICATIONS = {
    Reason.USER_UNKNOWN: BounceClassification.HARD,
    Reason.HOST_UNKNOWN: BounceClassification.HARD,
    Reason.MOVED: BounceClassification.HARD,
    Reason.DISABLED: BounceClassification.HARD,
    Reason.FULL: BounceClassification.FULL,
    Reason.TOO_BIG: BounceClassification.POLICY,
    Reason.SPAM: BounceClassification.POLICY,
    Reason.POLICY: BounceClassification.POLICY,
    Reason.RATE: BounceClassification.POLICY,
    Reason.SENDER: BounceClassification.POLICY,
    Reason.RELAYING: BounceClassification.POLICY,
    Reason.COMPLAINT: BounceClassification.COMPLAINT,
}
# If a delivery has several classifications, the first in this list counts.
MOST_SEVERE_FIRST = (
    BounceClassification.HARD,
    BounceClassification.FULL,
    BounceClassification.POLICY,
    BounceClassification.SOFT,
    BounceClassification.COMPLAINT,
)


def classification_of(reason: Reason, *, temporary: bool) -> BounceClassification:
    """Return the classification of a failure.

    A temporary failure (class 4; RFC 3463, section 2) is never a hard bounce.
    """
    classification = _CLASSIFICATIONS.get(reason, BounceClassification.SOFT)
    if temporary and classification == BounceClassification.HARD:
        return BounceClassification.SOFT
    return classification


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientResult:
    """What a report says happened to our email at one address.

    `classification` is None where nothing failed (a delay or a delivery). `status` is an enhanced
    status code (RFC 3463) or empty.
    """

    address: str
    classification: BounceClassification | None
    reason: Reason
    status: str = ""
    diagnostic: str = ""


def complaint_of(address: str) -> RecipientResult:
    """Return the result that stands for a complaint from this address."""
    return RecipientResult(
        address=address,
        classification=BounceClassification.COMPLAINT,
        reason=Reason.COMPLAINT,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A parsed incoming message. Nothing in it can be trusted until its token is verified.

    `token` was found in the recipient's address or in the returned email, `unsubscribe_token` in
    the returned email's List-Unsubscribe. Neither has been looked up yet. `is_unsubscribe` marks a
    complaint that asks for no more than to unsubscribe. `may_be_reply` marks a message that no mail
    system seems to have written and that returns nothing: a person may quote a bounce of their own.
    `is_answer` says that the subject starts like that of a reply or of a forwarded email.
    """

    kind: MessageKind
    results: tuple[RecipientResult, ...] = ()
    token: str = ""
    unsubscribe_token: str = ""
    is_unsubscribe: bool = False
    message_id: str = ""
    may_be_reply: bool = False
    is_answer: bool = False
