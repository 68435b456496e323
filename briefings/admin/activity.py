"""Entries of the audit log in words, for the “Activity” of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsroom.models import AuditLogEntry

if TYPE_CHECKING:
    from datetime import datetime

    from django.db import models

# Verbs of entries about a change of an issue's content.
EDITS = ("created", "edited", "corrected", "imported", "overwritten")
WORDS = {
    "created": "created the issue",
    "imported": "created the issue from a document",
    "edited": "edited the issue",
    "overwritten": "saved over another person’s version",
    "corrected": "corrected the web page",
    "edited after approval": "edited the approved issue, which went back to review",
    "submitted": "submitted the issue for review",
    "returned": "returned the issue to its author",
    "approved": "approved it",
    "scheduled": "scheduled the issue",
    "unscheduled": "unscheduled the issue",
    "missed its slot": "did not send the issue: its send time passed while sending was down",
    "published": "published the issue",
    "rejected": "rejected it",
    "featured": "featured it",
    "unfeatured": "stopped featuring it",
    "answered": "replied to it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityLine:
    """One entry of the audit log as staff read it."""

    who: str
    what: str
    at: datetime
    actor_pk: int | None


def latest_activity(subject: models.Model, *, limit: int = 12) -> list[ActivityLine]:
    """Return the latest entries about a row, the newest first."""
    entries = AuditLogEntry.objects.on(subject).select_related("actor")
    return [_line(entry) for entry in entries[:limit]]


def last_edit(subject: models.Model) -> ActivityLine | None:
    """Return who changed the content last, if the log knows."""
    edits = AuditLogEntry.objects.on(subject).filter(verb__in=EDITS).select_related("actor")
    entry = edits.first()
    return _line(entry) if entry else None


def _line(entry: AuditLogEntry) -> ActivityLine:
    return ActivityLine(
        who=_name(entry),
        what=WORDS.get(entry.verb, entry.verb),
        at=entry.at,
        actor_pk=entry.actor_id,
    )


def _name(entry: AuditLogEntry) -> str:
    """Return the person's full name, or else the account's; nobody's actions are the system's."""
    if entry.actor is not None:
        full_name = getattr(entry.actor, "get_full_name", lambda: "")()
        return str(full_name or entry.actor_name)
    return entry.actor_name or "The system"
