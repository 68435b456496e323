"""Decisions about comments: which are open, carrying one out, and undoing it.

A decision names the version of the comment that the moderator read. If its words have changed
since, or somebody else has decided, it is refused with what happened: nobody approves words that
they did not read, and no two moderators decide the same comment without knowing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.timesince import timesince

from briefings.models import BanLength, Comment, CommentBan, CommentState, RejectionReason
from briefings.moderation.bans import ban_writer, may_lift, writers_address
from briefings.permissions import may_moderate
from newsroom import audit_log
from newsroom.models import AuditLogEntry
from newsroom.staff_names import name_of
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from newsroom.audit_log import Actor

# What the log says of each decision, after the name of who made it.
DONE_TO_IT = {
    "approved": "approved it",
    "published": "published it as a comment",
    "rejected": "rejected it",
    "marked as spam": "marked it as spam",
    "banned the writer of": "rejected it and banned its writer",
    "featured": "featured it",
    "unfeatured": "stopped featuring it",
    "undid a decision about": "undid the last decision",
}
# What a decision changes, and undoing it brings back.
_KEPT = ("state", "featured", "needs_review", "rejection_reason", "decided_at", "decided_by_id")


class DecisionRefused(TransitionRefused):
    """The comment is not what the moderator saw; the message says what happened."""


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
        Decision(name="spam", label="Spam", done="Rejected as spam"),
        Decision(name="ban", label="Ban", done="Rejected, and the writer banned"),
        Decision(name="feature", label="Feature", done="Featured"),
        Decision(name="unfeature", label="Stop featuring", done="No longer featured"),
        Decision(name="publish", label="Publish as a comment", done="Published as a comment"),
    )
}


def open_decisions(comment: Comment) -> list[Decision]:
    """Return what can be decided about a comment now with one button, the likeliest first."""
    names = {
        CommentState.PENDING: ["approve", "reject", "feature"],
        CommentState.APPROVED: ["unfeature" if comment.featured else "feature", "reject"],
        CommentState.REJECTED: ["approve"],
    }.get(CommentState(comment.state), [])
    if comment.needs_review:
        names = ["approve", *names]
    return [DECISIONS[name] for name in names]


def version_of(comment: Comment) -> str:
    """Return a hash of the words of a comment, and one of the last decision about it."""
    words = [comment.name, comment.body, _iso(comment.edited_at)]
    return f"{_hash(words)}.{_hash([_iso(comment.decided_at), comment.decided_by_id])}"


def decide(
    name: str,
    comment: Comment,
    *,
    by: Actor,
    at: datetime,
    read: str = "",
    choice: str = "",
    everywhere: bool = False,
) -> AuditLogEntry:
    """Carry out a decision and return its entry in the audit log, with which it can be undone.

    `read` is the `version_of` the comment that was read; `choice` the reason of a rejection, or the
    length of a ban. Raises PermissionDenied, KeyError for the name of no decision, ValueError for
    one of no reason or length, and DecisionRefused.
    """
    decision = DECISIONS[name]
    if not may_moderate(by, comment.issue):
        raise PermissionDenied
    with transaction.atomic():
        _lock(comment)
        if read and read != version_of(comment):
            raise DecisionRefused(f"Nothing changed. {what_happened(comment, read=read, at=at)}")
        detail: dict[str, Any] = {"before": _state_of(comment), "decided_at": at.isoformat()}
        if not _carry_out(decision, comment, choice, detail, by=by, at=at, everywhere=everywhere):
            raise DecisionRefused(f"Nothing changed. {what_happened(comment, at=at)}")
        return AuditLogEntry.objects.on(comment)[0]


def _carry_out(
    decision: Decision,
    comment: Comment,
    choice: str,
    detail: dict[str, Any],
    *,
    by: Actor,
    at: datetime,
    everywhere: bool,
) -> bool:
    match decision.name:
        case "approve":
            return comment.approve(by=by, at=at, detail=detail)
        case "feature":
            return comment.feature(by=by, at=at, detail=detail)
        case "publish":
            return comment.publish_private(by=by, at=at, detail=detail)
        case "unfeature":
            return comment.unfeature(by=by, at=at, detail=detail)
        case "spam":
            return comment.reject(
                by=by, at=at, reason=RejectionReason.SPAM, verb="marked as spam", detail=detail
            )
        case "ban":
            length = BanLength(choice)
            if not writers_address(comment):
                raise DecisionRefused("Nothing changed. We know no address of its writer to ban.")
            ban = ban_writer(comment, length, by=by, at=at, everywhere=everywhere)
            detail |= {"ban": ban.pk, "reason": length.label.lower()}
            return comment.reject(
                by=by,
                at=at,
                reason=RejectionReason.BANNED,
                verb="banned the writer of",
                detail=detail,
            )
        case _:
            if choice:
                detail["reason"] = RejectionReason(choice).label
            return comment.reject(by=by, at=at, reason=choice, detail=detail)


def undo(entry: AuditLogEntry, *, by: Actor, at: datetime) -> Comment:
    """Undo a decision and return its comment. Raises PermissionDenied and DecisionRefused.

    Only the last one: who wants to undo an earlier one undoes those after it first.
    """
    comments = Comment.objects.select_related("issue__briefing")
    comment = comments.filter(pk=entry.subject_id).first()
    if entry.subject_kind != "comment" or "before" not in entry.detail or comment is None:
        raise DecisionRefused("This cannot be undone any more.")
    if not may_moderate(by, comment.issue):
        raise PermissionDenied
    with transaction.atomic():
        _lock(comment)
        if not is_last(entry, comment):
            raise DecisionRefused(f"Nothing was undone. {what_happened(comment, at=at)}")
        before = entry.detail["before"]
        changes = {name: before[name] for name in _KEPT}
        changes["decided_at"] = _moment(before["decided_at"])
        if before["state"] != CommentState.APPROVED:
            changes["published_at"] = comment.published_at_if_hidden(at=at)
        else:
            # A report since the decision still waits for a moderator.
            changes["needs_review"] = before["needs_review"] or comment.needs_review
            if comment.published_at is None:
                changes["published_at"] = _moment(before["published_at"])
        if ban := _ban_of(entry):
            if not may_lift(ban, by=by):
                raise DecisionRefused(
                    "Nothing was undone. Its writer is banned from all briefings: only somebody who"
                    " moderates all of them can undo this."
                )
            ban.delete()
        Comment.objects.filter(pk=comment.pk).update(**changes)
        audit_log.record("undid a decision about", comment, by=by, undone=entry.pk)
        comment.refresh_from_db()
    return comment


def may_undo(entry: AuditLogEntry, comment: Comment, *, by: Actor) -> bool:
    """Whether a person can undo a decision now: it is the last one, and theirs to undo."""
    if "before" not in entry.detail or not is_last(entry, comment):
        return False
    ban = _ban_of(entry)
    return may_moderate(by, comment.issue) and (ban is None or may_lift(ban, by=by))


def is_last(entry: AuditLogEntry, comment: Comment) -> bool:
    """Whether an entry is the last decision about a comment, which has not changed since."""
    if comment.is_withdrawn or _iso(comment.decided_at) != entry.detail.get("decided_at"):
        return False
    edited, decided = comment.edited_at, comment.decided_at
    return not (edited and decided and edited > decided)


def _ban_of(entry: AuditLogEntry) -> CommentBan | None:
    """Return the ban that a decision made, if it still holds."""
    key = entry.detail.get("ban")
    return CommentBan.objects.filter(pk=key).select_related("briefing").first() if key else None


def what_happened(comment: Comment, *, at: datetime, read: str = "") -> str:
    """Return what happened to a comment last: “Ann approved it 10 seconds ago.”."""
    if comment.is_withdrawn:
        return f"Its writer withdrew it {_ago(comment.withdrawn_at, at)}."
    old_words = read.partition(".")[0]
    edited, decided = comment.edited_at, comment.decided_at
    words_differ = bool(read) and old_words != version_of(comment).partition(".")[0]
    if words_differ or (edited and not read and (decided is None or edited > decided)):
        return f"Its writer changed the words {_ago(edited, at)}. Read them again."
    last = AuditLogEntry.objects.on(comment).filter(verb__in=DONE_TO_IT).first()
    if last is not None:
        who = name_of(last.actor) or last.actor_name or "The system"
        return f"{who} {DONE_TO_IT[last.verb]} {_ago(last.at, at)}."
    return f"The comment is {comment.get_state_display().lower()}."


def _ago(moment: datetime | None, at: datetime) -> str:
    if moment is None:
        return "meanwhile"
    seconds = max(int((at - moment).total_seconds()), 0)
    if seconds < 60:
        return f"{seconds} second{'' if seconds == 1 else 's'} ago"
    return f"{timesince(moment, at, depth=1)} ago"


def _lock(comment: Comment) -> None:
    """Lock a comment's row and read it again."""
    comment.refresh_from_db(from_queryset=Comment.objects.select_for_update())


def _state_of(comment: Comment) -> dict[str, Any]:
    found = {name: getattr(comment, name) for name in _KEPT}
    moments = {"decided_at": comment.decided_at, "published_at": comment.published_at}
    return found | {name: _iso(moment) for name, moment in moments.items()}


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _hash(values: list[Any]) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]
