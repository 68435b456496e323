"""Emails about replies: for those who asked, at most one a day, with a link that ends them."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from briefings.models import Comment, Commenter
from briefings.models.comment import TOLD_OF_AFTER
from newsroom.emails import is_suppressed, queue_email
from newsroom.reader_language import shared_language
from newsroom.tokens import sign_id, verify_id

if TYPE_CHECKING:
    from datetime import datetime

INTERVAL = timedelta(days=1)
# Older replies are told to nobody, for instance after a long outage.
TOLD_WITHIN = timedelta(days=7)
MAX_REPLIES = 10  # in one email; it says how many more there are
_PURPOSE = "replies to comments"


def send_reply_emails(*, at: datetime) -> int:
    """Email those who asked about replies that were published since the last such email.

    Return the number of emails.
    """
    until = at - TOLD_OF_AFTER
    sent = 0
    for commenter, replies in _news(until=until).items():
        sent += _email(commenter, replies, until=until)
    return sent


def stop_link(commenter: Commenter) -> str:
    """Return the link that ends all emails about replies; it works without signing in."""
    token = sign_id(_PURPOSE, commenter.pk)
    return settings.SITE_URL + reverse("briefings:stop_reply_emails", args=[token])


def commenter_of_token(token: str) -> Commenter | None:
    """Return whose emails a link ends."""
    pk = verify_id(_PURPOSE, token)
    return Commenter.objects.filter(pk=pk).first() if pk is not None else None


def stop_reply_emails(commenter: Commenter) -> None:
    """End the emails about replies to each of their comments."""
    commenter.comments.filter(emails_on_replies=True).update(emails_on_replies=False)


def _news(*, until: datetime) -> dict[Commenter, list[Comment]]:
    """Return the new replies for each reader who is due an email, the oldest of a thread first."""
    published = Comment.objects.approved().filter(
        parent__isnull=False, published_at__gt=until - TOLD_WITHIN, published_at__lte=until
    )
    by_thread: dict[int, list[Comment]] = defaultdict(list)
    for reply in published.filter(parent__in=Comment.objects.seen()).select_related(
        "issue__briefing", "contributor"
    ):
        by_thread[reply.parent_id or 0].append(reply)
    news: dict[Commenter, dict[int, Comment]] = defaultdict(dict)
    for own in Comment.objects.wanting_reply_emails(threads=by_thread).select_related("commenter"):
        reader = own.commenter
        told_until = reader.told_of_replies_until if reader else None
        if reader is None or (told_until and told_until > until - INTERVAL):
            continue
        for reply in by_thread[own.parent_id or own.pk]:
            # One that was hidden for a while, such as after an edit, is not news again.
            since = reply.published_at
            is_new = since and (not told_until or since > told_until)
            is_after = reply.created_at > own.created_at and reply.commenter_id != reader.pk
            if is_new and is_after:
                news[reader][reply.pk] = reply
    return {reader: list(replies.values()) for reader, replies in news.items()}


def _email(commenter: Commenter, replies: list[Comment], *, until: datetime) -> bool:
    """Queue one reader's email; False if another worker did, or we must not write to them."""
    with transaction.atomic():
        unchanged = Commenter.objects.filter(
            pk=commenter.pk, told_of_replies_until=commenter.told_of_replies_until
        )
        if not unchanged.update(told_of_replies_until=until) or is_suppressed(commenter.address):
            return False
        link = stop_link(commenter)
        queue_email(
            "replies",
            to=commenter.address,
            context={
                "replies": replies[:MAX_REPLIES],
                "reply_count": len(replies),
                "replies_left": max(len(replies) - MAX_REPLIES, 0),
                "stop_link": link,
                "mine": settings.SITE_URL + reverse("briefings:my_comments"),
            },
            language=shared_language(reply.issue.briefing.language for reply in replies),
            headers={
                "List-Unsubscribe": f"<{link}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        )
    return True
