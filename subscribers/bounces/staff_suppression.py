"""What staff decide about suppressed addresses: to add one, and to lift a suppression."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from newsroom import audit_log
from subscribers.models import Suppression, SuppressionReason
from subscribers.models.address_hash import hash_address

if TYPE_CHECKING:
    from newsroom.audit_log import Actor

MAX_WHY_CHARS = 300
# These were the reader's own decision, so whoever lifts one says why.
REASONS_THAT_NEED_WHY = {SuppressionReason.COMPLAINED}


class AlreadySuppressed(Exception):
    """The address is suppressed already; the message says since when and why."""


class WhyMissing(Exception):
    """Nobody said why this suppression is to be lifted."""


def check_not_suppressed(address: str) -> None:
    """Raise AlreadySuppressed if this address is suppressed."""
    if existing := Suppression.objects.at_address(address).first():
        raise AlreadySuppressed(f"This address is already suppressed: {existing}.")


def suppress_by_staff(address: str, suppression: Suppression, *, by: Actor) -> None:
    """Save a new suppression of this address, with its entry in the audit log."""
    suppression.address_hash = hash_address(address)
    suppression.reason = SuppressionReason.STAFF
    with transaction.atomic():
        suppression.save(force_insert=True)
        audit_log.record("suppressed", suppression, by=by)


def needs_why(suppression: Suppression) -> bool:
    """Whether somebody who lifts this suppression has to say why."""
    return suppression.reason in REASONS_THAT_NEED_WHY


def lift(suppression: Suppression, *, by: Actor, why: str = "") -> None:
    """Lift a suppression, with its entry in the audit log. Raises WhyMissing.

    The reader can then sign up again and confirm their address.
    """
    why = " ".join(why.split())[:MAX_WHY_CHARS]
    if needs_why(suppression) and not why:
        raise WhyMissing("Say why you lift this suppression. Nothing was changed.")
    with transaction.atomic():
        audit_log.record("lifted", suppression, by=by, reason=suppression.reason, why=why)
        suppression.delete()
