"""Entries of the audit log in words, for the “Activity” of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsroom.models import AuditLogEntry

if TYPE_CHECKING:
    from datetime import datetime

    from django.db import models

# What somebody did to `{it}`: the issue, the comment, the point.
WORDS = {
    "created": "created {it}",
    "made by itself": "made {it}, as the one before was published",
    "moved out of a break": "moved {it} to the next slot after a break",
    "imported": "created {it} from a document",
    "edited": "edited {it}",
    "merged": "edited {it}, merged with another person’s changes",
    "set the topics of": "set the topics of {it}",
    "overwritten": "saved {it} over another person’s version",
    "corrected": "corrected the web page of {it}",
    "sent a correction": "emailed a correction of {it} to its readers",
    "fixed without a note": "fixed typing errors in {it} without a note",
    "restored": "restored an earlier revision of {it}",
    "edited after approval": "edited {it} after its approval, so it went back to review",
    "submitted": "submitted {it} for review",
    "took back": "took {it} back from review",
    "returned": "returned {it} to its author",
    "approved": "approved {it}",
    "scheduled": "scheduled {it}",
    "unscheduled": "unscheduled {it}",
    "missed its slot": "did not send {it}: its send time passed while sending was down",
    "was not ready at its send time": "did not send {it}: it was not ready at its send time",
    "held after a restore": "unscheduled {it}, because the database was restored",
    "published": "published {it}",
    "sent a proof": "sent a proof of {it}",
    "left a remark": "left a remark on {it}",
    "answered a remark": "answered a remark on {it}",
    "settled a remark": "settled a remark on {it}",
    "reopened a remark": "opened a remark on {it} again",
    "made a preview link": "made a preview link to {it}",
    "withdrew a preview link": "withdrew a preview link to {it}",
    "was fine by a guest": "said that {it} is fine by them, which approves nothing",
    "asked for a review": "asked for a review of {it}",
    "overrode a warning": "left a warning about {it} as it is",
    "withdrew an override": "had a warning about {it} shown again",
    "rejected": "rejected {it}",
    "featured": "featured {it}",
    "unfeatured": "stopped featuring {it}",
    "marked as spam": "rejected {it} as spam",
    "banned the writer of": "rejected {it} and banned its writer",
    "undid a decision about": "undid the last decision about {it}",
    "lifted a ban": "lifted the ban of the writer of {it}",
    "marked to use": "marked {it} as one to use",
    "marked to answer": "marked {it} as one to answer",
    "marked to follow up": "marked {it} as one to follow up",
    "removed a mark of": "removed a mark of {it}",
    "finished a mark of": "noted that a mark of {it} is done",
    "reopened a mark of": "noted that a mark of {it} is not done yet",
    "answered": "replied to {it}",
    "asked to quote": "asked the writer of {it} whether we may quote them",
    "withdrew a quotation": "changed a quotation in {it}, because its reader took something back",
    "erased a quotation": "erased a quotation from {it}",
    "found a lost quotation": "found a quotation in {it} that cannot go out as it stands",
    "told those who answered": "told those who answered in {it} what came of their answers",
    "opened": "opened {it}",
    "renamed": "renamed {it}",
    "merged into another": "merged {it} into another",
    "split": "split {it} into two",
    "removed": "removed {it}",
    "was given a role": "gave {it} a role",
    "lost a role": "took a role from {it}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityLine:
    """One entry of the audit log as staff read it."""

    who: str
    what: str
    at: datetime


def latest_activity(subject: models.Model, *, limit: int = 12) -> list[ActivityLine]:
    """Return the latest entries about a row, the newest first."""
    entries = AuditLogEntry.objects.on(subject).select_related("actor")
    return [activity_line(entry, subject) for entry in entries[:limit]]


def activity_line(entry: AuditLogEntry, subject: models.Model) -> ActivityLine:
    """Return an entry about a row in words."""
    words = WORDS.get(entry.verb, f"{entry.verb} {{it}}")
    what = words.format(it=f"the {subject._meta.verbose_name}")
    if role := entry.detail.get("role"):
        what = f"{what}: {role} in {entry.detail['briefing']}"
    reason = entry.detail.get("reason")
    return ActivityLine(
        who=_name(entry),
        what=f"{what}: “{reason}”" if reason else what,
        at=entry.at,
    )


def _name(entry: AuditLogEntry) -> str:
    """Return the person's full name, or else the account's.

    Whoever has no account is a guest or the system.
    """
    if entry.actor is not None:
        full_name = getattr(entry.actor, "get_full_name", lambda: "")()
        return str(full_name or entry.actor_name)
    if entry.detail.get("guest"):
        return "A guest"
    return entry.actor_name or "The system"
