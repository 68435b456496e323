"""Changes of a published issue: corrections with a note for readers, and fixes without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone

from newsroom.staff_names import name_of

if TYPE_CHECKING:
    from datetime import datetime

MAX_NOTE_CHARS = 1000


class CorrectionQuerySet(models.QuerySet["Correction"]):
    """Corrections as readers and editors ask for them."""

    def noted(self) -> CorrectionQuerySet:
        """Return those with a note for readers."""
        return self.exclude(note="")

    def without_note(self) -> CorrectionQuerySet:
        """Return the small fixes, which only staff see."""
        return self.filter(note="")

    def for_list(self) -> CorrectionQuerySet:
        """Return the corrections with the rows that a list of them needs."""
        return self.select_related("issue__briefing", "revision", "by").defer("revision__content")


class Correction(models.Model):
    """One change of a published issue; without a `note`, it fixed typing errors only."""

    issue = models.ForeignKey(
        "briefings.Issue", on_delete=models.CASCADE, related_name="corrections"
    )
    revision = models.OneToOneField(
        "briefings.Revision",
        on_delete=models.PROTECT,
        related_name="correction",
        help_text="The words as they are since this correction.",
    )
    note = models.CharField(max_length=MAX_NOTE_CHARS, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    at = models.DateTimeField(default=timezone.now)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-pk")
        indexes = (models.Index(fields=["issue", "-at", "-id"], name="correction_of_issue"),)

    def __str__(self) -> str:
        return f"correction of {self.issue}"

    @property
    def local_at(self) -> datetime:
        """When it was made, in the briefing's time zone."""
        return self.at.astimezone(self.issue.briefing.zone)

    @property
    def who(self) -> str:
        """The person's name, or empty if a command made it."""
        return name_of(self.by)
