"""Comments about which Akismet is to be asked."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils import timezone


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
