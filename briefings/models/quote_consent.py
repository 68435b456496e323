"""Append-only proof of whether a reader may be quoted."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from newsroom.append_only import AppendOnlyModel, AppendOnlyQuerySet


class QuoteChoice(models.TextChoices):
    """Whether a comment may be quoted in a later issue, and how."""

    NAMED = "named", "By name"
    ANONYMOUS = "anonymous", "Without a name"
    NO = "no", "Not at all"


class QuoteConsentQuerySet(AppendOnlyQuerySet["QuoteConsent"]):
    """Consents to be quoted; they can be added and read, not changed."""


class QuoteConsent(AppendOnlyModel):
    """What a reader chose for a comment, when, where, and what they were told.

    The latest one holds, and `Comment.quoting` and `Comment.quote_name` repeat it. It counts once
    the comment's address is confirmed.
    """

    comment = models.ForeignKey(
        "briefings.Comment", on_delete=models.CASCADE, related_name="quote_consents"
    )
    choice = models.CharField(max_length=10, choices=QuoteChoice)
    name = models.CharField(
        max_length=80,
        blank=True,
        default="",
        db_default="",
        help_text="The name to quote them with, if they agreed to that.",
    )
    at = models.DateTimeField("when", default=timezone.now)
    source = models.CharField(max_length=300, help_text="Page or email.")
    wording = models.TextField(help_text="What the person was told.")
    wording_version = models.PositiveSmallIntegerField()
    ip = models.GenericIPAddressField(null=True, help_text="Of the request that chose.")

    objects = QuoteConsentQuerySet.as_manager()

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.get_choice_display()} {self.at:%d %B %Y %H:%M}"
