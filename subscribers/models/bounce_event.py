"""What came back about letters: one row for each bounce or complaint, however it reached us."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone


class BounceSource(models.TextChoices):
    """How it reached us."""

    MAIL = "mail", "A report by mail"
    HOOK = "hook", "The provider's webhook"
    SENDING = "sending", "The server's answer while sending"


class BounceClassification(models.TextChoices):
    """What it means for the address; the policy table (bounces/policy.toml) is by these."""

    HARD = "hard", "No such mailbox"
    FULL = "full", "Mailbox full"
    POLICY = "policy", "Refused by policy"
    SOFT = "soft", "Trouble on the way"
    COMPLAINT = "complaint", "Reported as spam"


class BounceAction(models.TextChoices):
    """What was done about it."""

    WAITING = "waiting", "Waits until the letter's own fate is recorded"
    COUNTED = "counted", "Counted"
    SUPPRESSED = "suppressed", "Address suppressed"
    NOTHING = "nothing", "Nothing"


class BounceEventQuerySet(models.QuerySet["BounceEvent"]):
    """Events as the policy and the desk ask for them."""

    def waiting(self) -> BounceEventQuerySet:
        """Events about letters that were still in a worker's hands."""
        return self.filter(action=BounceAction.WAITING).order_by("pk")

    def letters_within(
        self, within: timedelta, *, classification: str, subscriber: int, at: datetime
    ) -> int:
        """How many of a subscriber's letters met with this classification lately."""
        lately = self.filter(
            subscriber_id=subscriber, classification=classification, at__gt=at - within
        )
        return lately.order_by().values("delivery_id").distinct().count()


class BounceEvent(models.Model):
    """One bounce or complaint about one letter. `key` makes a second telling of it harmless.

    The delivery is named without a foreign key check, as everywhere in the ledger.
    """

    key = models.CharField(max_length=64, unique=True)
    source = models.CharField(max_length=8, choices=BounceSource)
    provider = models.CharField(max_length=40, blank=True)
    classification = models.CharField(max_length=10, choices=BounceClassification)
    reason = models.CharField(max_length=40)
    status = models.CharField(max_length=12, blank=True, help_text="RFC 3463, such as 5.1.1.")
    diagnostic = models.CharField(
        max_length=500, blank=True, help_text="The other side's words; they may name the address."
    )
    delivery = models.ForeignKey(
        "subscribers.Delivery",
        on_delete=models.CASCADE,
        db_constraint=False,
        related_name="events",
    )
    dispatch = models.ForeignKey(
        "subscribers.Dispatch", on_delete=models.CASCADE, related_name="events"
    )
    subscriber = models.ForeignKey(
        "subscribers.Subscriber", on_delete=models.CASCADE, related_name="events"
    )
    action = models.CharField(max_length=10, choices=BounceAction)
    at = models.DateTimeField(default=timezone.now)

    objects = BounceEventQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = "bounce or complaint"
        verbose_name_plural = "bounces and complaints"
        constraints = (
            models.CheckConstraint(condition=~Q(key=""), name="report_event_has_its_key"),
        )
        indexes = (
            models.Index(fields=["subscriber", "classification", "at"], name="report_event_policy"),
            models.Index(fields=["id"], condition=Q(action="waiting"), name="report_event_waiting"),
        )

    def __str__(self) -> str:
        return f"{self.get_classification_display()}, {self.at:%d %B %Y}"
