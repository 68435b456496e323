"""What a moderator sees beside a comment: its thread, and what its writer wrote before.

Everything is read for several comments at once, with the same number of queries for one or for ten.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Count, Window, prefetch_related_objects
from django.db.models.functions import RowNumber

from briefings.comment_decisions import version_of
from briefings.models import Comment, CommentBan, Commenter, CommentState
from briefings.moderation.bans import hash_of, writers_address
from briefings.permissions import comments_for

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.contrib.auth.models import User

EARLIER_SHOWN = 4
REPLIES_SHOWN = 12  # of a thread, around the comment


@dataclass(slots=True, kw_only=True)
class WriterHistory:
    """What we know of a comment's writer, without their address."""

    since: datetime | None = None
    counts: dict[str, int] = field(default_factory=dict)
    latest: list[Comment] = field(default_factory=list)
    bans: list[CommentBan] = field(default_factory=list)

    @property
    def lines(self) -> list[tuple[str, int]]:
        """How many of their other comments are in each state, in words."""
        shown = {
            CommentState.APPROVED: "approved",
            CommentState.REJECTED: "rejected",
            CommentState.PENDING: "waiting",
            CommentState.WITHDRAWN: "withdrawn",
        }
        return [
            (words, self.counts[state]) for state, words in shown.items() if self.counts.get(state)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentCard:
    """A comment with everything that stands beside it."""

    comment: Comment
    version: str
    thread: list[Comment]
    history: WriterHistory

    @property
    def is_alone(self) -> bool:
        """Whether nobody has said anything else in its thread."""
        return len(self.thread) < 2


def cards_of(comments: Sequence[Comment], *, user: User, at: datetime) -> list[CommentCard]:
    """Return the cards of comments, in their order."""
    prefetch_related_objects(
        comments,
        *("issue__briefing", "section", "parent__contributor", "contributor", "commenter"),
        *("hold_reasons", "reports", "earlier_words"),
    )
    threads = _threads(comments)
    histories = _histories(comments, user=user, at=at)
    return [
        CommentCard(
            comment=comment,
            version=version_of(comment),
            thread=threads[comment.pk],
            history=histories[comment.pk],
        )
        for comment in comments
    ]


def _threads(comments: Sequence[Comment]) -> dict[int, list[Comment]]:
    """Return each comment's thread: its first comment and the replies around it."""
    keys = {comment.parent_id or comment.pk for comment in comments}
    numbered = Comment.objects.for_moderators().filter(parent__in=keys)
    placed = numbered.annotate(
        place=Window(RowNumber(), partition_by="parent_id", order_by=["-created_at", "-pk"])
    )
    replies: dict[int, list[Comment]] = defaultdict(list)
    rows = placed.filter(place__lte=REPLIES_SHOWN).select_related("contributor")
    for reply in rows.order_by("created_at", "pk"):
        replies[reply.parent_id or 0].append(reply)
    found = {}
    for comment in comments:
        first = comment.parent or comment
        rest = replies[first.pk]
        if comment is not first and comment.pk not in {reply.pk for reply in rest}:
            rest = [comment, *rest]
        found[comment.pk] = [first, *rest]
    return found


def _histories(
    comments: Sequence[Comment], *, user: User, at: datetime
) -> dict[int, WriterHistory]:
    """Return the histories of the writers, by comment, as far as this person may read them."""
    keys = {comment.commenter_id for comment in comments if comment.commenter_id}
    readable = comments_for(user).filter(commenter__in=keys)
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for row in readable.order_by().values("commenter", "state").annotate(number=Count("pk")):
        counts[row["commenter"]][row["state"]] = row["number"]
    placed = readable.annotate(
        place=Window(RowNumber(), partition_by="commenter_id", order_by=["-created_at", "-pk"])
    )
    latest: dict[int, list[Comment]] = defaultdict(list)
    rows = placed.filter(place__lte=EARLIER_SHOWN + 1).select_related("issue__briefing")
    for each in rows.order_by("-created_at", "-pk"):
        latest[each.commenter_id or 0].append(each)
    since = dict(Commenter.objects.filter(pk__in=keys).values_list("pk", "created_at"))
    bans = _bans(comments, at=at)
    return {
        comment.pk: WriterHistory(
            since=since.get(comment.commenter_id or 0),
            counts=_without(counts[comment.commenter_id or 0], comment),
            latest=[each for each in latest[comment.commenter_id or 0] if each.pk != comment.pk][
                :EARLIER_SHOWN
            ],
            bans=bans[comment.pk],
        )
        for comment in comments
    }


def _without(counts: dict[str, int], comment: Comment) -> dict[str, int]:
    return counts | {comment.state: counts.get(comment.state, 1) - 1}


def _bans(comments: Sequence[Comment], *, at: datetime) -> dict[int, list[CommentBan]]:
    """Return the bans of the writers that hold, here or in all briefings."""
    addresses = {comment.pk: writers_address(comment) for comment in comments}
    hashes = {pk: hash_of(address) for pk, address in addresses.items() if address}
    active = CommentBan.objects.active(at=at).filter(address_hash__in=set(hashes.values()))
    found = list(active)
    return {
        comment.pk: [
            ban
            for ban in found
            if ban.address_hash == hashes.get(comment.pk)
            and ban.briefing_id in {None, comment.issue.briefing_id}
        ]
        for comment in comments
    }
