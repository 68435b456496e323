"""What a message that came back says, in our words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a message that came back is."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    AUTOMATIC = "automatic"  # a machine answered for a person: out of office, read receipt
    NOTICE = "notice"  # a mail system tells of a delay or a delivery
    REPLY = "reply"  # a person wrote
    UNREADABLE = "unreadable"


class Verdict(StrEnum):
    """What a report means for the address it is about. The policy table knows these words."""

    HARD = "hard"  # there is no such mailbox
    FULL = "full"  # there is, and it takes nothing now
    POLICY = "policy"  # they refuse us, or this letter
    SOFT = "soft"  # trouble on the way, or nobody says what
    COMPLAINT = "complaint"
    NOTICE = "notice"  # nothing has failed (yet)


class Reason(StrEnum):
    """Why, as far as words and codes tell."""

    USER_UNKNOWN = "user unknown"
    HOST_UNKNOWN = "host unknown"
    MOVED = "moved"
    DISABLED = "disabled"
    FULL = "mailbox full"
    SUSPENDED = "suspended"
    TOO_BIG = "letter too big"
    SPAM = "taken for spam"
    POLICY = "refused by policy"
    SENDER = "sender refused"
    RELAYING = "relaying denied"
    LOOP = "mail loop"
    EXPIRED = "expired on the way"
    NETWORK = "no connection"
    SYSTEM = "their system's trouble"
    COMPLAINT = "reported as spam"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    UNCLEAR = "unclear"


VERDICT_OF = {
    Reason.USER_UNKNOWN: Verdict.HARD,
    Reason.HOST_UNKNOWN: Verdict.HARD,
    Reason.MOVED: Verdict.HARD,
    Reason.DISABLED: Verdict.HARD,
    Reason.FULL: Verdict.FULL,
    Reason.TOO_BIG: Verdict.POLICY,
    Reason.SPAM: Verdict.POLICY,
    Reason.POLICY: Verdict.POLICY,
    Reason.SENDER: Verdict.POLICY,
    Reason.RELAYING: Verdict.POLICY,
    Reason.COMPLAINT: Verdict.COMPLAINT,
    Reason.DELAYED: Verdict.NOTICE,
    Reason.DELIVERED: Verdict.NOTICE,
}


def verdict_of(reason: Reason, *, temporary: bool) -> Verdict:
    """Weigh a reason: what is temporary (class 4; RFC 3463, section 2) never condemns."""
    verdict = VERDICT_OF.get(reason, Verdict.SOFT)
    return Verdict.SOFT if temporary and verdict == Verdict.HARD else verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What became of a letter to one address; `status` is RFC 3463's or empty."""

    address: str
    verdict: Verdict
    reason: Reason
    status: str = ""
    diagnostic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A message that came back, read. Nothing in it is to be believed without its token.

    `token` is the seal that stood in the recipient or in the returned letter, `unsubscribe` the
    token of the returned letter's List-Unsubscribe; neither has been looked up.
    """

    kind: Kind
    failures: tuple[Failure, ...] = ()
    token: str = ""
    unsubscribe: str = ""
    message_id: str = ""
    reporter: str = ""
