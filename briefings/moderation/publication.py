"""New and changed comments: what holds them is stored, and the others appear if they may."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from briefings.models import (
    Comment,
    CommentState,
    HoldKind,
    HoldReason,
    Moderation,
    SpamAnswer,
    SpamCheck,
)
from briefings.models.briefing import TRUST_LOST_FOR
from briefings.moderation.holds import find_holds
from newsroom.wake_ups import wake

if TYPE_CHECKING:
    from datetime import datetime


def receive(comment: Comment, *, at: datetime, ip: str | None = None, user_agent: str = "") -> None:
    """Store why a comment is held, and show it if its briefing does not wait for a moderator.

    Call it in the transaction in which its writer sent, confirmed or changed it. With an
    `AKISMET_KEY`, a worker asks Akismet first.
    """
    HoldReason.objects.filter(comment=comment).exclude(kind=HoldKind.REPORTED).delete()
    SpamAnswer.objects.filter(comment=comment).delete()  # it was about the earlier words
    HoldReason.objects.bulk_create(find_holds(comment, at=at))
    is_ours = comment.contributor_id or comment.by_staff
    if settings.AKISMET_KEY and ip and not is_ours:
        SpamCheck.objects.update_or_create(
            comment=comment,
            defaults={"ip": ip, "user_agent": user_agent[:300], "attempts": 0, "not_before": at},
        )
        transaction.on_commit(partial(wake, "briefings.tasks.check_spam"))
        return
    publish_if_allowed(comment, at=at)


def publish_if_allowed(comment: Comment, *, at: datetime) -> None:
    """Show a comment that nothing holds, if its briefing publishes first."""
    briefing = comment.issue.briefing
    if briefing.reads_comments_first or comment.hold_reasons.exists():
        return
    if briefing.moderation == Moderation.AFTER:
        comment.publish(at=at, needs_review=True)
    elif is_trusted(comment, at=at):
        comment.publish(at=at, needs_review=False)


def is_trusted(comment: Comment, *, at: datetime) -> bool:
    """Whether enough comments of its writer were approved in its briefing, and none rejected."""
    if comment.commenter_id is None:
        return False
    briefing = comment.issue.briefing
    others = Comment.objects.filter(
        commenter=comment.commenter_id, issue__briefing=briefing
    ).exclude(pk=comment.pk)
    lost = others.filter(state=CommentState.REJECTED, decided_at__gt=at - TRUST_LOST_FOR)
    approved = others.filter(state=CommentState.APPROVED, needs_review=False)
    return not lost.exists() and approved.count() >= briefing.trusted_after
