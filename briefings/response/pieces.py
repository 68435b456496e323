"""The pieces of a response: each comment, email, answer or message with what stands beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import prefetch_related_objects

from briefings.comment_decisions import is_last, version_of
from briefings.models import (
    Comment,
    CommentChannel,
    CommentState,
    MarkKind,
    QuoteChoice,
    ResponseMark,
)
from briefings.models.comment import PUBLISHABLE_CHANNELS
from briefings.quotations.quotable import has_refused
from newsroom.models import AuditLogEntry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from briefings.models import Issue
    from briefings.models.comment import CommentQuerySet

HOW_IT_CAME = {
    CommentChannel.PAGE: "on the website",
    CommentChannel.MAIL: "by email",
    CommentChannel.ANSWER: "as an answer",
    CommentChannel.MESSAGE: "in a message to the author",
}
NOT_AGREED = "not_agreed"
CONSENTS = {
    QuoteChoice.NAMED: "May be quoted by name",
    QuoteChoice.ANONYMOUS: "May be quoted without a name",
    QuoteChoice.NO: "Does not want to be quoted",
    NOT_AGREED: "Has not agreed to be quoted",
}


# To follow up is more than a click: it is somebody's task.
BUTTONS = ((MarkKind.USE, "u"), (MarkKind.ANSWER, "a"))


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkButton:
    """A mark that one click gives or removes."""

    kind: MarkKind
    label: str
    key: str
    mark: ResponseMark | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One thing that a reader said about an issue, with what an editor wants to know of it."""

    comment: Comment
    marks: list[ResponseMark]
    removed: list[ResponseMark] = field(default_factory=list)  # whose notes are kept
    is_new: bool = False  # since this person read the response last
    publication: AuditLogEntry | None = None  # with which it became a comment, while that is last

    @property
    def buttons(self) -> list[MarkButton]:
        """The marks of one click, each with the one that the piece has."""
        found = {mark.kind: mark for mark in self.marks}
        return [
            MarkButton(kind=kind, label=kind.label, key=key, mark=found.get(kind))
            for kind, key in BUTTONS
        ]

    @property
    def follow_up(self) -> ResponseMark | None:
        """The mark that it is to be followed up, if it has one."""
        return _follow_up_in(self.marks)

    @property
    def follow_up_before(self) -> ResponseMark | None:
        """The same, or else the one that was removed: its note stands in the form."""
        return self.follow_up or _follow_up_in(self.removed)

    @property
    def version(self) -> str:
        """Its words, and the last decision about it."""
        return version_of(self.comment)

    @property
    def words(self) -> int:
        """How long it is."""
        return len(self.comment.body.split())

    @property
    def how(self) -> str:
        """How it reached us."""
        return HOW_IT_CAME[CommentChannel(self.comment.channel)]

    @property
    def consent(self) -> str:
        """What its writer said about being quoted: a QuoteChoice, or `NOT_AGREED`."""
        if self.comment.quoting == QuoteChoice.NO and not has_refused(self.comment):
            return NOT_AGREED
        return self.comment.quoting

    @property
    def consent_in_words(self) -> str:
        """The same as a sentence."""
        name, words = self.comment.name_to_quote, CONSENTS[self.consent]
        is_other_name = name and name != self.comment.display_name
        return f"{words}: {name}" if is_other_name else words

    @property
    def is_waiting(self) -> bool:
        """Whether a moderator has not decided about it yet."""
        return self.comment.state == CommentState.PENDING


def response_to(issue: Issue) -> CommentQuerySet:
    """Return everything that readers said about an issue."""
    return Comment.objects.responses().filter(issue=issue)


def pieces_of(comments: Sequence[Comment], *, since: datetime | None = None) -> list[Piece]:
    """Return comments as pieces, in their order; the number of queries is the same for any.

    What arrived after `since` is new.
    """
    prefetch_related_objects(
        comments,
        *("section", "parent__contributor", "answer__section"),
        *("marks__by", "marks__assigned_to", "quotations__issue__briefing"),
        "quote_consents",
        "point_checks__point",
    )
    published = _publications(comments)
    return [
        Piece(
            comment=comment,
            marks=[mark for mark in _in_order(comment) if mark.removed_at is None],
            removed=[mark for mark in _in_order(comment) if mark.removed_at is not None],
            publication=published.get(comment.pk),
            is_new=since is not None and (comment.confirmed_at or comment.created_at) > since,
        )
        for comment in comments
    ]


def _publications(comments: Sequence[Comment]) -> dict[int, AuditLogEntry]:
    """Return the entries with which private responses became comments, by those that still are."""
    began_private = {one.pk: one for one in comments if one.channel in PUBLISHABLE_CHANNELS}
    entries = AuditLogEntry.objects.filter(
        subject_kind="comment",
        subject_id__in=[str(pk) for pk in began_private],
        verb="published",
    )
    found = {int(entry.subject_id): entry for entry in entries.order_by("at", "pk")}
    return {pk: entry for pk, entry in found.items() if is_last(entry, began_private[pk])}


def _in_order(comment: Comment) -> list[ResponseMark]:
    return sorted(comment.marks.all(), key=lambda mark: MarkKind.values.index(mark.kind))


def _follow_up_in(marks: list[ResponseMark]) -> ResponseMark | None:
    return next((mark for mark in marks if mark.kind == MarkKind.FOLLOW_UP), None)
