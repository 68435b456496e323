"""What an editor tells those who answered a question, once it is closed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

MAX_CLOSING_NOTE_CHARS = 600


class ClosingNote(models.Model):
    """An editor's sentences for those who answered a question; they are emailed at once.

    Without one, they are told when the next issue is out. `leads_to` is the issue that the email
    links.
    """

    section = models.OneToOneField(
        "briefings.Section", on_delete=models.CASCADE, related_name="closing_note"
    )
    leads_to = models.ForeignKey("briefings.Issue", on_delete=models.CASCADE, related_name="+")
    words = models.TextField(max_length=MAX_CLOSING_NOTE_CHARS)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("at", "pk")
        default_permissions = ()  # whoever may correct the issue tells them

    def __str__(self) -> str:
        return self.words[:80]
