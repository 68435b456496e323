"""Published issues with comments, of which the benchmarks measure the pages."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from bench.sample_issue import make_briefing, next_issue
from briefings.models import Comment, CommentState, Issue, IssueState


def publish(*, issues: int) -> Issue:
    """Publish that many issues of a new briefing; return the last but one, with 46 KB of text."""
    briefing, now = make_briefing(), timezone.now()
    Issue.objects.bulk_create(
        [
            Issue(
                briefing=briefing,
                number=number,
                title=f"Who pays, part {number}?",
                author=briefing.lead,
                state=IssueState.PUBLISHED,
                approved_hash="bench",
                published_at=now - timedelta(days=7 * (issues - number)),
            )
            for number in range(1, issues - 1)
        ],
        batch_size=1_000,
    )
    last = [next_issue(briefing) for _ in range(2)]
    for issue in last:
        issue.publish(at=timezone.now())
    return last[0]


def write_comments(issue: Issue, *, threads: int) -> None:
    """Write threads; each third has a reply of the author."""
    now = timezone.now()
    made = Comment.objects.bulk_create(
        [
            Comment(
                issue=issue,
                name=f"Reader {number}",
                body=f"Our ward has {number} of them, and nobody was told.\n\nNobody at all.",
                state=CommentState.APPROVED,
                confirmed_at=now,
                created_at=now + timedelta(seconds=number),
            )
            for number in range(threads)
        ],
        batch_size=1_000,
    )
    Comment.objects.bulk_create(
        [
            Comment(
                issue=issue,
                parent=thread,
                contributor=issue.briefing.lead,
                body=f"We asked them {number} times.",
                state=CommentState.APPROVED,
                created_at=now + timedelta(seconds=number),
            )
            for number, thread in enumerate(made)
            if number % 3 == 0
        ],
        batch_size=1_000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
