"""Everything that is held in a restored database: hold it, list it, release it or give it up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.urls import reverse
from django.utils.timezone import get_current_timezone

from newsroom import audit_log, database_epoch, emails
from newsroom.transitions import TransitionRefused
from subscribers.models import HeldItem
from subscribers.permissions import RELEASE_HELD
from subscribers.restoration import held_dispatches, held_emails, held_imports, held_issues
from subscribers.sending.alerts import staff_who_may_send

if TYPE_CHECKING:
    from datetime import datetime

    from newsroom.audit_log import Actor
    from subscribers.restoration.held_entry import HeldEntry

PAGE = "admin:subscribers_helditem_changelist"


class Decision(Protocol):
    """A function that decides about a held item and returns a sentence that says what it did."""

    def __call__(self, pk: int, *, by: Actor, at: datetime) -> str: ...


RELEASE: Mapping[str, Decision] = {
    "dispatch": held_dispatches.release,
    "issue": held_issues.release,
    "import": held_imports.release,
    "emails": held_emails.release,
}
GIVE_UP: Mapping[str, Decision] = {
    "dispatch": held_dispatches.give_up,
    "issue": held_issues.give_up,
    "import": held_imports.give_up,
    "emails": held_emails.give_up,
}
PUBLISH: Mapping[str, Decision] = {"issue": held_issues.publish}


def hold_everything(*, at: datetime, reason: str, alert: bool) -> None:
    """Hold what would go on by itself, and email administrators if this is an `alert`.

    `newsroom.database_epoch` calls it in its transaction, and holds the queued emails itself.
    """
    for held in (held_dispatches, held_issues, held_imports):
        held.hold(at=at)
    if epoch := database_epoch.restored_epoch():
        audit_log.record("noticed a restore", epoch, by=None, reason=reason)
    if alert:
        _alert(at=at, reason=reason)


def _alert(*, at: datetime, reason: str) -> None:
    """Email those who may release; those who may send if there are none with an address."""
    users = get_user_model().objects.with_perm(
        RELEASE_HELD, backend="django.contrib.auth.backends.ModelBackend"
    )
    administrators = users.filter(is_staff=True).exclude(email="").order_by("pk")
    context = {
        "reason": reason,
        "noticed": at.astimezone(get_current_timezone()),
        "waiting": [entry.title for entry in waiting()],
        "url": settings.SITE_URL + reverse(PAGE),
    }
    for user in administrators or staff_who_may_send():
        emails.queue_email("database_restored", to=user.email, context=context)


def waiting() -> list[HeldEntry]:
    """Return everything that is held."""
    return [
        *held_dispatches.waiting(),
        *held_issues.waiting(),
        *held_imports.waiting(),
        *held_emails.waiting(),
    ]


def release(name: str, *, by: Actor, at: datetime) -> str:
    """Let one thing continue, and return a sentence about it. Raises TransitionRefused."""
    return _decide(RELEASE, name, by=by, at=at)


def give_up(name: str, *, by: Actor, at: datetime) -> str:
    """End one thing, and return a sentence about it. Raises TransitionRefused."""
    return _decide(GIVE_UP, name, by=by, at=at)


def publish(name: str, *, by: Actor, at: datetime) -> str:
    """Publish an issue without sending it, and return a sentence. Raises TransitionRefused."""
    return _decide(PUBLISH, name, by=by, at=at)


def _decide(decisions: Mapping[str, Decision], name: str, *, by: Actor, at: datetime) -> str:
    kind, pk = _parse(name)
    if kind not in decisions:
        raise TransitionRefused(
            f"{name} is not an issue, and only issues can be published. Nothing was changed."
        )
    with transaction.atomic():
        said = decisions[kind](pk, by=by, at=at)
        close_if_nothing_waits()
    return said


def close_if_nothing_waits() -> bool:
    """End the notice once everything is decided, and return whether it has ended."""
    if waiting():
        return False
    HeldItem.objects.all().delete()  # those that people decided about elsewhere
    database_epoch.note_released()
    return True


def _parse(name: str) -> tuple[str, int]:
    """Return the kind and number in a name. Raises TransitionRefused."""
    kind, _, number = name.partition(":")
    if name == "emails":
        return kind, held_emails.ALL
    if kind in RELEASE and number.isascii() and number.isdigit() and len(number) < 19:
        return kind, int(number)
    raise TransitionRefused(
        f"{name} cannot be held. Write dispatch:12, issue:5, import:3 or emails."
    )
