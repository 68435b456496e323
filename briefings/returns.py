"""Returning an issue to its author: the reason in words, and where the author reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefings.models import IssueState
from newsroom.invisible_characters import storable
from newsroom.models import AuditLogEntry
from newsroom.staff_names import name_of
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from datetime import datetime

    from briefings.models import Issue

MAX_REASON_CHARS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReturn:
    """Why an issue was returned to its author, by whom and when."""

    who: str
    reason: str
    at: datetime


def check_reason(text: str) -> str:
    """Return the reason for a return as it is kept. Raises TransitionRefused."""
    reason = storable(text).strip().replace("\r\n", "\n")
    if not reason:
        raise TransitionRefused(
            "Write why you return the issue, so that its author knows what to change. The issue"
            " was not returned."
        )
    if len(reason) > MAX_REASON_CHARS:
        raise TransitionRefused(
            f"A reason has at most {MAX_REASON_CHARS:,} characters. This has {len(reason):,}."
            " The issue was not returned."
        )
    return reason


def open_return(issue: Issue) -> OpenReturn | None:
    """Return why an issue was returned, until it is submitted again."""
    if issue.state != IssueState.DRAFT:
        return None
    steps = AuditLogEntry.objects.on(issue).filter(verb__in=("returned", "submitted"))
    entry = steps.select_related("actor").first()
    if entry is None or entry.verb != "returned" or not entry.detail.get("reason"):
        return None
    return OpenReturn(
        who=name_of(entry.actor) or entry.actor_name or "Somebody",
        reason=str(entry.detail["reason"]),
        at=entry.at,
    )
