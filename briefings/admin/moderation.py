"""Decisions on comments as buttons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from briefings.models import Comment, CommentState

if TYPE_CHECKING:
    from newsroom.audit_log import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A button: its name in the form, its words, and the word for it done."""

    name: str
    label: str
    done: str


DECISIONS = {
    decision.name: decision
    for decision in (
        Decision(name="approve", label="Approve", done="Approved"),
        Decision(name="reject", label="Reject", done="Rejected"),
        Decision(name="feature", label="Feature", done="Featured"),
        Decision(name="unfeature", label="No longer feature", done="No longer featured"),
    )
}


def open_decisions(comment: Comment) -> list[Decision]:
    """What can be decided about a comment now, the likeliest first."""
    names = {
        CommentState.PENDING: ["approve", "reject", "feature"],
        CommentState.APPROVED: ["unfeature" if comment.featured else "feature", "reject"],
        CommentState.REJECTED: ["approve"],
    }.get(CommentState(comment.state), [])
    return [DECISIONS[name] for name in names]


def decide(name: str, comment: Comment, *, by: Actor) -> bool:
    """Carry a decision out by the model's own step; False when there was nothing to do."""
    match name:
        case "approve":
            return comment.approve(by=by, at=timezone.now())
        case "reject":
            return comment.reject(by=by, at=timezone.now())
        case "feature":
            return comment.feature(by=by, at=timezone.now())
        case _:
            return comment.unfeature(by=by)
