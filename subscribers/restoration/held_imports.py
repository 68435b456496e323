"""Lists that were being imported in a restored database, which may be outdated by now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from newsroom.transitions import TransitionRefused
from subscribers.lists import uploaded_lists
from subscribers.models import HeldItem, ImportState, SubscriberImport
from subscribers.restoration.held_entry import HeldEntry

if TYPE_CHECKING:
    from datetime import datetime

    from newsroom.audit_log import Actor


def hold(*, at: datetime) -> None:
    """Have every confirmed import wait for another confirmation."""
    for subscriber_import in SubscriberImport.objects.filter(state=ImportState.IMPORTING):
        subscriber_import.hold()
        HeldItem.objects.get_or_create(
            subscriber_import=subscriber_import, defaults={"held_at": at}
        )


def waiting() -> list[HeldEntry]:
    """Return the imports that nobody has confirmed or stopped since, the oldest first."""
    held = SubscriberImport.objects.filter(held_item__isnull=False, state=ImportState.CHECKED)
    return [
        HeldEntry(
            name=f"import:{found.pk}",
            title=f"The import of {found.file_name} into {found.briefing}",
            facts="It was confirmed before the backup, and none of it has been imported.",
            release="Import it",
            give_up="Stop it and delete the file",
            url=found.get_absolute_url(),
        )
        for found in held.select_related("briefing").order_by("pk")
    ]


def release(pk: int, *, by: Actor, at: datetime) -> str:
    """Import a list, and return a sentence about it. Raises TransitionRefused."""
    with transaction.atomic():
        subscriber_import = _take(pk)
        subscriber_import.begin(by=by)
        transaction.on_commit(uploaded_lists.wake_worker)
    return f"We are importing {subscriber_import.file_name}."


def give_up(pk: int, *, by: Actor, at: datetime) -> str:
    """Stop an import, and return a sentence about it. Raises TransitionRefused."""
    with transaction.atomic():
        subscriber_import = _take(pk)
        subscriber_import.stop(by=by, at=at)
    return f"The import of {subscriber_import.file_name} is stopped, and the file is deleted."


def _take(pk: int) -> SubscriberImport:
    """Return an import that nobody has decided about yet; only one of two people gets it."""
    item = HeldItem.objects.filter(
        subscriber_import_id=pk, subscriber_import__state=ImportState.CHECKED
    )
    found = SubscriberImport.objects.select_related("briefing").filter(pk=pk).first()
    if found is None or not item.delete()[0]:
        raise TransitionRefused(f"Import {pk} is not held. Nothing was changed.")
    return found
