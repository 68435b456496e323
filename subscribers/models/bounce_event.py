"""Bounces and complaints: one row for each event, whichever way it reached us."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone


class BounceSource(models.TextChoices):
    """How the event reached us."""

    MAIL = "mail", "A report by email"
    HOOK = "hook", "The email provider's webhook"
    SENDING = "sending", "The server's reply while we were sending"


class BounceClassification(models.TextChoices):
    """What the event means for the address. suppression_policy.toml has a rule for each."""

    HARD = "hard", "No such mailbox"
    FULL = "full", "Mailbox full"
    POLICY = "policy", "Rejected by policy"
    SOFT = "soft", "Temporary failure"
    COMPLAINT = "complaint", "Reported as spam"


class BounceAction(models.TextChoices):
    """What we did about the event."""

    WAITING = "waiting", "Waiting for the result of the delivery"
    COUNTED = "counted", "Counted"
    SUPPRESSED = "suppressed", "Address suppressed"
    NOTHING = "nothing", "Nothing"


class BounceEventQuerySet(models.QuerySet["BounceEvent"]):
    """Events, as the suppression policy asks for them."""

    def waiting(self) -> BounceEventQuerySet:
        """Return events about deliveries that a worker still had on lease."""
        return self.filter(action=BounceAction.WAITING).order_by("pk")

    def deliveries_within(
        self, within: timedelta, *, classification: str, subscriber: int, at: datetime
    ) -> int:
        """Return how many of a subscriber's deliveries got this classification lately."""
        recent = self.filter(
            subscriber_id=subscriber, classification=classification, at__gt=at - within
        )
        return recent.order_by().values("delivery_id").distinct().count()


class BounceEvent(models.Model):
    """One bounce or complaint about one delivery. `key` is unique, so a repeat changes nothing.

    The delivery has no foreign key constraint in the database, as everywhere in the ledger.
    """

    key = models.CharField(max_length=64, unique=True)
    source = models.CharField(max_length=8, choices=BounceSource)
    provider = models.CharField(max_length=40, blank=True)
    classification = models.CharField(max_length=10, choices=BounceClassification)
    reason = models.CharField(max_length=40)
    status = models.CharField(
        "status code",
        max_length=12,
        blank=True,
        help_text="Enhanced status code (RFC 3463), such as 5.1.1.",
    )
    diagnostic = models.CharField(
        max_length=500,
        blank=True,
        help_text="The other server's own words. They may include the address.",
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
    at = models.DateTimeField("when", default=timezone.now)

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
