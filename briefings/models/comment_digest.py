"""How often a person is emailed about the comments that wait."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class DigestRhythm(models.TextChoices):
    """The rhythm of the digest."""

    OFF = "off", "Never"
    HOURLY = "hourly", "Every hour in which comments come in"
    DAILY = "daily", "Every morning"
    WEEKLY = "weekly", "Every Monday morning"


class CommentDigest(models.Model):
    """What a person chose, and when we last looked for them; without a row it is DAILY."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="comment_digest"
    )
    rhythm = models.CharField(max_length=6, choices=DigestRhythm, default=DigestRhythm.DAILY)
    looked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()  # all staff choose for themselves

    def __str__(self) -> str:
        return f"{self.user}: {self.rhythm}"
