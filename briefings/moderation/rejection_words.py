"""What readers are told of a rejected comment: why, how long they are banned, where to object.

Of spam they are told nothing but that it does not appear.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from briefings.models import CommentBan, CommentState, RejectionReason
from briefings.moderation.bans import ban_on, words_for_reader

if TYPE_CHECKING:
    from datetime import datetime

    from django_stubs_ext import StrPromise

    from briefings.models import Briefing, Comment


# What a reader is told; a reason that is missing here is told to nobody.
SENTENCES: dict[str, StrPromise] = {
    RejectionReason.OFFENSIVE: _("It uses offensive language."),
    RejectionReason.ABUSE: _("It insults or threatens somebody."),
    RejectionReason.HARASSMENT: _("It harasses somebody."),
    RejectionReason.HATE: _("It attacks people for who they are."),
    RejectionReason.PRIVATE: _("It gives away something private about somebody."),
    RejectionReason.ILLEGAL: _("It may be against the law."),
    RejectionReason.FALSE: _("It says something that is false or misleading."),
    RejectionReason.OFF_TOPIC: _("It has nothing to do with what it is written under."),
    RejectionReason.ADVERTISING: _("It is advertising."),
    RejectionReason.OTHER: _("It does not fit the discussion here."),
    RejectionReason.BANNED: _("It is not what we accept in comments."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """What the pages and the email say of a rejected comment; each part may be empty.

    `was_published` says whether readers had seen it before.
    """

    was_published: bool
    is_decided: bool  # by a person; what a banned reader sends is rejected without one
    why: StrPromise | str
    ban: str
    appeals: str


def rejection_of(comment: Comment, *, at: datetime) -> Rejection | None:
    """Return what to say of a comment, in the present language; None if it is not rejected."""
    if comment.state != CommentState.REJECTED:
        return None
    is_decided = comment.decided_by_id is not None
    is_spam = comment.rejection_reason == RejectionReason.SPAM
    return Rejection(
        was_published=comment.was_published,
        is_decided=is_decided or bool(comment.rejection_reason),
        why=SENTENCES.get(comment.rejection_reason, ""),
        ban=_ban_words(comment, at=at),
        appeals="" if is_spam else appeal_address(comment.issue.briefing),
    )


def appeal_address(briefing: Briefing) -> str:
    """Return where a reader can object to a rejection."""
    return settings.APPEALS_ADDRESS or briefing.reply_address or briefing.lead.contact


def _ban_words(comment: Comment, *, at: datetime) -> str:
    """Return what its writer is told of a ban that rejected it, or that was made because of it."""
    briefing = comment.issue.briefing
    if comment.decided_by_id is None and not comment.rejection_reason:
        ban = ban_on(comment.email, briefing, at=at)
    elif comment.rejection_reason == RejectionReason.BANNED:
        ban = CommentBan.objects.active(at=at).filter(comment=comment).first()
    else:
        ban = None
    return words_for_reader(ban, briefing) if ban else ""
