"""The audit log: who changed what, and when. Entries are written here and never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from newsroom.models import AuditLogEntry

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.db import models

    # A member of staff, or None for the system itself. AnonymousUser is part of the type of
    # `request.user`; the admin lets no anonymous visitor in.
    Actor: TypeAlias = User | AnonymousUser | None


def record(verb: str, subject: models.Model, *, by: Actor, **detail: Any) -> AuditLogEntry:
    """Append an entry to the audit log and return it.

    `verb` is what happened to the row, in the past tense: "approved", "paused". `detail` holds JSON
    values and no personal data of readers.
    """
    actor = by if by is not None and not by.is_anonymous else None
    return AuditLogEntry.objects.create(
        actor=actor,
        actor_name=actor.get_username() if actor else "",
        verb=verb,
        subject_kind=subject._meta.model_name or "",
        subject_id=str(subject.pk),
        detail=detail,
    )
