"""What a reader of a draft says about it, and what is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone

from newsroom.staff_names import name_of

if TYPE_CHECKING:
    from briefings.models.issue import Issue

MAX_REMARK_CHARS = 4000
MAX_GUEST_NAME_CHARS = 80


class RemarkState(models.TextChoices):
    """Whether anybody still has to do something about a remark."""

    OPEN = "open", "Open"
    ANSWERED = "answered", "Answered"
    SETTLED = "settled", "Settled"


class RemarkQuerySet(models.QuerySet["Remark"]):
    """Remarks as the page of an issue asks for them."""

    def of(self, issue: Issue) -> RemarkQuerySet:
        """Return the remarks on an issue in the order of its sections, with their answers."""
        ordered = self.filter(issue=issue.pk).order_by("section__position", "at", "pk")
        return ordered.select_related("by", "section").prefetch_related("answers__by")

    def unsettled(self) -> RemarkQuerySet:
        """Return those that are open or answered."""
        return self.exclude(state=RemarkState.SETTLED)

    def open(self) -> RemarkQuerySet:
        """Return those that nobody has answered or settled."""
        return self.filter(state=RemarkState.OPEN)


class Remark(models.Model):
    """A remark on a section of a draft, or on the whole of it, in plain text.

    It outlives its section, whose key and heading it keeps. A guest has no account: they came by a
    preview link and gave a name.
    """

    issue = models.ForeignKey("briefings.Issue", on_delete=models.CASCADE, related_name="remarks")
    section = models.ForeignKey(
        "briefings.Section",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="remarks",
    )
    section_heading = models.CharField(max_length=200, blank=True)
    section_key = models.PositiveBigIntegerField(
        null=True,
        editable=False,
        help_text="The key of the section, by which a restored one is known again.",
    )
    words = models.TextField(max_length=MAX_REMARK_CHARS)
    state = models.CharField(max_length=8, choices=RemarkState, default=RemarkState.OPEN)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    guest_name = models.CharField(max_length=MAX_GUEST_NAME_CHARS, blank=True)
    link = models.ForeignKey(
        "briefings.PreviewLink",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="remarks",
    )
    at = models.DateTimeField(default=timezone.now)

    objects = RemarkQuerySet.as_manager()

    class Meta:
        ordering = ("at", "pk")
        indexes = (models.Index(fields=["issue", "state"], name="remark_of_issue"),)

    def __str__(self) -> str:
        return f"Remark {self.pk} on {self.place}"

    @property
    def place(self) -> str:
        """What the remark is about, in words."""
        if self.section is not None:
            return self.section.heading or self.section.get_kind_display()
        return self.section_heading or "The whole issue"

    @property
    def section_is_gone(self) -> bool:
        """Whether somebody removed the section that the remark was about."""
        return self.section_id is None and bool(self.section_heading)

    @property
    def who(self) -> str:
        """The name of whoever left the remark."""
        if self.by is not None:
            return name_of(self.by)
        if self.link_id is not None or self.guest_name:
            return f"{self.guest_name or 'A guest'} (guest)"
        return "Somebody"


class RemarkAnswer(models.Model):
    """An answer of staff to a remark."""

    remark = models.ForeignKey(Remark, on_delete=models.CASCADE, related_name="answers")
    words = models.TextField(max_length=MAX_REMARK_CHARS)
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

    def __str__(self) -> str:
        return f"Answer {self.pk} to remark {self.remark_id}"

    @property
    def who(self) -> str:
        """The name of whoever answered."""
        return name_of(self.by) or "Somebody"
