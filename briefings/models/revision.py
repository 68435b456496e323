"""The words of an issue as they were at one moment."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from newsroom.staff_names import name_of


class RevisionStep(models.TextChoices):
    """What a revision was kept for."""

    CREATED = "created", "Created"
    IMPORTED = "imported", "Imported"
    SAVED = "saved", "Saved"
    SUBMITTED = "submitted", "Submitted for review"
    RETURNED = "returned", "Returned to its author"
    APPROVED = "approved", "Approved"
    PUBLISHED = "published", "Published"
    CORRECTED = "corrected", "Corrected"
    RESTORED = "restored", "Restored"
    WITHDRAWN = "withdrawn", "A quotation was withdrawn"
    UPGRADED = "upgraded", "As it was before revisions were kept"


class Revision(models.Model):
    """Headline, strapline, subject, preheader, author and sections at one step, together.

    `content` is {"title", "strapline", "subject", "preheader", "author", "author_name",
    "sections"}; each section is {"id", "kind", "heading", "body"}, in the order of the issue,
    and where it lists sister titles, "sisters"; where it asks a question, "options" and
    "closes_at", a moment with its offset.
    Revisions from before an issue had a subject and a preheader lack those two.
    """

    issue = models.ForeignKey("briefings.Issue", on_delete=models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    step = models.CharField(max_length=10, choices=RevisionStep)
    name = models.CharField(max_length=80, blank=True)
    content = models.JSONField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-at", "-pk")
        indexes = (models.Index(fields=["issue", "-at", "-id"], name="revision_of_issue"),)

    def __str__(self) -> str:
        return self.name or f"{self.get_step_display()}, version {self.version}"

    @property
    def who(self) -> str:
        """The person's name, or empty where a worker or a command took the step."""
        return name_of(self.by)
