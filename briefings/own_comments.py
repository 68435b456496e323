"""What readers do with their own comments: edit, withdraw, and change what they agreed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from briefings.models import Comment, CommentState, EarlierWords, QuoteChoice
from briefings.moderation.publication import receive
from briefings.quote_wording import record_choice

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


def edit(
    comment: Comment, body: str, *, at: datetime, ip: str | None = None, user_agent: str = ""
) -> bool:
    """Change the words of a comment; False if it is too late.

    The earlier words are kept for moderators. The new ones are received like a new comment.
    """
    with transaction.atomic():
        _lock(comment)
        if not comment.may_be_edited(at=at):
            return False
        if body == comment.body:
            return True
        EarlierWords.objects.create(comment=comment, body=comment.body, until=at)
        comment.body = body
        comment.edited_at = at
        comment.was_shown = comment.was_shown or comment.state == CommentState.APPROVED
        comment.state = CommentState.PENDING
        comment.featured = False
        comment.needs_review = False
        comment.published_at = comment.published_at_if_hidden(at=at)
        comment.save(
            update_fields=[
                *("body", "edited_at", "state", "featured", "needs_review", "published_at"),
                "was_shown",
            ]
        )
        receive(comment, at=at, ip=ip, user_agent=user_agent)
    return True


def withdraw(comment: Comment, *, at: datetime, source: str, ip: str | None) -> bool:
    """Take a comment off the page, and the consent to quote it back; False if it is off already.

    A message to an author goes from the newsroom's pages. Who withdraws it has shown that its
    address is theirs.
    """
    with transaction.atomic():
        _lock(comment)
        if not comment.may_be_withdrawn:
            return False
        if comment.quoting != QuoteChoice.NO:
            _choose(comment, QuoteChoice.NO, name="", at=at, source=source, ip=ip)
        comment.state = CommentState.WITHDRAWN
        comment.withdrawn_at = at
        comment.confirmed_at = comment.confirmed_at or at
        comment.featured = False
        comment.needs_review = False
        comment.emails_on_replies = False
        comment.save(
            update_fields=[
                *("state", "withdrawn_at", "featured", "needs_review", "emails_on_replies"),
                "confirmed_at",
            ]
        )
    return True


def choose_quoting(
    comment: Comment,
    choice: QuoteChoice,
    *,
    name: str = "",
    at: datetime,
    source: str,
    ip: str | None,
) -> None:
    """Change whether a comment may be quoted, and record it; a withdrawn one stays unquoted.

    `name` is what to quote its writer with, where the comment bears no name.
    """
    with transaction.atomic():
        _lock(comment)
        if not comment.is_withdrawn:
            _choose(comment, choice, name=name, at=at, source=source, ip=ip)


def answer_about_quoting(
    comment: Comment, choice: QuoteChoice, *, name: str, at: datetime, source: str, ip: str | None
) -> None:
    """Record the first answer to our email; later ones change nothing."""
    with transaction.atomic():
        _lock(comment)
        if not comment.is_withdrawn and not comment.has_answered_about_quoting:
            _choose(comment, choice, name=name, at=at, source=source, ip=ip)


def stop_quoting(comments: Iterable[Comment], *, at: datetime, source: str, ip: str | None) -> None:
    """Withdraw the consent to quote any of these comments."""
    quotable = [comment for comment in comments if comment.quoting != QuoteChoice.NO]
    for comment in sorted(quotable, key=lambda one: one.pk):
        choose_quoting(comment, QuoteChoice.NO, at=at, source=source, ip=ip)


def set_emails_on_replies(comment: Comment, *, wanted: bool) -> None:
    """Turn emails about replies to a comment on or off."""
    Comment.objects.filter(pk=comment.pk).update(emails_on_replies=wanted)


def _choose(
    comment: Comment,
    choice: QuoteChoice,
    *,
    name: str,
    at: datetime,
    source: str,
    ip: str | None,
) -> None:
    if choice == QuoteChoice.NAMED:
        name = comment.display_name if comment.bears_name else name or comment.quote_name
    else:
        name = ""
    is_same = (choice, name) == (comment.quoting, comment.quote_name)
    # Who sent a comment by email was not asked yet, and an editor may have asked others later: the
    # first answer is recorded in any case.
    if is_same and comment.has_answered_about_quoting:
        return
    comment.quoting, comment.quote_name = choice, name
    comment.save(update_fields=["quoting", "quote_name"])
    record_choice(comment, choice, at=at, source=source, ip=ip)


def _lock(comment: Comment) -> None:
    """Lock a comment's row and read it again."""
    comment.refresh_from_db(from_queryset=Comment.objects.select_for_update())
