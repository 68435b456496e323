"""Emails to readers whose comment was rejected: why, and where to object. Never about spam."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from briefings.models import Comment, CommentState
from briefings.moderation.bans import writers_address
from briefings.moderation.rejection_words import SENTENCES, appeal_address, rejection_of
from newsroom.emails import is_suppressed, queue_email
from newsroom.reader_language import in_language

if TYPE_CHECKING:
    from datetime import datetime


# A moderator can undo a rejection before its reader hears of it.
TOLD_AFTER = timedelta(minutes=10)
# Older ones are told to nobody, for instance after a long outage.
TOLD_WITHIN = timedelta(days=3)
MOST_IN_A_RUN = 200


def send_rejection_emails(*, at: datetime) -> int:
    """Email readers whose comment was rejected a while ago, each once; return how many."""
    due = Comment.objects.filter(
        state=CommentState.REJECTED,
        rejection_told_at=None,
        rejection_reason__in=list(SENTENCES),
        decided_at__lte=at - TOLD_AFTER,
        decided_at__gt=at - TOLD_WITHIN,
    )
    rows = due.select_related("issue__briefing__lead", "commenter").order_by("decided_at", "pk")
    return sum(_tell(comment, at=at) for comment in rows[:MOST_IN_A_RUN])


def _tell(comment: Comment, *, at: datetime) -> bool:
    """Queue one email; False if somebody has decided otherwise, or we must not write to them."""
    address = writers_address(comment)
    with transaction.atomic():
        unchanged = Comment.objects.filter(
            pk=comment.pk,
            state=CommentState.REJECTED,
            decided_at=comment.decided_at,
            rejection_told_at=None,
        )
        if not unchanged.update(rejection_told_at=at) or not address or is_suppressed(address):
            return False
        briefing = comment.issue.briefing
        with in_language(briefing.language):
            rejection = rejection_of(comment, at=at)
        appeals = appeal_address(briefing)
        queue_email(
            "comment_rejected",
            to=address,
            context={
                "comment": comment,
                "issue": comment.issue,
                "briefing": briefing,
                "accent_colours": briefing.accent_colours,
                "rejection": rejection,
            },
            language=briefing.language,
            headers={"Reply-To": appeals} if appeals else {},
        )
    return True
