"""From a reader's form to a comment whose address is confirmed, and back to the page as threads."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from briefings.models import Comment, CommentChannel, CommentState, Issue, Section
from briefings.models.comment import CONFIRM_WITHIN, MAX_COMMENT_CHARS
from newsroom import emails
from newsroom.rate_limits import is_over_hourly_limit
from newsroom.tokens import sign_value, verify_value

# One confirmation letter in this time to an address: a form must not become a way to pester.
LETTER_EVERY = timedelta(minutes=10)
WAITING_AT_MOST = 5  # unconfirmed comments of one address within a day
MAILS_A_DAY = 10  # comments by mail of one address
POSTS_AN_HOUR = 30  # from one network address; an office shares one


class TooManyComments(Exception):
    """A comment cannot be taken now; the message says why and what to do, to the reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderWords:
    """What a reader sent, checked."""

    body: str
    email: str
    name: str = ""
    section: Section | None = None
    parent: Comment | None = None


@dataclass(slots=True)
class Thread:
    """A comment with the answers to it, as the page shows them."""

    comment: Comment
    replies: list[Comment] = field(default_factory=list)


def threads(issue: Issue) -> list[Thread]:
    """The comments on show: featured ones first, else the oldest first; one query."""
    shown = list(issue.comments.approved().select_related("contributor", "section"))
    found = {comment.pk: Thread(comment) for comment in shown if comment.parent_id is None}
    for comment in shown:
        comment.issue = issue
        if comment.parent_id in found:
            found[comment.parent_id].replies.append(comment)
    return sorted(found.values(), key=lambda thread: not thread.comment.featured)


def submit(words: ReaderWords, *, issue: Issue, at: datetime) -> Comment:
    """Keep a comment until its address is confirmed, and write the letter that asks for that.

    The same words sent twice (a double click, a reload) are one comment and one letter.
    """
    with transaction.atomic():
        same_address = Comment.objects.filter(
            email__iexact=words.email, state=CommentState.UNCONFIRMED
        )
        again = same_address.filter(
            issue=issue, parent=words.parent, body=words.body, created_at__gt=at - LETTER_EVERY
        ).first()
        if again:
            return again
        if same_address.filter(created_at__gt=at - timedelta(days=1)).count() >= WAITING_AT_MOST:
            raise TooManyComments(
                "Several comments with this address still wait to be confirmed. Open the letters "
                "we sent and confirm them first; then send this one again."
            )
        comment = Comment.objects.create(
            issue=issue,
            section=words.section,
            parent=words.parent,
            name=words.name,
            email=words.email,
            body=words.body,
            created_at=at,
        )
        _ask_to_confirm(comment, at=at)
    return comment


def take_by_mail(body: str, *, email: str, issue: Issue, key: str, at: datetime) -> bool:
    """Put what a reader answered by mail into the moderators' queue; False when it is there.

    Shown without a name: nobody asked the writer for one. Raises TooManyComments.
    """
    body = body if len(body) <= MAX_COMMENT_CHARS else body[: MAX_COMMENT_CHARS - 2].rstrip() + " …"
    with transaction.atomic():
        if Comment.objects.filter(mail_key=key).exists():
            return False
        lately = Comment.objects.filter(
            email__iexact=email, channel=CommentChannel.MAIL, created_at__gt=at - timedelta(days=1)
        )
        if lately.count() >= MAILS_A_DAY:
            raise TooManyComments("Too many comments came by mail from this address within a day.")
        _, is_new = Comment.objects.get_or_create(
            mail_key=key,
            defaults={
                "issue": issue,
                "email": email,
                "body": body,
                "state": CommentState.PENDING,
                "channel": CommentChannel.MAIL,
                "created_at": at,
                "confirmed_at": at,
            },
        )
    return is_new


def confirmation_path(comment: Comment) -> str:
    """The page on which the address's owner confirms a comment."""
    return reverse("briefings:comment_confirm", args=[sign_value("comment", str(comment.pk))])


def find_by_token(token: str) -> Comment | None:
    """The comment that a confirmation link is about; None when it is forged, too old or gone."""
    pk = verify_value("comment", token, max_age=int(CONFIRM_WITHIN.total_seconds()))
    if pk is None:
        return None
    mine = Comment.objects.filter(pk=pk).select_related("issue__briefing", "issue__author")
    return mine.first()


def count_post(ip: str | None, *, at: datetime) -> None:
    """Count a comment from a network; raises TooManyComments when it sent too many in an hour."""
    if is_over_hourly_limit("comments", ip=ip, limit=POSTS_AN_HOUR, at=at):
        raise TooManyComments(
            "Too many comments came from your network within the last hour. Wait a while, then "
            "send this one again."
        )


def _ask_to_confirm(comment: Comment, *, at: datetime) -> None:
    """Write to the address; after a letter just sent, the next one waits its turn."""
    # The comment's own words stay out: else anybody could mail anything to anybody from here.
    letter = emails.queue_email(
        "confirm_comment",
        to=comment.email,
        context={
            "issue": comment.issue,
            "briefing": comment.issue.briefing,
            "inks": comment.issue.briefing.inks,
            "confirm_url": settings.SITE_URL + confirmation_path(comment),
            "days": CONFIRM_WITHIN.days,
        },
    )
    earlier = (
        Comment.objects.filter(email__iexact=comment.email, created_at__gt=at - LETTER_EVERY)
        .exclude(pk=comment.pk)
        .count()
    )
    if earlier:
        letter.not_before = at + earlier * LETTER_EVERY
        letter.save(update_fields=["not_before"])
