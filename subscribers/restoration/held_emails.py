"""Transactional emails that were waiting in a restored database; most were sent meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count, Max, Min
from django.utils.timezone import get_current_timezone

from briefings.local_time import format_local
from newsroom import audit_log, database_epoch
from newsroom.models import OutgoingEmail
from newsroom.transitions import TransitionRefused
from newsroom.wake_ups import wake
from subscribers.restoration.held_entry import HeldEntry
from subscribers.sending.dispatch_progress import count

if TYPE_CHECKING:
    from datetime import datetime

    from newsroom.audit_log import Actor

ALL = 0  # they are released together


def waiting() -> list[HeldEntry]:
    """Return one entry for all held emails, if there are any."""
    held = OutgoingEmail.objects.held()
    found = held.aggregate(number=Count("pk"), first=Min("created_at"), last=Max("created_at"))
    if not found["number"]:
        return []
    kinds = held.order_by("name").values_list("name").annotate(number=Count("pk"))
    zone = get_current_timezone()
    names = ", ".join(f"{name} ({number})" for name, number in kinds)
    return [
        HeldEntry(
            name="emails",
            title=count(found["number"], "transactional email"),
            facts=(
                f"Queued between {format_local(found['first'], zone)} and"
                f" {format_local(found['last'], zone)}: {names}. Most were probably sent after"
                " the backup."
            ),
            release="Send them; some people may get one twice",
            give_up="Delete them",
            numbers={"left": found["number"]},
        )
    ]


def release(pk: int, *, by: Actor, at: datetime) -> str:
    """Send the held emails, and return a sentence about it. Raises TransitionRefused."""
    with transaction.atomic():
        number = OutgoingEmail.objects.held().update(held=False, not_before=at, attempts=0)
        _record("released emails after a restore", number, by=by)
        transaction.on_commit(lambda: wake("newsroom.tasks.send_emails"))
    return f"We are sending {count(number, 'email')}."


def give_up(pk: int, *, by: Actor, at: datetime) -> str:
    """Delete the held emails, and return a sentence about it. Raises TransitionRefused."""
    with transaction.atomic():
        number, _ = OutgoingEmail.objects.held().delete()
        _record("deleted emails after a restore", number, by=by)
    return f"We deleted {count(number, 'email')}."


def _record(verb: str, number: int, *, by: Actor) -> None:
    if not number:
        raise TransitionRefused("No emails are held. Nothing was changed.")
    if epoch := database_epoch.restored_epoch():
        audit_log.record(verb, epoch, by=by, emails=number)
