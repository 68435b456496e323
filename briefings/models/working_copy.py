"""The unsaved words of one person on one page, as the browser sends them while they type."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class WorkingCopy(models.Model):
    """What one open page of an issue holds that is not saved yet.

    It is never checked, never voids an approval and does not count as a version of the issue. The
    page of a new issue has a working copy without an issue. Once its words are saved or discarded,
    it is settled: empty, and closed to a request that arrives late.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="working_copies"
    )
    # An issue that somebody deletes leaves its unsaved words to whoever typed them.
    issue = models.ForeignKey(
        "briefings.Issue", null=True, on_delete=models.SET_NULL, related_name="working_copies"
    )
    token = models.CharField(max_length=40)
    # Grows with each request of the page, so that a slow one never replaces a newer one.
    sequence = models.PositiveBigIntegerField()
    content = models.JSONField(default=dict)
    is_settled = models.BooleanField(default=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["user", "token"], name="working_copy_is_one_for_each_page"
            ),
        )
        indexes = (
            models.Index(fields=["user", "issue", "-updated_at"], name="working_copy_newest"),
        )
        verbose_name_plural = "working copies"

    def __str__(self) -> str:
        return f"Working copy {self.token}"
