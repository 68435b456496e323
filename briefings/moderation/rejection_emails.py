"""Emails to readers whose comment was rejected: why, and where to object. Never about spam."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from briefings.models import Comment, CommentBan, CommentState, RejectionReason
from briefings.moderation.bans import words_for_reader, writers_address
from newsroom.emails import is_suppressed, queue_email
from newsroom.reader_language import in_language

if TYPE_CHECKING:
    from datetime import datetime

    from django_stubs_ext import StrPromise

    from briefings.models import Briefing


# A moderator can undo a rejection before its reader hears of it.
TOLD_AFTER = timedelta(minutes=10)
# Older ones are told to nobody, for instance after a long outage.
TOLD_WITHIN = timedelta(days=3)
MOST_IN_A_RUN = 200

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
    RejectionReason.BANNED: _("It is not the first that we could not publish."),
}


def send_rejection_emails(*, at: datetime) -> int:
    """Email readers whose comment was rejected a while ago, each once; return how many."""
    due = Comment.objects.filter(
        state=CommentState.REJECTED,
        rejection_told_at=None,
        rejection_reason__in=list(SENTENCES),
        decided_at__lte=at - TOLD_AFTER,
        decided_at__gt=at - TOLD_WITHIN,
    )
    rows = due.select_related("issue__briefing__lead", "commenter").order_by("decided_at", "pk")
    return sum(_tell(comment, at=at) for comment in rows[:MOST_IN_A_RUN])


def appeal_address(briefing: Briefing) -> str:
    """Return where a reader can object to a rejection."""
    return settings.APPEALS_ADDRESS or briefing.reply_address or briefing.lead.contact


def _tell(comment: Comment, *, at: datetime) -> bool:
    """Queue one email; False if somebody has decided otherwise, or we must not write to them."""
    address = writers_address(comment)
    with transaction.atomic():
        unchanged = Comment.objects.filter(
            pk=comment.pk,
            state=CommentState.REJECTED,
            decided_at=comment.decided_at,
            rejection_told_at=None,
        )
        if not unchanged.update(rejection_told_at=at) or not address or is_suppressed(address):
            return False
        briefing = comment.issue.briefing
        ban = CommentBan.objects.active(at=at).filter(comment=comment).first()
        appeals = appeal_address(briefing)
        with in_language(briefing.language):
            ban_words = words_for_reader(ban, briefing) if ban else ""
        queue_email(
            "comment_rejected",
            to=address,
            context={
                "comment": comment,
                "issue": comment.issue,
                "briefing": briefing,
                "accent_colours": briefing.accent_colours,
                "why": SENTENCES[comment.rejection_reason],
                "ban": ban_words,
                "appeals": appeals,
            },
            language=briefing.language,
            headers={"Reply-To": appeals} if appeals else {},
        )
    return True
