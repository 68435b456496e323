"""Asking a reader by email whether we may quote what they wrote: once, with a page to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from briefings.models import Comment
from briefings.quotations.quotable import WHY_NOT, Standing, standing_of
from briefings.quote_wording import QUESTION
from briefings.quoting_links import ANSWER_WITHIN, quoting_path
from newsroom import audit_log
from newsroom.emails import is_suppressed, queue_email
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from datetime import datetime

    from newsroom.audit_log import Actor

NO_EMAILS = "We must not write to this reader, so they cannot be asked."


def ask_to_quote(comment: Comment, *, by: Actor, at: datetime) -> None:
    """Email a reader the question once. Raises TransitionRefused if they cannot be asked."""
    with transaction.atomic():
        comment = (
            Comment.objects.select_for_update(of=("self",))
            .select_related("issue__briefing", "contributor")
            .get(pk=comment.pk)
        )
        standing = standing_of(comment)
        if standing in {Standing.QUOTABLE, Standing.PENDING}:
            raise TransitionRefused("This reader has agreed already.")
        if standing != Standing.NOT_ASKED:
            raise TransitionRefused(f"This reader cannot be asked. {WHY_NOT[standing]}")
        if is_suppressed(comment.email):
            raise TransitionRefused(NO_EMAILS)
        Comment.objects.filter(pk=comment.pk).update(quote_asked_at=at)
        audit_log.record("asked to quote", comment, by=by, issue=comment.issue_id)
        issue = comment.issue
        queue_email(
            "may_we_quote",
            to=comment.email,
            context={
                "comment": comment,
                "issue": issue,
                "briefing": issue.briefing,
                "question": QUESTION,
                "quoting_url": settings.SITE_URL + quoting_path(comment),
                "answer_within": ANSWER_WITHIN,
            },
            language=issue.briefing.language,
        )
