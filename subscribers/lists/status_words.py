"""What a list says of people: that they subscribed, left, never confirmed, are blocked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from subscribers.lists.import_errors import Reason

_WORDS: dict[Reason | None, str] = {
    None: "active, confirmed, consented, double opt-in, enabled, granted, member, ok, on,"
    " opted in, optin, opt-in, subscribed, true, valid, verified, yes, 1",
    Reason.UNSUBSCRIBED: "cancelled, canceled, declined, false, inactive, left, no, not subscribed,"
    " off, opted out, optout, opt-out, removed, revoked, unsubscribe, unsubscribed, withdrawn, 0",
    Reason.UNCONFIRMED: "awaiting confirmation, invited, new, not confirmed, pending,"
    " transactional, unactivated, unconfirmed, unverified",
    Reason.BOUNCED: "bounce, bounced, bounced hard, clean, cleaned, hard bounce, hard bounced,"
    " hardbounce, invalid, undeliverable",
    Reason.BLOCKED: "archived, banned, blacklisted, blocked, blocklisted, complained, complaint,"
    " deleted, disabled, erased, reported, spam, spam complaint, suppressed",
}
VERDICTS: dict[str, Reason | None] = {
    word: verdict for verdict, words in _WORDS.items() for word in words.split(", ")
}
_NO = {"", "0", "f", "false", "n", "never", "no", "none", "null", "-"}
_LONGEST_NO = max(map(len, _NO))


class MarkKind(StrEnum):
    """How a column speaks about people."""

    STATUS = "a status"
    KEEPS_OUT = "keeps out whoever has something there"
    LETS_IN = "lets in whoever has a yes there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A column that may keep people out; `reason` is why, where it is not a status."""

    kind: MarkKind
    reason: Reason = Reason.UNSUBSCRIBED

    def judge(self, cell: str) -> Reason | None:
        """Say why a row with this cell is left out; None when it may come in."""
        if self.kind is MarkKind.LETS_IN and len(cell.strip()) > _LONGEST_NO:
            return None
        word = " ".join(cell.casefold().replace("_", " ").split())
        if self.kind is MarkKind.KEEPS_OUT:
            return None if word in _NO else self.reason
        if self.kind is MarkKind.LETS_IN:
            return self.reason if word in _NO else None
        return VERDICTS.get(word, Reason.UNKNOWN_STATUS) if word else None


_STATUS = Mark(kind=MarkKind.STATUS)


def _out(reason: Reason) -> Mark:
    return Mark(kind=MarkKind.KEEPS_OUT, reason=reason)


def _in(reason: Reason) -> Mark:
    return Mark(kind=MarkKind.LETS_IN, reason=reason)


# By the letters and digits of a column's name. Whatever speaks of leaving is heard in every file.
MARKS: dict[str, Mark] = {
    **dict.fromkeys(
        (
            *("status", "subscriptionstatus", "subscriberstatus", "emailstatus", "memberstatus"),
            *("liststatus", "marketingstatus", "emailmarketingstatus", "consentstatus"),
            *("emailsubscriberstatus", "optinstatus"),
        ),
        _STATUS,
    ),
    **dict.fromkeys(
        (
            *("unsubtime", "unsubreason", "unsubscribedat", "unsubscribedon", "unsubscribedate"),
            *("unsubscribetime", "unsubscribed", "unsubscribe", "optedout", "optout"),
            *("optoutdate", "optouttime", "optedoutat", "leftat", "lefton", "left"),
            *("withdrawnat", "consentwithdrawn"),
        ),
        _out(Reason.UNSUBSCRIBED),
    ),
    **dict.fromkeys(
        ("cleantime", "cleanedat", "bounced", "bouncedat", "hardbounced", "hardbouncedat"),
        _out(Reason.BOUNCED),
    ),
    **dict.fromkeys(
        (
            *("emaildisabled", "blocked", "blockedat", "blocklisted", "blacklisted", "suppressed"),
            *("complained", "complainedat", "spamcomplaint", "deletedat", "deleted", "erasedat"),
        ),
        _out(Reason.BLOCKED),
    ),
    **dict.fromkeys(
        (
            *("subscribed", "issubscribed", "subscribedtoemails", "optedin"),
            *("acceptsmarketing", "acceptsemailmarketing"),
        ),
        _in(Reason.UNSUBSCRIBED),
    ),
    **dict.fromkeys(("consent", "consentgiven", "gdprconsent"), _in(Reason.NO_CONSENT)),
    **dict.fromkeys(("confirmed", "isconfirmed", "verified"), _in(Reason.UNCONFIRMED)),
}
