"""An excerpt of a response, printed in a later issue."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

MAX_ATTRIBUTION_CHARS = 120


class NotTold(models.TextChoices):
    """Why a quoted reader was not told by email."""

    SUPPRESSED = "suppressed", "We must not write to this address"
    NOT_WANTED = "not_wanted", "They do not want these emails"
    NO_ADDRESS = "no_address", "There is no address"
    GONE = "gone", "The quotation was gone by then"


class Quotation(models.Model):
    """A quoted reader in a feedback section, as `briefings/quotations/` reads it from the body.

    In the body it is a `<blockquote data-response="COMMENT">` with the words, and last a paragraph
    with the attribution. The row repeats what pages and emails ask for: which response is quoted
    where. `response` is the key in the block; `comment` is null once it was erased, and `about`
    remains. `excerpt` is empty where the words are withdrawn, `attribution` where no name is given.
    """

    issue = models.ForeignKey(
        "briefings.Issue", on_delete=models.CASCADE, related_name="quotations"
    )
    section = models.ForeignKey(
        "briefings.Section",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="quotations",
    )
    response = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)
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
    places = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        help_text="Where its parts stand in the response: pairs of positions, from 0.",
    )
    attribution = models.CharField(max_length=MAX_ATTRIBUTION_CHARS, blank=True)
    is_in_issue = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Off where a later edit took out what its reader had been told of.",
    )
    at = models.DateTimeField(
        default=timezone.now,
        help_text="When somebody in the newsroom chose these words, having read the response.",
    )
    told_at = models.DateTimeField(
        null=True, blank=True, help_text="When its reader was told by email that it was printed."
    )
    not_told = models.CharField(
        max_length=10,
        choices=NotTold,
        blank=True,
        default="",
        db_default="",
        help_text="Why its reader was not told, if so.",
    )
    removed_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was removed from the page at its reader's wish."
    )

    class Meta:
        ordering = ("issue", "section", "position")
        default_permissions = ()  # whoever writes issues of the briefing quotes in them
        indexes = (
            models.Index(
                fields=["issue"],
                condition=Q(told_at=None, not_told=""),
                name="quotation_to_tell",
            ),
        )

    def __str__(self) -> str:
        return self.excerpt[:80]
