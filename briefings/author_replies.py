"""Authors' replies to comments, which readers see at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction

from briefings.comment_decisions import decide
from briefings.models import Comment, CommentState, Contributor
from briefings.permissions import comments_for, may_moderate
from newsroom import audit_log
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from newsroom.audit_log import Actor


def replies_as(user: Actor, comment: Comment) -> Contributor | None:
    """Return the author that this person is to readers, if they may reply to a comment.

    Nobody replies in the name of somebody else. Who may not moderate replies to what is on the page
    already, where they may read the comments.
    """
    own = Contributor.objects.of_account(user)
    if own is None or may_moderate(user, comment.issue):
        return own
    is_shown = all(
        one.state == CommentState.APPROVED for one in (comment, comment.parent) if one is not None
    )
    return own if is_shown and comments_for(user).filter(pk=comment.pk).exists() else None


def reply_to(
    comment: Comment,
    body: str,
    *,
    by: Actor,
    at: datetime,
    read: Mapping[int, str] | None = None,
) -> Comment:
    """Publish a reply in the comment's thread, under the name of its author, and return it.

    A comment that still waits is approved with it, so that readers see what the reply is about.
    `read` has the `version_of` each comment that was on the page. Raises PermissionDenied, and
    TransitionRefused where readers would not see the reply or the words are not those read.
    """
    author = replies_as(by, comment)
    if author is None:
        raise PermissionDenied
    if comment.is_withdrawn:
        raise TransitionRefused("Its writer has withdrawn this comment. Nobody can reply to it.")
    if not comment.takes_replies:
        raise TransitionRefused(
            "Readers cannot see this thread because a comment in it was rejected."
            " Approve the comment first, then reply."
        )
    with transaction.atomic():
        for waiting in (comment.parent, comment):
            if waiting is not None and waiting.state == CommentState.PENDING:
                decide("approve", waiting, by=by, at=at, read=(read or {}).get(waiting.pk, ""))
        reply = Comment.objects.create(
            issue=comment.issue,
            section=comment.section,
            parent=comment.parent or comment,
            contributor=author,
            body=body,
            state=CommentState.APPROVED,
            created_at=at,
            confirmed_at=at,
            published_at=at,
            was_shown=True,
            decided_at=at,
            decided_by_id=by.pk if by else None,
        )
        audit_log.record("answered", comment, by=by, answer=reply.pk)
    return reply
