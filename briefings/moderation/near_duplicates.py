"""Whether a comment is nearly the same as another: by the runs of words that both have."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q

from briefings.models import Comment
from briefings.models.comment import is_from

if TYPE_CHECKING:
    from datetime import datetime

RUN = 3  # words
SIMILAR = 0.75  # of the runs that either has, this share is in both
# Short comments, such as “Thank you!”, are often the same and mean no harm.
LEAST_WORDS = 6
COMPARED_WITHIN = timedelta(days=7)
# The latest comments of other people; all of the same reader within the time count, too.
COMPARED_OTHERS = 200


def near_duplicate(comment: Comment, *, at: datetime) -> Comment | None:
    """Return an earlier comment with nearly the same words, of this reader or another."""
    runs = word_runs(comment.body)
    if not runs:
        return None
    recent = (
        Comment.objects.for_moderators()
        .filter(created_at__gt=at - COMPARED_WITHIN)
        .exclude(pk=comment.pk)
        .order_by("-created_at", "-pk")
        .only("body", "issue", "commenter")
    )
    own = Q(commenter=comment.commenter_id or 0) | is_from(comment.email or "-")
    for others in (recent.filter(own), recent):
        for other in others[:COMPARED_OTHERS]:
            if similarity(runs, word_runs(other.body)) >= SIMILAR:
                return other
    return None


def word_runs(text: str) -> frozenset[tuple[str, ...]]:
    """Return the runs of words in a text; none for a short one."""
    words = re.findall(r"\w+", text.casefold())
    if len(words) < LEAST_WORDS:
        return frozenset()
    return frozenset(tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1))


def similarity(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> float:
    """Return which share of the runs that either has is in both, from 0 to 1."""
    shorter, longer = sorted((len(one), len(other)))
    if not shorter or shorter < SIMILAR * longer:  # too different in length: nothing to count
        return 0.0
    both = len(one & other)
    return both / (shorter + longer - both)
