"""What fails again and again: a mail server, or a step of sending."""

from __future__ import annotations

from django.db import models


class Outage(models.Model):
    """Something that has not worked since a moment. It is deleted once it works again."""

    what = models.CharField(max_length=255, unique=True, help_text="In words for staff.")
    reason = models.CharField(max_length=500, help_text="How it failed the last time.")
    since = models.DateTimeField()
    last_at = models.DateTimeField(help_text="When it failed the last time.")
    alerted_at = models.DateTimeField(null=True, help_text="When staff were emailed.")

    def __str__(self) -> str:
        return f"{self.what} since {self.since}"
