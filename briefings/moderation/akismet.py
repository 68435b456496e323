"""Ask Akismet whether a comment is spam, in a worker: no reader waits for it.

It gets the words, the name, the page, and the network (IP) address and browser of the request, but
not the email address. https://akismet.com/developers/detailed-docs/comment-check/
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from briefings.models import HoldKind, HoldReason, SpamCheck
from briefings.moderation.publication import publish_if_allowed
from newsroom.public_http import Failure, RequestFailed, post_form

if TYPE_CHECKING:
    from datetime import datetime

    from briefings.models import Comment

log = logging.getLogger(__name__)

ADDRESS = "https://rest.akismet.com/1.1/comment-check"
SECONDS = 6.0
LEASE = timedelta(minutes=2)
MOST_IN_A_RUN = 10
# Then a moderator decides without Akismet.
MOST_ATTEMPTS = 4


def check_due_comments(*, at: datetime) -> int:
    """Ask about the comments whose turn it is; return how many were answered."""
    answered = 0
    for check in SpamCheck.objects.due(at=at)[:MOST_IN_A_RUN]:
        leased = SpamCheck.objects.filter(pk=check.pk, not_before=check.not_before)
        if leased.update(not_before=at + LEASE, attempts=check.attempts + 1):
            answered += _check(check, at=at)
    return answered


def _check(check: SpamCheck, *, at: datetime) -> bool:
    try:
        is_spam = ask(check)
    except RequestFailed as failure:
        log.warning("Akismet did not answer about %s: %s", check, failure)
        if check.attempts + 1 >= MOST_ATTEMPTS:
            _finish(check, HoldKind.UNCHECKED, at=at)
        return False
    _finish(check, HoldKind.AKISMET if is_spam else None, at=at)
    return True


def _finish(check: SpamCheck, kind: HoldKind | None, *, at: datetime) -> None:
    """Store the answer, and show the comment if nothing holds it.

    If its writer changed the words meanwhile, the answer is not about them: they are asked about.
    """
    with transaction.atomic():
        comment: Comment = check.comment
        comment.refresh_from_db(from_queryset=type(comment).objects.select_for_update())
        leased = SpamCheck.objects.filter(pk=check.pk, not_before=at + LEASE)
        if not leased.delete()[0]:
            return
        if kind:
            HoldReason.objects.get_or_create(comment=comment, kind=kind, defaults={"at": at})
        publish_if_allowed(comment, at=at)


def ask(check: SpamCheck) -> bool:
    """Whether Akismet takes a comment for spam. Raises RequestFailed."""
    comment = check.comment
    answer = post_form(
        ADDRESS,
        {
            "api_key": settings.AKISMET_KEY,
            "blog": settings.SITE_URL,
            "blog_lang": comment.issue.briefing.language,
            "blog_charset": "UTF-8",
            "user_ip": check.ip,
            "user_agent": check.user_agent,
            "permalink": settings.SITE_URL + comment.issue.get_absolute_url(),
            "comment_type": "reply" if comment.parent_id else "comment",
            "comment_author": comment.name,
            "comment_content": comment.body,
            "comment_date_gmt": comment.created_at.isoformat(),
        },
        seconds=SECONDS,
    ).strip()
    if answer not in {"true", "false"}:
        log.error("Akismet refuses our question, perhaps because of AKISMET_KEY: %.80r", answer)
        raise RequestFailed(Failure.NO_ANSWER, "refused")
    return answer == "true"
