"""Readers' comments: submitted on the page or by email, and confirmed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from briefings.comment_badges import Badge, own_names
from briefings.comment_identity import confirm_commenter
from briefings.comment_places import Place
from briefings.models import (
    Comment,
    CommentChannel,
    Commenter,
    CommentState,
    Issue,
    QuoteChoice,
)
from briefings.models.comment import CONFIRM_WITHIN, MAX_COMMENT_CHARS, CommentQuerySet
from briefings.moderation.bans import ban_on, words_for_reader
from briefings.moderation.publication import receive
from briefings.own_comments import answer_about_quoting
from briefings.quote_wording import QUESTION, record_choice
from briefings.quoting_links import ANSWER_WITHIN, quoting_path
from newsroom import emails
from newsroom.duration_words import in_english, in_words
from newsroom.email_addresses import address_key
from newsroom.form_guard import mailbox_limit_reached
from newsroom.rate_limits import count_within, counted_within
from newsroom.tokens import sign_value, verify_value

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# An address gets one confirmation email in this time: nobody can use the form to pester others.
CONFIRMATION_EMAIL_INTERVAL = timedelta(minutes=10)
MAX_UNCONFIRMED = 5  # comments of one address within a day
MAX_SIGNED_IN_AN_HOUR = 15  # comments of one reader who is signed in
MAX_SIGNED_IN_A_DAY = 60
MAX_EMAILED_A_DAY = 10  # comments by email from one address
MAX_EMAILED_AN_HOUR = 500  # comments by email from all addresses
MAX_UNPROVED_AN_HOUR = 30  # of these, comments whose sender may be forged

ADDRESS_LIMIT_REACHED = gettext_lazy(
    "Many forms were sent with this address, so your comment is not sent. It is still here: send it"
    " again in {window}."
)

# For this long the admin shows how many comments by email were over a limit.
REFUSALS_SHOWN = timedelta(days=7)
_REFUSED = "emailed_comment_refused"


class CommentRefused(Exception):
    """A comment cannot be taken; the message tells the reader why and what to do."""


class TooManyComments(CommentRefused):
    """A comment cannot be taken now, because of those before it."""


class WriterBanned(CommentRefused):
    """Its writer, who is known, is banned."""


class WriterErased(CommentRefused):
    """Its writer was erased while it was sent."""

    def __init__(self) -> None:
        super().__init__(
            gettext("We erased everything we kept about you a moment ago, so this was not sent.")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewComment:
    """A valid comment as a reader sent it."""

    body: str
    email: str
    name: str = ""
    place: Place = field(default_factory=Place)
    parent: Comment | None = None
    quoting: QuoteChoice = QuoteChoice.NO
    emails_on_replies: bool = False
    ip: str | None = None  # kept with the consent to be quoted
    user_agent: str = ""  # for Akismet


def submit_comment(new: NewComment, *, issue: Issue, at: datetime) -> Comment:
    """Store a comment and email its writer a link to confirm it. Raises TooManyComments.

    The same comment sent twice (a double click, a reload) is stored once and makes one email.
    """
    try:
        with transaction.atomic():
            return _store_unconfirmed(new, issue=issue, at=at)
    except emails.AlreadyQueued:  # by another request at the same moment
        return _same_words(new, issue=issue).latest("pk")


def _store_unconfirmed(new: NewComment, *, issue: Issue, at: datetime) -> Comment:
    unconfirmed = _same_words(new, issue=issue).filter(state=CommentState.UNCONFIRMED)
    sent_before = unconfirmed.filter(created_at__gt=at - CONFIRMATION_EMAIL_INTERVAL)
    if duplicate := sent_before.first():
        return duplicate
    same_address = Comment.objects.from_address(new.email).filter(state=CommentState.UNCONFIRMED)
    if same_address.filter(created_at__gt=at - DAY).count() >= MAX_UNCONFIRMED:
        raise TooManyComments(
            gettext(
                "Several of your comments are not confirmed yet. Confirm them with the links in the"
                " emails we sent you, then send this one again."
            )
        )
    comment = _store(new, issue=issue, at=at)
    parent = new.parent.pk if new.parent else 0
    same = f"{issue.pk} {parent} {address_key(new.email)} {new.body}"
    _queue_confirmation_email(
        comment, at=at, once=emails.Once(key=same, within=emails.DOUBLE_CLICK, at=at)
    )
    return comment


def _same_words(new: NewComment, *, issue: Issue) -> CommentQuerySet:
    """Return the comments with these words from this address in this place."""
    same_address = Comment.objects.from_address(new.email)
    return same_address.filter(issue=issue, parent=new.parent, body=new.body)


def submit_signed_in_comment(
    new: NewComment, *, commenter: Commenter, issue: Issue, at: datetime
) -> Comment:
    """Put a comment of a reader who is signed in into the moderators' queue.

    It may appear at once (`moderation.publication`). Nothing is emailed. The same comment sent
    twice is stored once. Raises TooManyComments, WriterBanned and WriterErased.
    """
    if ban := ban_on(commenter.address, issue.briefing, at=at):
        raise WriterBanned(words_for_reader(ban, issue.briefing))
    with transaction.atomic():
        # Two of their comments at once wait for each other, so that none is stored twice.
        if not commenter.lock():
            raise WriterErased
        # Anybody can send a message to an author with somebody else's address.
        recent = Comment.objects.filter(commenter=commenter, created_at__gt=at - DAY).exclude(
            channel=CommentChannel.MESSAGE
        )
        last_hour = recent.filter(created_at__gt=at - HOUR)
        duplicate = last_hour.filter(issue=issue, parent=new.parent, body=new.body).exclude(
            state=CommentState.WITHDRAWN
        )
        if found := duplicate.first():
            return found
        for comments, limit, window in (
            (last_hour, MAX_SIGNED_IN_AN_HOUR, HOUR),
            (recent, MAX_SIGNED_IN_A_DAY, DAY),
        ):
            if comments.count() >= limit:
                raise TooManyComments(
                    gettext(
                        "You have sent %(limit)d comments within %(window)s. Wait a little, then"
                        " send this one again."
                    )
                    % {"limit": limit, "window": in_words(window)}
                )
        badge = own_names(commenter.address).get(new.name, Badge())
        comment = _store(
            new,
            issue=issue,
            at=at,
            commenter=commenter,
            contributor=badge.contributor,
            by_staff=badge.is_staff,
            state=CommentState.PENDING,
            confirmed_at=at,
        )
        Commenter.objects.filter(pk=commenter.pk).update(name=new.name)
        receive(comment, at=at, ip=new.ip, user_agent=new.user_agent)
    return comment


def confirm_comment(
    comment: Comment,
    *,
    at: datetime,
    ip: str | None = None,
    user_agent: str = "",
    quoting: QuoteChoice | None = None,
    quote_name: str = "",
) -> Commenter | None:
    """Confirm a comment for the owner of its address; None if it was confirmed before.

    It may appear at once (`moderation.publication`); that of a banned reader is rejected. `quoting`
    is what they chose, if the page asked whether we may quote it: both are stored, or neither. The
    page says “no” unless that is changed, so who leaves it has not refused anything.
    """
    with transaction.atomic():
        Commenter.objects.confirmed(comment.email).lock()  # before the comment, as everywhere
        if not comment.confirm(at=at):
            transaction.set_rollback(True)  # of a comment that was erased, nobody is known again
            return None
        commenter = confirm_commenter(comment.email, at=at)
        Commenter.objects.filter(pk=commenter.pk, name="").update(name=comment.name)
        comment.refresh_from_db(fields=["commenter"])
        if quoting and quoting != comment.quoting:
            answer_about_quoting(
                comment, quoting, name=quote_name, at=at, source="/comments/confirm/…", ip=ip
            )
        _receive_confirmed(comment, at=at, ip=ip, user_agent=user_agent)
    return commenter


def _receive_confirmed(comment: Comment, *, at: datetime, ip: str | None, user_agent: str) -> bool:
    """Receive a comment whose address is confirmed; False if its writer is banned: it is rejected.

    The page that they confirm on says so. Before, nothing may show that the address is banned.
    """
    address = comment.commenter.address if comment.commenter else comment.email
    if ban_on(address, comment.issue.briefing, at=at):
        comment.reject(by=None, at=at)
        return False
    receive(comment, at=at, ip=ip, user_agent=user_agent)
    return True


def _store(new: NewComment, *, issue: Issue, at: datetime, **fields: Any) -> Comment:
    """Store a comment with what its writer chose about being quoted."""
    comment = Comment.objects.create(
        issue=issue,
        section_id=new.place.section,
        section_heading=new.place.heading[:200],
        passage=new.place.passage,
        parent=new.parent,
        name=new.name,
        email=new.email,
        body=new.body,
        quoting=new.quoting,
        quote_name=new.name if new.quoting == QuoteChoice.NAMED else "",
        emails_on_replies=new.emails_on_replies,
        created_at=at,
        **fields,
    )
    record_choice(comment, new.quoting, at=at, source=issue.get_absolute_url(), ip=new.ip)
    return comment


def submit_emailed_comment(
    body: str, *, email: str, issue: Issue, key: str, at: datetime, is_proved: bool = True
) -> bool:
    """Put a reader's reply by email into the moderators' queue; False if it is there already.

    `key` identifies the email. The comment has no name, as nobody asked for one. The first email
    that answers it asks whether we may quote it. If it is not proved who wrote it, that email has a
    link to confirm it, and its page asks. Raises TooManyComments, and counts that for
    `refused_emailed_comments`.
    """
    try:
        return _store_emailed_comment(
            body, email=email, issue=issue, key=key, at=at, is_proved=is_proved
        )
    except TooManyComments:
        count_within(_REFUSED, "", window=REFUSALS_SHOWN, at=at)
        raise


def refused_emailed_comments(*, at: datetime) -> int:
    """Return about how many comments by email were over a limit within `REFUSALS_SHOWN`."""
    return counted_within(_REFUSED, "", window=REFUSALS_SHOWN, at=at)


def _store_emailed_comment(
    body: str, *, email: str, issue: Issue, key: str, at: datetime, is_proved: bool
) -> bool:
    body = body if len(body) <= MAX_COMMENT_CHARS else body[: MAX_COMMENT_CHARS - 2].rstrip() + " …"
    with transaction.atomic():
        if Comment.objects.filter(mail_key=key).exists():
            return False
        recent = Comment.objects.from_address(email).filter(
            channel=CommentChannel.MAIL, created_at__gt=at - DAY
        )
        if recent.count() >= MAX_EMAILED_A_DAY:
            raise TooManyComments(
                f"Too many comments came by email from this address within {in_english(DAY)}."
            )
        _check_emailed_limit(is_proved=is_proved, at=at)
        if not is_proved and mailbox_limit_reached(email, at=at):
            raise TooManyComments("Too many emails went to this address because of others.")
        commenter = Commenter.objects.at_address(email).first()
        comment, is_new = Comment.objects.get_or_create(
            mail_key=key,
            defaults={
                "issue": issue,
                "email": email,
                "body": body,
                "state": CommentState.PENDING if is_proved else CommentState.UNCONFIRMED,
                "channel": CommentChannel.MAIL,
                "created_at": at,
                "confirmed_at": at if is_proved else None,
                "commenter": commenter if is_proved else None,
            },
        )
        if is_new and is_proved:
            if _receive_confirmed(comment, at=at, ip=None, user_agent=""):
                _queue_question_about_quoting(comment, at=at)
        elif is_new:
            _queue_confirmation_email(comment, at=at)
    return is_new


def _check_emailed_limit(*, is_proved: bool, at: datetime) -> None:
    emailed = Comment.objects.filter(channel=CommentChannel.MAIL, created_at__gt=at - HOUR)
    unproved = emailed.filter(state=CommentState.UNCONFIRMED)
    if emailed.count() >= MAX_EMAILED_AN_HOUR or (
        not is_proved and unproved.count() >= MAX_UNPROVED_AN_HOUR
    ):
        raise TooManyComments(f"Too many comments came by email within {in_english(HOUR)}.")


def confirmation_path(comment: Comment) -> str:
    """Return the path of the page on which a comment is confirmed."""
    return reverse("briefings:comment_confirm", args=[sign_value("comment", str(comment.pk))])


def comment_of_token(token: str) -> Comment | None:
    """Return the comment of a confirmation link; None if the link is invalid or too old."""
    pk = verify_value("comment", token, max_age=int(CONFIRM_WITHIN.total_seconds()))
    if pk is None:
        return None
    comments = Comment.objects.select_related("issue__briefing", "issue__author")
    return comments.filter(pk=pk).first()


def _queue_question_about_quoting(comment: Comment, *, at: datetime) -> None:
    """Thank the writer of a comment by email, and ask whether we may quote it.

    It is the first email that answers them, so it asks. Nobody gets it whom we must not write to,
    or whose address others have had many emails sent to.
    """
    if emails.is_suppressed(comment.email) or mailbox_limit_reached(comment.email, at=at):
        return
    emails.queue_email(
        "emailed_comment",
        to=comment.email,
        context={
            "issue": comment.issue,
            "briefing": comment.issue.briefing,
            "accent_colours": comment.issue.briefing.accent_colours,
            "question": QUESTION,
            "quoting_url": settings.SITE_URL + quoting_path(comment),
            "answer_within": ANSWER_WITHIN,
        },
        headers={"Auto-Submitted": "auto-replied"},  # RFC 3834: no machine answers it
        language=comment.issue.briefing.language,
        not_before=_after_other_emails(comment, at=at),
    )


def _queue_confirmation_email(
    comment: Comment, *, at: datetime, once: emails.Once | None = None
) -> None:
    """Queue the email with the link; one that follows another too soon is sent later."""
    # Without the text of the comment: nobody can use the form to email text to others.
    emails.queue_email_in_constant_time(
        "confirm_comment",
        to=comment.email,
        context={
            "issue": comment.issue,
            "briefing": comment.issue.briefing,
            "accent_colours": comment.issue.briefing.accent_colours,
            "confirm_url": settings.SITE_URL + confirmation_path(comment),
            "confirm_within": CONFIRM_WITHIN,
        },
        language=comment.issue.briefing.language,
        not_before=_after_other_emails(comment, at=at),
        once=once,
    )


def _after_other_emails(comment: Comment, *, at: datetime) -> datetime:
    """Return when an address may get an email about a comment, by its earlier comments."""
    recent = (
        Comment.objects.from_address(comment.email)
        .filter(created_at__gt=at - CONFIRMATION_EMAIL_INTERVAL)
        .exclude(channel=CommentChannel.MESSAGE)  # of which its address gets no email
    )
    return at + recent.exclude(pk=comment.pk).count() * CONFIRMATION_EMAIL_INTERVAL
