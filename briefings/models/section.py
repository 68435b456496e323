"""An ordered part of an issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils.text import slugify

from briefings.richtext import RichTextField

if TYPE_CHECKING:
    from datetime import datetime

MAX_OPTIONS = 8
MAX_OPTION_CHARS = 120


class SectionKind(models.TextChoices):
    """What a section is; each kind looks different on the page and in the email."""

    FEATURE = "feature", "Feature"
    ROUNDUP = "roundup", "Round-up (bullets)"
    FEEDBACK = "feedback", "Feedback (readers quoted)"
    QUESTION = "question", "Question to readers"
    SISTERS = "sisters", "Sister titles (latest issues)"
    NOTE = "note", "Note or sign-off"


class Section(models.Model):
    """A part of an issue: its kind, heading and text.

    `sisters` are the keys of the briefings whose latest issues a section of that kind lists.
    `options` are the answers to choose from in a section that asks a question, in their order.
    """

    issue = models.ForeignKey("briefings.Issue", on_delete=models.CASCADE, related_name="sections")
    position = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=10, choices=SectionKind, default=SectionKind.FEATURE)
    heading = models.CharField(max_length=200, blank=True)
    body = RichTextField(blank=True)
    sisters = models.JSONField(default=list, blank=True)
    options = models.JSONField(
        default=list, blank=True, db_default=models.Value([], models.JSONField())
    )
    closes_at = models.DateTimeField(
        "closes", null=True, blank=True, help_text="Until when readers may answer the question."
    )

    class Meta:
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.heading or self.get_kind_display()

    @property
    def anchor(self) -> str:
        """The id of this section on its page; it stays the same when sections are reordered."""
        return f"{slugify(self.heading)[:60] or self.kind}-{self.pk}"

    @property
    def asks(self) -> bool:
        """Whether it asks readers a question."""
        return self.kind == SectionKind.QUESTION

    @property
    def closing(self) -> datetime:
        """When its question closes: as somebody chose, or as usual."""
        return self.closes_at or self.issue.questions_close_at

    def takes_answers(self, *, at: datetime) -> bool:
        """Whether readers may answer its question."""
        return self.asks and at < self.closing
