"""What readers do with a comment of somebody else: recommend and report it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

MAX_REPORT_CHARS = 1_000


class Recommendation(models.Model):
    """One reader's recommendation of a comment. `Comment.recommendation_count` counts them."""

    comment = models.ForeignKey(
        "briefings.Comment",
        on_delete=models.CASCADE,
        related_name="recommendations",
        db_index=False,  # the constraint begins with it
    )
    commenter = models.ForeignKey(
        "briefings.Commenter", on_delete=models.CASCADE, related_name="recommendations"
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["comment", "commenter"], name="recommendation_once_per_reader"
            ),
        )

    def __str__(self) -> str:
        return f"Recommendation of comment {self.comment_id}"


class ReportReason(models.TextChoices):
    """Why a reader reports a comment."""

    ABUSE = "abuse", gettext_lazy("It insults or threatens somebody")
    HATE = "hate", gettext_lazy("It attacks people for who they are")
    PRIVATE = "private", gettext_lazy("It gives away something private")
    FALSE = "false", gettext_lazy("It says something that is not true")
    SPAM = "spam", gettext_lazy("It is advertising or spam")
    OFF_TOPIC = "off_topic", gettext_lazy("It has nothing to do with the issue")
    OTHER = "other", gettext_lazy("Something else")


class CommentReport(models.Model):
    """A reader's report of a comment, for the moderators."""

    comment = models.ForeignKey(
        "briefings.Comment", on_delete=models.CASCADE, related_name="reports"
    )
    # Null for a reader who is not signed in.
    commenter = models.ForeignKey(
        "briefings.Commenter", null=True, on_delete=models.CASCADE, related_name="reports"
    )
    reason = models.CharField(max_length=10, choices=ReportReason)
    detail = models.TextField(max_length=MAX_REPORT_CHARS, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["comment", "commenter"], name="report_once_per_reader"),
        )

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: comment {self.comment_id}"
