"""What a reader says about a published issue."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import ExpressionWrapper, Q, Value
from django.db.models.functions import Coalesce, Upper
from django.db.models.lookups import Exact
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from briefings.comment_changes import record_comments_changed
from briefings.models.quote_consent import QuoteChoice
from briefings.models.rejection_reason import RejectionReason
from newsroom import audit_log
from newsroom.transitions import update_if

if TYPE_CHECKING:
    from newsroom.audit_log import Actor

MAX_COMMENT_CHARS = 5_000
MAX_NAME_CHARS = 80
MAX_PASSAGE_CHARS = 500
CONFIRM_WITHIN = timedelta(days=7)
EDIT_WITHIN = timedelta(minutes=15)
# Nobody is told of a reply earlier: its transaction may not be finished, and it may still change.
TOLD_OF_AFTER = timedelta(minutes=2)


class CommentState(models.TextChoices):
    """How far a comment is between the form and the page."""

    UNCONFIRMED = "unconfirmed", "Address not confirmed"
    PENDING = "pending", "Waiting for approval"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn by its writer"
    PRIVATE = "private", "For the newsroom only"


# The states of comments that may be on the page: of a withdrawn one, its place in the thread.
SHOWN_STATES = (CommentState.APPROVED, CommentState.WITHDRAWN)
# The states of comments that a moderator decides about.
DECIDABLE_STATES = {CommentState.PENDING, CommentState.APPROVED, CommentState.REJECTED}
# The states of what readers said and the newsroom may use: the response to an issue.
RESPONSE_STATES = (CommentState.PENDING, CommentState.APPROVED, CommentState.PRIVATE)


class CommentChannel(models.TextChoices):
    """How a comment reached us."""

    PAGE = "page", "On the website"
    MAIL = "mail", "By email"
    ANSWER = "answer", "Answer to a question"
    MESSAGE = "message", "Message to the author"


# How what begins as private reaches us. An answer may be published as a comment later, as its form
# says; a message to an author may not.
PRIVATE_CHANNELS = (CommentChannel.ANSWER, CommentChannel.MESSAGE)
PUBLISHABLE_CHANNELS = {CommentChannel.ANSWER}


def is_from(address: str) -> Q:
    """Return the condition that a comment came from an address, as its index has it."""
    return Q(Exact(Upper("email"), Upper(Value(address))))


# What stands where the words of somebody who was erased had replies.
REMOVED_COMMENT = "This comment was removed by its author."


class CommentQuerySet(models.QuerySet["Comment"]):
    """Comments as readers and moderators ask for them."""

    def approved(self) -> CommentQuerySet:
        """Return the comments that readers see, the oldest first."""
        return self.filter(state=CommentState.APPROVED).order_by("created_at", "pk")

    def seen(self) -> CommentQuerySet:
        """Return the comments that readers see, or the place of those that were withdrawn."""
        return self.filter(state__in=SHOWN_STATES)

    def for_moderators(self) -> CommentQuerySet:
        """Return the comments that moderators know: not those that are for the newsroom only.

        Nor those that were so until their writer withdrew them, and those that are not confirmed.
        """
        was_private = Q(channel__in=PRIVATE_CHANNELS, published_at=None, decided_at=None)
        hidden = Q(state=CommentState.WITHDRAWN) & was_private
        unread = (CommentState.UNCONFIRMED, CommentState.PRIVATE)
        return self.exclude(state__in=unread).exclude(hidden)

    def wanting_reply_emails(self, *, threads: Collection[int]) -> CommentQuerySet:
        """Return the comments in these threads whose writers want emails about replies."""
        return self.filter(
            Q(pk__in=threads) | Q(parent__in=threads),
            emails_on_replies=True,
            state=CommentState.APPROVED,
        )

    def from_address(self, address: str) -> CommentQuerySet:
        """Return the comments from an address in any case, confirmed or not."""
        return self.filter(is_from(address))

    def of_address(self, address: str) -> CommentQuerySet:
        """Return the comments that the owner of an address wrote, as far as they are confirmed."""
        return self.from_address(address).exclude(state=CommentState.UNCONFIRMED)

    def quotable(self) -> CommentQuerySet:
        """Return the comments whose writers let us quote them."""
        return self.exclude(quoting=QuoteChoice.NO)

    def responses(self) -> CommentQuerySet:
        """Return what readers said that the newsroom may use, from pages, emails and forms.

        What authors and staff wrote is not part of it, nor what stands in place of erased words.
        """
        said = self.exclude(body=REMOVED_COMMENT)
        return said.filter(state__in=RESPONSE_STATES, contributor=None, by_staff=False)

    def not_withdrawn(self) -> CommentQuerySet:
        """Return the comments that their writers have not withdrawn."""
        return self.exclude(state=CommentState.WITHDRAWN)

    def waiting(self) -> CommentQuerySet:
        """Return the moderators' queue, the oldest first: some may be on the page already."""
        published = Q(state=CommentState.APPROVED, needs_review=True)
        waiting = self.filter(Q(state=CommentState.PENDING) | published)
        return waiting.order_by("confirmed_at", "pk")

    def threads(self) -> CommentQuerySet:
        """Return the comments that are not replies."""
        return self.filter(parent=None)

    def update(self, **changes: Any) -> int:
        """Change the rows; pages that showed them, or do now, are made again."""
        touched = self.order_by()
        if changes.get("state") != CommentState.APPROVED:
            touched = touched.filter(state=CommentState.APPROVED)
        pages = touched.pages()
        changed = super().update(**changes)
        record_comments_changed(pages)
        return changed

    def bulk_create(self, objs: Iterable[Comment], *args: Any, **options: Any) -> list[Comment]:
        """Insert rows; pages that show them are made again."""
        made = super().bulk_create(objs, *args, **options)
        shown = {one.issue_id for one in made if one.state == CommentState.APPROVED}
        if shown:
            record_comments_changed(self.model._default_manager.filter(issue__in=shown).pages())
        return made

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete the rows; pages that showed them are made again."""
        pages = self.seen().pages()
        deleted = super().delete()
        record_comments_changed(pages)
        return deleted

    def pages(self) -> list[tuple[str, int]]:
        """Return the issues that the comments are on, by briefing and number."""
        rows = self.order_by().values_list("issue__briefing__slug", "issue__number")
        return list(rows.distinct())


class Comment(models.Model):
    """A reader's comment in plain text, with a name or without. The address is never shown."""

    issue = models.ForeignKey("briefings.Issue", on_delete=models.CASCADE, related_name="comments")
    section = models.ForeignKey(
        "briefings.Section",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="comments",
    )
    # As they were when the comment was sent: a correction may change them, or remove the section.
    section_heading = models.CharField(
        max_length=200, blank=True, default="", db_default="", editable=False
    )
    passage = models.TextField(
        max_length=MAX_PASSAGE_CHARS,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="The words of the issue that it is about.",
    )
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="replies"
    )
    contributor = models.ForeignKey(
        "briefings.Contributor",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="comments",
        help_text="The author who replied, marked as “Author”.",
    )
    commenter = models.ForeignKey(
        "briefings.Commenter",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="comments",
        help_text="The reader who wrote it, once they confirmed their address.",
    )
    erased_with = models.BigIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text="The first of the comments on an issue that one person left, before an erasure.",
    )
    name = models.CharField(
        max_length=MAX_NAME_CHARS, blank=True, help_text="Leave it empty for an anonymous comment."
    )
    email = models.EmailField("address", max_length=254, blank=True, help_text="Never shown.")
    body = models.TextField(max_length=MAX_COMMENT_CHARS)
    state = models.CharField(max_length=12, choices=CommentState, default=CommentState.UNCONFIRMED)
    featured = models.BooleanField(default=False)
    needs_review = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Whether a moderator is to read it, although readers see it.",
    )
    rejection_reason = models.CharField(
        max_length=12,
        choices=RejectionReason,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    by_staff = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Written by an editor from their own address, marked as “Staff”.",
    )
    quoting = models.CharField(
        "may be quoted",
        max_length=10,
        choices=QuoteChoice,
        default=QuoteChoice.NO,
        db_default=QuoteChoice.NO,
        editable=False,
    )
    quote_name = models.CharField(
        "name to quote",
        max_length=MAX_NAME_CHARS,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="What their writer agreed to be quoted with.",
    )
    recommendation_count = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    quote_asked_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When we asked its writer by email whether we may quote it.",
    )
    emails_on_replies = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Whether its writer is told by email about replies.",
    )
    channel = models.CharField(
        max_length=7, choices=CommentChannel, default=CommentChannel.PAGE, editable=False
    )
    mail_key = models.CharField(
        max_length=64,
        null=True,
        blank=True,
        unique=True,
        editable=False,
        help_text="A hash of the email's Message-ID, so that one email becomes one comment.",
    )
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    published_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When readers first saw it."
    )
    was_shown = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Whether it was ever on the page, for however short a time.",
    )
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    rejection_told_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When its writer was told by email that it was rejected.",
    )

    objects = CommentQuerySet.as_manager()

    # What the page of the issue knows of the passage: see `comment_places.place_passages`.
    is_passage_changed = False
    passage_link = ""

    class Meta:
        ordering = ("created_at", "pk")
        permissions = (("moderate_comment", "Can approve, reject and feature comments"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(featured=False) | Q(state=CommentState.APPROVED),
                name="comment_featured_is_approved",
            ),
            models.CheckConstraint(
                condition=Q(state=CommentState.UNCONFIRMED)
                | Q(confirmed_at__isnull=False)
                | Q(contributor__isnull=False)
                | Q(channel=CommentChannel.MESSAGE, state=CommentState.PRIVATE),
                name="comment_in_the_queue_is_confirmed",
            ),
        )
        indexes = (
            models.Index(fields=["issue", "state"], name="comment_by_issue"),
            models.Index(Upper("email"), name="comment_by_address"),
            # One for each order in which readers may see the threads of an issue.
            models.Index(
                fields=["issue", "-featured", "created_at", "id"],
                condition=Q(parent=None, state__in=SHOWN_STATES),
                name="thread_by_featured",
            ),
            models.Index(
                fields=["issue", "created_at", "id"],
                condition=Q(parent=None, state__in=SHOWN_STATES),
                name="thread_by_age",
            ),
            models.Index(
                fields=["issue", "-recommendation_count", "created_at", "id"],
                condition=Q(parent=None, state__in=SHOWN_STATES),
                name="thread_by_recommendations",
            ),
            models.Index(
                fields=["published_at"],
                condition=Q(parent__isnull=False, state=CommentState.APPROVED),
                name="reply_by_publication",
            ),
            models.Index(
                fields=["confirmed_at", "id"],
                condition=Q(state=CommentState.PENDING)
                | Q(state=CommentState.APPROVED, needs_review=True),
                name="comment_that_waits",
            ),
            models.Index(
                fields=["decided_at"],
                condition=Q(state=CommentState.REJECTED, rejection_told_at=None)
                & ~Q(rejection_reason=""),
                name="rejection_to_tell",
            ),
        )

    def __str__(self) -> str:
        return f"{self._given_name or 'Anonymous'} on {self.issue}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row; a page that may show it, or showed it before, is made again."""
        super().save(*args, **kwargs)
        self._record_change()

    def get_absolute_url(self) -> str:
        """Return a lasting address, which leads to the page that shows the comment."""
        where = [self.issue.briefing.slug, self.issue.number, self.pk]
        return reverse("briefings:comment_detail", args=where)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the row and its replies; a page that showed them is made again."""
        self._record_change()
        return super().delete(*args, **kwargs)

    def _record_change(self) -> None:
        if self.state not in {CommentState.UNCONFIRMED, CommentState.PRIVATE}:
            record_comments_changed([(self.issue.briefing.slug, self.issue.number)])

    @property
    def display_name(self) -> str:
        """The name that readers see: the author's, the reader's, or 'Anonymous'."""
        return self._given_name or gettext("Anonymous")

    @property
    def _given_name(self) -> str:
        return self.contributor.name if self.contributor else self.name

    @property
    def place_name(self) -> str:
        """The heading of the section that it is about, as it is now; empty for the whole issue."""
        return (self.section.heading if self.section else "") or self.section_heading

    @property
    def bears_name(self) -> bool:
        """Whether its writer gave a name, or it is an author's."""
        return bool(self.contributor_id or self.name)

    @property
    def is_withdrawn(self) -> bool:
        """Whether its writer withdrew it: readers see its place in the thread, not its words."""
        return self.state == CommentState.WITHDRAWN

    @property
    def name_to_quote(self) -> str:
        """The name that a quotation of it may give; empty for none."""
        if self.quoting != QuoteChoice.NAMED:
            return ""
        return self.quote_name or (self.display_name if self.bears_name else "")

    @property
    def has_answered_about_quoting(self) -> bool:
        """Whether its writer has said if it may be quoted, since we asked if we did."""
        answers = self.quote_consents.all()
        if self.quote_asked_at is not None:
            answers = answers.filter(at__gte=self.quote_asked_at)
        return answers.exists()

    @property
    def was_published(self) -> bool:
        """Whether readers have seen it at any time."""
        return self.was_shown or self.published_at is not None

    def may_be_edited(self, *, at: datetime) -> bool:
        """Whether its writer may still change its words."""
        since = self.confirmed_at or self.created_at
        return self.may_be_withdrawn and not self.is_private and at < since + EDIT_WITHIN

    @property
    def may_be_withdrawn(self) -> bool:
        """Whether its writer may withdraw it: it is on the page or may be, or we may quote it."""
        return self.state in RESPONSE_STATES

    @property
    def is_private(self) -> bool:
        """Whether only the newsroom reads it."""
        return self.state == CommentState.PRIVATE

    @property
    def may_be_published(self) -> bool:
        """Whether it is private, and its writer was told that we may publish it as a comment."""
        is_theirs = self.confirmed_at is not None  # nobody else used their address
        return self.is_private and self.channel in PUBLISHABLE_CHANNELS and is_theirs

    def confirm(self, *, at: datetime) -> bool:
        """Put the comment into the moderators' queue; False if it was confirmed before."""
        return update_if(
            Q(state=CommentState.UNCONFIRMED), self, state=CommentState.PENDING, confirmed_at=at
        )

    def publish(self, *, at: datetime, needs_review: bool) -> bool:
        """Show the comment before a moderator has read it; False if it does not wait any more."""
        return update_if(
            Q(state=CommentState.PENDING),
            self,
            state=CommentState.APPROVED,
            needs_review=needs_review,
            published_at=_first(at),
            was_shown=True,
        )

    def approve(self, *, by: Actor, at: datetime, detail: dict[str, Any] | None = None) -> bool:
        """Show the comment, or leave it shown after a review; False if nothing changed."""
        hidden = Q(state__in=DECIDABLE_STATES - {CommentState.APPROVED})
        return self._decide(
            hidden | Q(state=CommentState.APPROVED, needs_review=True),
            *("approved", by, at, detail),
            state=CommentState.APPROVED,
            published_at=_first(at),
            was_shown=True,
            rejection_reason="",
        )

    def reject(
        self,
        *,
        by: Actor,
        at: datetime,
        reason: str = "",
        verb: str = "rejected",
        detail: dict[str, Any] | None = None,
    ) -> bool:
        """Hide the comment; False if it was hidden already, or never confirmed."""
        return self._decide(
            Q(state__in=DECIDABLE_STATES - {CommentState.REJECTED}),
            *(verb, by, at, detail),
            state=CommentState.REJECTED,
            featured=False,
            rejection_reason=reason,
            published_at=self.published_at_if_hidden(at=at),
            was_shown=ExpressionWrapper(
                Q(was_shown=True) | Q(state=CommentState.APPROVED),
                output_field=models.BooleanField(),
            ),
        )

    def publish_private(
        self, *, by: Actor, at: datetime, detail: dict[str, Any] | None = None
    ) -> bool:
        """Make a private response a comment that readers see; False if it may not become one."""
        return self._decide(
            Q(
                state=CommentState.PRIVATE,
                channel__in=PUBLISHABLE_CHANNELS,
                confirmed_at__isnull=False,
            ),
            *("published", by, at, detail),
            state=CommentState.APPROVED,
            published_at=_first(at),
        )

    def feature(self, *, by: Actor, at: datetime, detail: dict[str, Any] | None = None) -> bool:
        """Show the comment first, approving it if need be; False if nothing changed."""
        return self._decide(
            Q(state__in=DECIDABLE_STATES, featured=False),
            *("featured", by, at, detail),
            state=CommentState.APPROVED,
            featured=True,
            published_at=_first(at),
            was_shown=True,
            rejection_reason="",
        )

    def unfeature(self, *, by: Actor, at: datetime, detail: dict[str, Any] | None = None) -> bool:
        """Show the comment in its place again; False if it was not featured."""
        return self._decide(Q(featured=True), "unfeatured", by, at, detail, featured=False)

    def published_at_if_hidden(self, *, at: datetime) -> datetime | None:
        """Return what `published_at` becomes if it is hidden now.

        If nobody can have been told of it, the next time that it is shown is the first.
        """
        first = self.published_at
        return None if first is None or at < first + TOLD_OF_AFTER else first

    def discard(self, *, by: Actor) -> None:
        """Delete the comment and its replies; the audit log keeps that it existed."""
        with transaction.atomic():
            # Before its answer, which deleting it changes.
            list(Comment.objects.select_for_update().filter(pk=self.pk).values_list("pk"))
            audit_log.record("deleted", self, by=by, issue=self.issue_id)
            self.delete()

    @property
    def takes_replies(self) -> bool:
        """Whether readers would see a reply: the comment is not hidden, nor its thread."""
        thread = self.parent or self
        hidden = {CommentState.REJECTED, CommentState.WITHDRAWN, CommentState.PRIVATE}
        return self.state not in hidden and thread.state != CommentState.REJECTED

    def _decide(
        self,
        movable: Q,
        verb: str,
        by: Actor,
        at: datetime,
        detail: dict[str, Any] | None,
        **changes: Any,
    ) -> bool:
        decision = {"decided_at": at, "decided_by": by, "needs_review": False, **changes}
        return update_if(movable, self, verb=verb, by=by, detail=detail, **decision)


def lock_responses(keys: Iterable[int]) -> list[int]:
    """Lock comments until the transaction ends; return the keys of those that still exist.

    Lock the issues that quote them before, everywhere: see `Commenter.lock`.
    """
    rows = Comment.objects.select_for_update(no_key=True).filter(pk__in=[*keys]).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def _first(at: datetime) -> Coalesce:
    """Return the moment at which a comment was first shown, which is now if it never was."""
    return Coalesce("published_at", Value(at, output_field=models.DateTimeField()))
