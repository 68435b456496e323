"""The log of acts in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsroom.models import AuditLogEntry

if TYPE_CHECKING:
    from datetime import datetime

    from django.db import models

# Acts that changed the words of an issue.
EDITS = ("created", "edited", "corrected", "imported", "overwritten")
WORDS = {
    "created": "started it",
    "imported": "made it from a document",
    "edited": "edited it",
    "overwritten": "saved over another version",
    "corrected": "corrected the page",
    "edited after approval": "changed approved words; back in review",
    "submitted": "submitted it for review",
    "returned": "returned it to the author",
    "approved": "approved it",
    "scheduled": "scheduled it",
    "unscheduled": "took it off the clock",
    "missed its slot": "did not send it: its send time had passed while sending was down",
    "published": "published it",
    "rejected": "rejected it",
    "featured": "featured it",
    "unfeatured": "no longer features it",
    "answered": "answered it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One act as the desk reads it."""

    who: str
    what: str
    at: datetime


def name_of(act: AuditLogEntry) -> str:
    """The person's full name, or the account's; acts without one are the clock's."""
    if act.actor is not None:
        full = getattr(act.actor, "get_full_name", lambda: "")()
        return str(full or act.actor_name)
    return act.actor_name or "The clock"


def line(act: AuditLogEntry) -> Line:
    """Put an act into words."""
    return Line(who=name_of(act), what=WORDS.get(act.verb, act.verb), at=act.at)


def latest_acts(subject: models.Model, *, limit: int = 12) -> list[Line]:
    """The last acts on a row, the latest first."""
    return [line(act) for act in AuditLogEntry.objects.on(subject).select_related("actor")[:limit]]


def last_edit(subject: models.Model) -> Line | None:
    """Who last changed the words, if anybody is on record."""
    acts = AuditLogEntry.objects.on(subject).filter(verb__in=EDITS).select_related("actor")
    found = acts.first()
    return line(found) if found else None
