"""Comments about which Akismet is to be asked, and what it answered."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from briefings.models.comment import CommentState
from briefings.models.rejection_reason import RejectionReason


class SpamCheckQuerySet(models.QuerySet["SpamCheck"]):
    """The checks as the task asks for them."""

    def due(self, *, at: datetime) -> SpamCheckQuerySet:
        """Return the checks that can be tried now, the oldest first."""
        return self.filter(not_before__lte=at).order_by("pk")


class SpamCheck(models.Model):
    """A comment that waits for Akismet's answer; the row is deleted with it."""

    comment = models.OneToOneField(
        "briefings.Comment", on_delete=models.CASCADE, related_name="spam_check"
    )
    ip = models.GenericIPAddressField(help_text="Where the comment came from.")
    user_agent = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)

    objects = SpamCheckQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Check of comment {self.comment_id}"


class SpamAnswerQuerySet(models.QuerySet["SpamAnswer"]):
    """The answers as the task asks for them."""

    def wrong(self, *, at: datetime, decided_before: datetime) -> SpamAnswerQuerySet:
        """Return the answers that a moderator's decision contradicts, those due, the oldest first.

        A rejection for another reason than spam says nothing about whether it is spam.
        """
        missed = Q(
            is_spam=False,
            comment__state=CommentState.REJECTED,
            comment__rejection_reason=RejectionReason.SPAM,
        )
        mistaken = Q(is_spam=True, comment__state=CommentState.APPROVED)
        decided = self.filter(
            comment__decided_by__isnull=False, comment__decided_at__lte=decided_before
        )
        return decided.filter(missed | mistaken, not_before__lte=at).order_by("pk")


class SpamAnswer(models.Model):
    """What Akismet answered about the words that a comment has now.

    It keeps what Akismet needs to know the comment again if a moderator decides otherwise. The row
    is deleted once it is told, and by the retention policy.
    """

    comment = models.OneToOneField(
        "briefings.Comment", on_delete=models.CASCADE, related_name="spam_answer"
    )
    is_spam = models.BooleanField()
    ip = models.GenericIPAddressField(help_text="Where the comment came from.")
    user_agent = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)

    objects = SpamAnswerQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Answer about comment {self.comment_id}"
