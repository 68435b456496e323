"""Why a comment is held for a moderator, and the words that hold one."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

MAX_DETAIL = 200


class HoldKind(models.TextChoices):
    """What holds a comment."""

    LINK = "link", "Has a link"
    FIRST = "first", "First comment"
    WORDS = "words", "Flagged words"
    RATE = "rate", "Many in a short time"
    DUPLICATE = "duplicate", "Nearly the same as another"
    REPORTED = "reported", "Reported by readers"
    AKISMET = "akismet", "Akismet takes it for spam"
    UNCHECKED = "unchecked", "Akismet did not answer"


class HoldReason(models.Model):
    """One reason why a moderator should read a comment before others do."""

    comment = models.ForeignKey(
        "briefings.Comment",
        on_delete=models.CASCADE,
        related_name="hold_reasons",
        db_index=False,  # the constraint begins with it
    )
    kind = models.CharField(max_length=10, choices=HoldKind)
    detail = models.CharField(max_length=MAX_DETAIL, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=["comment", "kind"], name="hold_reason_once_a_comment"),
        )

    def __str__(self) -> str:
        words = self.get_kind_display()
        return f"{words}: {self.detail}" if self.detail else words


class FlaggedWord(models.Model):
    """A word or phrase that holds a comment; with `*` at its end, all words that begin with it."""

    words = models.CharField(
        max_length=80,
        unique=True,
        help_text=(
            "A word or a phrase. Capitals, accents and look-alike characters make no difference."
            " End it with * for all words that begin with it."
        ),
    )

    class Meta:
        default_permissions = ()
        ordering = ("words",)

    def __str__(self) -> str:
        return self.words

    def clean(self) -> None:
        """Refuse what would hold every comment, or none."""
        self.words = " ".join(self.words.split()).casefold()
        if not any(char.isalnum() for char in self.words):
            raise ValidationError({"words": "Enter a word."})
        if "*" in self.words[:-1]:
            raise ValidationError({"words": "The * can only stand at the end."})
