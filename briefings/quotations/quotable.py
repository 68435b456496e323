"""Whether a response may be quoted now, and if not, why not."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from briefings.models import CommentState, QuoteChoice

if TYPE_CHECKING:
    from briefings.models import Comment


class Standing(StrEnum):
    """What an editor can do with a response as to quoting it."""

    QUOTABLE = "quotable"
    NOT_ASKED = "not asked"  # or only by the form of the comment, which says no unless changed
    ASKED = "asked"
    PENDING = "pending"  # its reader agreed; a moderator decides first
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    UNCONFIRMED = "unconfirmed"
    ERASED = "erased"
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
        return Standing.ERASED  # its author is not known any more, and cannot be asked
    answers = sorted(comment.quote_consents.all(), key=lambda answer: (answer.at, answer.pk))
    if comment.quote_asked_at is not None:
        answered = [answer for answer in answers if answer.at >= comment.quote_asked_at]
        return Standing.REFUSED if answered else Standing.ASKED
    # The form of a comment says no unless somebody chooses; a later answer was a choice.
    chosen = [answer for answer in answers if answer.at > comment.created_at]
    return Standing.REFUSED if chosen else Standing.NOT_ASKED
