"""What a comment said before its writer changed it, for moderators only."""

from __future__ import annotations

from django.db import models


class EarlierWords(models.Model):
    """The words of a comment until a moment."""

    comment = models.ForeignKey(
        "briefings.Comment", on_delete=models.CASCADE, related_name="earlier_words"
    )
    body = models.TextField()
    until = models.DateTimeField()

    class Meta:
        ordering = ("until", "pk")
        verbose_name_plural = "earlier words"

    def __str__(self) -> str:
        return f"Comment {self.comment_id} until {self.until:%d %B %Y %H:%M}"
