"""Who has an issue open in the admin now, and who asks whom to hand it over."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class OpenPage(models.Model):
    """One open page of an issue, until `expires_at`; the page says every few seconds that it is."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="open_pages"
    )
    issue = models.ForeignKey(
        "briefings.Issue", on_delete=models.CASCADE, related_name="open_pages"
    )
    token = models.CharField(max_length=40)
    # The key of the section that the person is in, "head" for the headline, or empty.
    section = models.CharField(max_length=20, blank=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["user", "token"], name="open_page_is_one_for_each_page"
            ),
        )
        indexes = (models.Index(fields=["issue", "expires_at"], name="open_page_of_issue"),)

    def __str__(self) -> str:
        return f"Open page {self.token}"


class TakeOverAnswer(models.TextChoices):
    """What somebody answered who was asked to hand over an issue."""

    WAITING = "", "Waiting"
    HANDED_OVER = "handed_over", "Handed over"
    REFUSED = "refused", "Refused"


class TakeOver(models.Model):
    """A question of one editor to another, who is to hand over an issue.

    It locks nothing: whatever both write is merged when they save.
    """

    issue = models.ForeignKey(
        "briefings.Issue", on_delete=models.CASCADE, related_name="take_overs"
    )
    asker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    asked = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    answer = models.CharField(
        max_length=12, choices=TakeOverAnswer, default=TakeOverAnswer.WAITING, blank=True
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    taken_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=["issue", "-asked_at"], name="take_over_of_issue"),)

    def __str__(self) -> str:
        return f"Take-over of issue {self.issue_id}"
