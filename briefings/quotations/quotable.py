"""Whether a response may be quoted now, and if not, why not."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from briefings.models import CommentState, QuoteChoice, QuoteConsent

if TYPE_CHECKING:
    from briefings.models import Comment


class Standing(StrEnum):
    """What an editor can do with a response as to quoting it."""

    QUOTABLE = "quotable"
    NOT_ASKED = "not asked"  # by email, which we do once
    ASKED = "asked"
    PENDING = "pending"  # its reader agreed; a moderator decides first
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    UNCONFIRMED = "unconfirmed"
    ERASED = "erased"
    UNKNOWN = "unknown"  # nobody can be asked, as after an erasure that kept the words
    OURS = "ours"


# What an editor reads beside a response. Of one that is asked, the page says since when.
WHY_NOT = {
    Standing.NOT_ASKED: "Its reader has not agreed to be quoted.",
    Standing.ASKED: "Its reader was asked and has not answered yet.",
    Standing.PENDING: "A moderator has not decided about it yet.",
    Standing.REFUSED: "Its reader does not want to be quoted.",
    Standing.WITHDRAWN: "Its reader has withdrawn it.",
    Standing.REJECTED: "A moderator rejected it.",
    Standing.UNCONFIRMED: "Its reader has not confirmed their address.",
    Standing.ERASED: "It was erased.",
    Standing.UNKNOWN: "We do not know who wrote it.",
    Standing.OURS: "It is from the newsroom.",
}

# What an issue with such a quotation waits for.
WAITS_FOR = {
    Standing.ASKED: "The issue waits for the reader’s answer whether we may quote them.",
    Standing.PENDING: "The issue waits until a moderator has decided about the comment.",
}


def standing_of(comment: Comment | None) -> Standing:
    """Return whether a response may be quoted; None is one that does not exist any more."""
    if comment is None:
        return Standing.ERASED
    if comment.contributor_id is not None or comment.by_staff:
        return Standing.OURS
    by_state = {
        CommentState.WITHDRAWN: Standing.WITHDRAWN,
        CommentState.REJECTED: Standing.REJECTED,
        CommentState.UNCONFIRMED: Standing.UNCONFIRMED,
    }
    if found := by_state.get(CommentState(comment.state)):
        return found
    if comment.quoting != QuoteChoice.NO:
        is_pending = comment.state == CommentState.PENDING
        return Standing.PENDING if is_pending else Standing.QUOTABLE
    if not comment.email:
        return Standing.UNKNOWN
    if has_refused(comment):
        return Standing.REFUSED
    return Standing.NOT_ASKED if comment.quote_asked_at is None else Standing.ASKED


def has_refused(comment: Comment) -> bool:
    """Whether a reader chose not to be quoted: asked by email, or after having agreed.

    Who left “no” in the form of the comment did not choose: it says so unless it is changed.
    """
    return comment.quoting == QuoteChoice.NO and any(
        answer.at > comment.created_at for answer in comment.quote_consents.all()
    )


def refused() -> Q:
    """Return the condition that `has_refused` is true of a response."""
    answers = QuoteConsent.objects.filter(comment=OuterRef("pk")).order_by()
    chosen = answers.filter(at__gt=OuterRef("created_at"))
    return Q(Exists(chosen), quoting=QuoteChoice.NO)
