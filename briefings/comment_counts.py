"""How many threads and comments readers see on an issue, counted once after each change of them.

There may be tens of thousands, and every page of them says how many there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from briefings.comment_changes import comments_subject
from briefings.models import Comment, CommentState, Issue
from briefings.models.comment import SHOWN_STATES
from newsroom.compiled_queries import CompiledQuery
from newsroom.page_cache import remembered_until_changed

if TYPE_CHECKING:
    from django.db.models import QuerySet

HIDDEN_STATES = tuple(state for state in CommentState if state not in SHOWN_STATES)


class Counts(NamedTuple):
    """What readers see on an issue."""

    threads: int
    comments: int


def count_comments(issue: Issue) -> Counts:
    """Return the counts; within a transaction they may be those of rows that nobody else sees."""
    if connection.in_atomic_block:
        return _count(issue)
    subject = comments_subject(issue.briefing.slug, issue.number)
    return remembered_until_changed(f"counts.{issue.pk}", subject, lambda: _count(issue))


def _count(issue: Issue) -> Counts:
    [row] = _COUNTED.rows(issue.pk)
    found = vars(row)
    return Counts(
        threads=found["threads"] - found["withdrawn_without_replies"],
        comments=found["approved"] - found["approved_in_hidden_threads"],
    )


def _counted(issue: int) -> QuerySet[Issue]:
    """Count what an index alone can count, and what of it readers do not see."""
    comments = Comment.objects.filter(issue=issue)
    threads = comments.threads()
    approved = comments.filter(state=CommentState.APPROVED)
    replies = Comment.objects.filter(parent=OuterRef("pk"), state=CommentState.APPROVED)
    withdrawn = threads.filter(state=CommentState.WITHDRAWN)
    hidden = threads.filter(state__in=HIDDEN_STATES)
    return (
        Issue.objects.filter(pk=issue)
        .only("pk")
        .annotate(
            threads=_number_of(threads.filter(state__in=SHOWN_STATES)),
            withdrawn_without_replies=_number_of(withdrawn.filter(~Exists(replies))),
            approved=_number_of(approved),
            approved_in_hidden_threads=_number_of(approved.filter(parent__in=hidden.values("pk"))),
        )
    )


def _number_of(comments: QuerySet[Comment]) -> Coalesce:
    by_issue: QuerySet[Any, Any] = comments.order_by().values("issue")
    return Coalesce(Subquery(by_issue.annotate(number=Count("*")).values("number")), Value(0))


_COUNTED = CompiledQuery(_counted, int)
