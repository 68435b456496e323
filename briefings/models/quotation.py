"""An excerpt of a response, printed in a later issue."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Quotation(models.Model):
    """A quoted reader in a feedback section, as `briefings/quotations/` reads it from the body.

    In the body it is a `<blockquote data-response="COMMENT">` with the words, and last a paragraph
    with the attribution. The row repeats what pages and emails ask for: which response is quoted
    where. `comment` is null once the response was erased, and `about` remains.
    """

    issue = models.ForeignKey(
        "briefings.Issue", on_delete=models.CASCADE, related_name="quotations"
    )
    section = models.ForeignKey(
        "briefings.Section", on_delete=models.CASCADE, related_name="quotations"
    )
    comment = models.ForeignKey(
        "briefings.Comment",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="quotations",
    )
    about = models.ForeignKey(
        "briefings.Issue",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The issue that the response is to.",
    )
    position = models.PositiveSmallIntegerField(help_text="Its place among those of the section.")
    excerpt = models.TextField(help_text="The words as printed, with “…” and “[ ]”.")
    attribution = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(
        null=True, blank=True, help_text="When its reader was told by email that it was printed."
    )
    removed_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was removed from the page at its reader's wish."
    )

    class Meta:
        ordering = ("issue", "section", "position")
        default_permissions = ()  # whoever writes issues of the briefing quotes in them

    def __str__(self) -> str:
        return self.excerpt[:80]
