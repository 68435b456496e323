"""The pieces of a response: each comment, email, answer or message with what stands beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import prefetch_related_objects

from briefings.models import Comment, MarkKind, ResponseMark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefings.models import Issue
    from briefings.models.comment import CommentQuerySet


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One thing that a reader said about an issue, with its marks."""

    comment: Comment
    marks: dict[str, ResponseMark]

    @property
    def words(self) -> int:
        """How long it is."""
        return len(self.comment.body.split())


def response_to(issue: Issue) -> CommentQuerySet:
    """Return everything that readers said about an issue."""
    return Comment.objects.responses().filter(issue=issue)


def pieces_of(comments: Sequence[Comment]) -> list[Piece]:
    """Return comments as pieces, in their order; the number of queries is the same for any."""
    prefetch_related_objects(
        comments,
        *("section", "parent__contributor", "answer__section"),
        *("marks__by", "marks__assigned_to", "quotations__issue__briefing"),
        "point_checks__point",
    )
    return [
        Piece(
            comment=comment,
            marks={mark.kind: mark for mark in sorted(comment.marks.all(), key=_place)},
        )
        for comment in comments
    ]


def _place(mark: ResponseMark) -> int:
    return MarkKind.values.index(mark.kind)
