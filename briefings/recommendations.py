"""Recommending a comment: once for each reader, and counted with the comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F

from briefings.models import Comment, Commenter, Recommendation

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


def recommend(comment: Comment, *, by: Commenter, at: datetime) -> bool:
    """Recommend a comment; False if they did before, or wrote it themselves."""
    if comment.commenter_id == by.pk:
        return False
    try:
        with transaction.atomic():
            Recommendation.objects.create(comment=comment, commenter=by, at=at)
            _add(comment.pk, 1)
    except IntegrityError:  # the constraint lets one of two requests through
        return False
    return True


def take_back(comment: Comment, *, by: Commenter) -> bool:
    """Take a recommendation back; False if there was none."""
    with transaction.atomic():
        deleted, _ = Recommendation.objects.filter(comment=comment, commenter=by).delete()
        if deleted:
            _add(comment.pk, -1)
    return bool(deleted)


def forget_recommendations(commenters: Iterable[Commenter]) -> int:
    """Take back all recommendations of readers who are erased; return their number."""
    own = Recommendation.objects.filter(commenter__in=list(commenters))
    taken_back = 0
    for recommendation in own.order_by("comment_id").select_related("comment", "commenter"):
        taken_back += take_back(recommendation.comment, by=recommendation.commenter)
    return taken_back


def _add(comment: int, number: int) -> None:
    Comment.objects.filter(pk=comment).update(
        recommendation_count=F("recommendation_count") + number
    )
