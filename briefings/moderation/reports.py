"""Readers' reports: each puts a comment on the page into the moderators' queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from briefings.models import Comment, CommentReport, CommentState, HoldKind, HoldReason

if TYPE_CHECKING:
    from datetime import datetime

    from briefings.models import Commenter


def store_report(
    comment: Comment, *, by: Commenter | None, reason: str, detail: str, at: datetime
) -> None:
    """Store a report and ask moderators to look, unless this reader reported it before."""
    try:
        with transaction.atomic():
            CommentReport.objects.create(
                comment=comment, commenter=by, reason=reason, detail=detail, at=at
            )
            HoldReason.objects.get_or_create(
                comment=comment, kind=HoldKind.REPORTED, defaults={"at": at}
            )
            shown = Comment.objects.filter(pk=comment.pk, state=CommentState.APPROVED)
            shown.filter(needs_review=False).update(needs_review=True)
    except IntegrityError:  # they reported it before
        return
