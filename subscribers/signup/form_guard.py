"""Who may send the sign-up form how often, and when a browser must work for it first.

Two lines. Above a rate, forms are asked for a proof of work: a person notices a second, a program
that sends ten thousand notices. Above a higher rate nothing more is taken for an hour. What does
not look like a person before a page of ours (no sound stamp, or from another site's page) meets the
first line sooner, so that an attack by simple programs costs readers nothing at all.

No answer here depends on whether an address is known: every posted address is counted alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from newsroom.client_address import subnet_of
from newsroom.rate_limits import HOUR, count_within
from subscribers.models.address_hash import hash_address
from subscribers.signup.proof_of_work import is_solved

WINDOW = timedelta(minutes=10)
# Of one network, before it must work. A talk may send a whole room here, from one address.
FREE_A_NETWORK = 30
FREE_A_NETWORK_IF_ODD = 10
# Forms taken within an hour.
HOURLY_AN_ADDRESS = 20
HOURLY_A_NETWORK = 240

BUSY_ADDRESS = (
    "This address was typed into the form many times within the last hour. Look into its inbox:"
    " the letter that is there covers them. If there is none, send the form again in an hour."
)
BUSY_NETWORK = (
    "Many forms came from your network within the last hour. Nothing is wrong with yours:"
    " please wait an hour and send it again."
)
BUSY_ALL = (
    "So many people, or programs, are signing up that we have to pause. Nothing is wrong with"
    " your form: please send it again in an hour."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """How a form came: from which network, when, and whether as a person's would."""

    ip: str | None
    is_odd: bool
    at: datetime

    @property
    def network(self) -> str:
        return subnet_of(self.ip)


def must_work(approach: Approach, *, solution: str) -> bool:
    """Count a form; True when it needs a proof of work and has brought none that holds.

    A form that is turned away as odd counts among the odd ones alone: so an attack by simple
    programs does not take the readers' line up.
    """
    has_worked = False
    if approach.is_odd:
        counted = [
            _count("signups-odd", approach.network, approach) > FREE_A_NETWORK_IF_ODD,
            _count("signups-odd", "all", approach) > settings.CHALLENGE_ABOVE // 2,
        ]
        has_worked = any(counted) and is_solved(solution)
        if any(counted) and not has_worked:
            return True
    counted = [
        _count("signups", approach.network, approach) > FREE_A_NETWORK,
        _count("signups", "all", approach) > settings.CHALLENGE_ABOVE,
    ]
    return any(counted) and not has_worked and not is_solved(solution)


def refusal(approach: Approach, *, address: str) -> str:
    """Count a form that is about to be taken; a sentence when it is one too many, else empty."""
    at = approach.at
    if (
        count_within("address", hash_address(_mailbox(address)), window=HOUR, at=at)
        > HOURLY_AN_ADDRESS
    ):
        return BUSY_ADDRESS
    if count_within("taken", approach.network, window=HOUR, at=at) > HOURLY_A_NETWORK:
        return BUSY_NETWORK
    if count_within("taken", "all", window=HOUR, at=at) > settings.SIGN_UPS_AN_HOUR:
        return BUSY_ALL
    return ""


def _mailbox(address: str) -> str:
    """Reduce an address to the mailbox in which it probably ends, to count its letters.

    Tags behind a plus (RFC 5233) and, at Gmail, dots make thousands of addresses of one. They are
    counted together and are else what their owners say: addresses of their own.
    """
    local, _, domain = address.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in {"gmail.com", "googlemail.com"}:
        local = local.replace(".", "")
    return f"{local}@{domain}"


def _count(what: str, whom: str, approach: Approach) -> int:
    return count_within(what, whom, window=WINDOW, at=approach.at)
