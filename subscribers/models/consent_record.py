"""Append-only proof of what was agreed or withdrawn."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from newsroom.append_only import AppendOnlyModel, AppendOnlyQuerySet


class ConsentAction(models.TextChoices):
    """What a person did."""

    JOINED = "joined", "Joined"
    LEFT = "left", "Left"
    IMPORTED = "imported", "Imported with evidence"


class ConsentRecordQuerySet(AppendOnlyQuerySet["ConsentRecord"]):
    """Consents to be read."""


class ConsentRecord(AppendOnlyModel):
    """Who agreed to what, when, from where, and what they were told (UK GDPR, article 7(1))."""

    subscriber = models.ForeignKey(
        "subscribers.Subscriber",
        on_delete=models.CASCADE,
        related_name="consents",
        db_index=False,  # consent_by_subscriber begins with it
    )
    briefing = models.ForeignKey(
        "briefings.Briefing",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # consents are asked for by person
    )
    action = models.CharField(max_length=10, choices=ConsentAction)
    at = models.DateTimeField(default=timezone.now)
    asked_at = models.DateTimeField(null=True, help_text="When the form was sent.")
    source = models.CharField(max_length=300, help_text="Page, letter or file.")
    wording = models.TextField(blank=True, help_text="What the person was told.")
    ip = models.GenericIPAddressField(null=True, help_text="Of the confirming or leaving request.")
    asked_ip = models.GenericIPAddressField(null=True, help_text="Of the form's request.")

    objects = ConsentRecordQuerySet.as_manager()

    class Meta:
        ordering = ("at", "pk")
        indexes = (models.Index(fields=["subscriber", "briefing"], name="consent_by_subscriber"),)

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.at:%d %B %Y %H:%M}"
