"""Append-only proof of consent given and withdrawn."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from newsroom.append_only import AppendOnlyModel, AppendOnlyQuerySet


class ConsentAction(models.TextChoices):
    """What a person did."""

    SUBSCRIBED = "joined", "Subscribed"
    UNSUBSCRIBED = "left", "Unsubscribed"
    IMPORTED = "imported", "Imported with evidence"


class ConsentRecordQuerySet(AppendOnlyQuerySet["ConsentRecord"]):
    """Consent records; they can be added and read, not changed."""


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
        db_index=False,  # records are looked up by subscriber
    )
    action = models.CharField(max_length=10, choices=ConsentAction)
    at = models.DateTimeField("when", default=timezone.now)
    asked_at = models.DateTimeField(null=True, help_text="When the form was sent.")
    source = models.CharField(max_length=300, help_text="Page, email or file.")
    wording = models.TextField(blank=True, help_text="What the person was told.")
    ip = models.GenericIPAddressField(
        null=True, help_text="Of the request that confirmed or unsubscribed."
    )
    asked_ip = models.GenericIPAddressField(
        null=True, help_text="Of the request that sent the form."
    )

    objects = ConsentRecordQuerySet.as_manager()

    class Meta:
        ordering = ("at", "pk")
        indexes = (models.Index(fields=["subscriber", "briefing"], name="consent_by_subscriber"),)

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.at:%d %B %Y %H:%M}"
