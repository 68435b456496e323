"""Decisions about comments: which are open, and carrying one out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

from briefings.models import Comment, CommentState
from briefings.permissions import may_moderate

if TYPE_CHECKING:
    from datetime import datetime

    from newsroom.audit_log import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision: its name, the label of its button, and what is said once it is made."""

    name: str
    label: str
    done: str


DECISIONS = {
    decision.name: decision
    for decision in (
        Decision(name="approve", label="Approve", done="Approved"),
        Decision(name="reject", label="Reject", done="Rejected"),
        Decision(name="feature", label="Feature", done="Featured"),
        Decision(name="unfeature", label="Stop featuring", done="No longer featured"),
    )
}


def open_decisions(comment: Comment) -> list[Decision]:
    """Return what can be decided about a comment now, the likeliest first."""
    names = {
        CommentState.PENDING: ["approve", "reject", "feature"],
        CommentState.APPROVED: ["unfeature" if comment.featured else "feature", "reject"],
        CommentState.REJECTED: ["approve"],
    }.get(CommentState(comment.state), [])
    return [DECISIONS[name] for name in names]


def decide(name: str, comment: Comment, *, by: Actor, at: datetime) -> bool:
    """Carry out a decision; False if it changed nothing.

    Raises PermissionDenied, and KeyError for the name of no decision.
    """
    if not may_moderate(by, comment.issue):
        raise PermissionDenied
    match DECISIONS[name].name:
        case "approve":
            return comment.approve(by=by, at=at)
        case "reject":
            return comment.reject(by=by, at=at)
        case "feature":
            return comment.feature(by=by, at=at)
        case _:
            return comment.unfeature(by=by)
