"""Ask Akismet whether a comment is spam, in a worker: no reader waits for it.

It gets the words, the name, the page, and the network (IP) address and browser of the request, but
not the email address. If a moderator decides otherwise than it answered, it is told.
https://akismet.com/developers/detailed-docs/comment-check/
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from briefings.models import HoldKind, HoldReason, SpamAnswer, SpamCheck
from briefings.moderation.publication import publish_if_allowed
from newsroom.public_http import Failure, RequestFailed, post_form

if TYPE_CHECKING:
    from datetime import datetime

    from briefings.models import Comment

log = logging.getLogger(__name__)

SERVER = "https://rest.akismet.com/1.1/"
SECONDS = 6.0
LEASE = timedelta(minutes=2)
MOST_IN_A_RUN = 10
# Then a moderator decides without Akismet.
MOST_ATTEMPTS = 4
# A moderator can undo a decision before Akismet hears of it.
REPORTED_AFTER = timedelta(minutes=10)
REPORT_RETRY = timedelta(hours=1)
# What Akismet answers once it has taken a report.
THANKS = "Thanks for making the web a better place."


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
            _finish(check, is_spam=None, at=at)
        return False
    _finish(check, is_spam=is_spam, at=at)
    return True


def _finish(check: SpamCheck, *, is_spam: bool | None, at: datetime) -> None:
    """Store the answer, None for none, and show the comment if nothing holds it.

    If its writer changed the words meanwhile, the answer is not about them: they are asked about.
    """
    with transaction.atomic():
        comment: Comment = check.comment
        comment.refresh_from_db(from_queryset=type(comment).objects.select_for_update())
        leased = SpamCheck.objects.filter(pk=check.pk, not_before=at + LEASE)
        if not leased.delete()[0]:
            return
        if is_spam is not None:
            seen = {"ip": check.ip, "user_agent": check.user_agent, "created_at": at}
            answer = {"is_spam": is_spam, "attempts": 0, "not_before": at, **seen}
            SpamAnswer.objects.update_or_create(comment=comment, defaults=answer)
        if is_spam or is_spam is None:
            kind = HoldKind.AKISMET if is_spam else HoldKind.UNCHECKED
            HoldReason.objects.get_or_create(comment=comment, kind=kind, defaults={"at": at})
        publish_if_allowed(comment, at=at)


def ask(check: SpamCheck) -> bool:
    """Whether Akismet takes a comment for spam. Raises RequestFailed."""
    answer = _post("comment-check", check)
    if answer not in {"true", "false"}:
        log.error("Akismet refuses our question, perhaps because of AKISMET_KEY: %.80r", answer)
        raise RequestFailed(Failure.NO_ANSWER, "refused")
    return answer == "true"


def report_wrong_answers(*, at: datetime) -> int:
    """Report comments about which moderators decided otherwise to Akismet; return how many.

    https://akismet.com/developers/detailed-docs/submit-spam-missed-spam/
    """
    reported = 0
    wrong = SpamAnswer.objects.wrong(at=at, decided_before=at - REPORTED_AFTER)
    for answer in wrong.select_related("comment__issue__briefing")[:MOST_IN_A_RUN]:
        leased = SpamAnswer.objects.filter(pk=answer.pk, not_before=answer.not_before)
        if leased.update(not_before=at + REPORT_RETRY, attempts=answer.attempts + 1):
            reported += _report(answer)
    return reported


def _report(answer: SpamAnswer) -> bool:
    """Return whether Akismet took a report; after the last attempt it is not tried again."""
    is_told = False
    try:
        said = _post("submit-ham" if answer.is_spam else "submit-spam", answer)
        is_told = said == THANKS
        if not is_told:
            log.error("Akismet refuses our report, perhaps because of AKISMET_KEY: %.80r", said)
    except RequestFailed as failure:
        log.warning("Akismet did not take the report of %s: %s", answer, failure)
    if is_told or answer.attempts + 1 >= MOST_ATTEMPTS:
        SpamAnswer.objects.filter(pk=answer.pk).delete()
    return is_told


def _post(what: str, about: SpamCheck | SpamAnswer) -> str:
    """Ask or tell Akismet about a comment and return what it answers. Raises RequestFailed."""
    comment = about.comment
    return post_form(
        f"{SERVER}{what}",
        {
            "api_key": settings.AKISMET_KEY,
            "blog": settings.SITE_URL,
            "blog_lang": comment.issue.briefing.language,
            "blog_charset": "UTF-8",
            "user_ip": about.ip,
            "user_agent": about.user_agent,
            "permalink": settings.SITE_URL + comment.issue.get_absolute_url(),
            "comment_type": "reply" if comment.parent_id else "comment",
            "comment_author": comment.name,
            "comment_content": comment.body,
            "comment_date_gmt": comment.created_at.isoformat(),
        },
        seconds=SECONDS,
    ).strip()
