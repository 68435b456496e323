"""What came back about letters: one row for each bounce or complaint, however it reached us."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone


class EventSource(models.TextChoices):
    """How it reached us."""

    MAIL = "mail", "A report by mail"
    HOOK = "hook", "The provider's webhook"
    SENDING = "sending", "The server's answer while sending"


class EventVerdict(models.TextChoices):
    """What it means for the address; the policy table (reports/policy.toml) is by these."""

    HARD = "hard", "No such mailbox"
    FULL = "full", "Mailbox full"
    POLICY = "policy", "Refused by policy"
    SOFT = "soft", "Trouble on the way"
    COMPLAINT = "complaint", "Reported as spam"


class EventAct(models.TextChoices):
    """What was done about it."""

    WAITING = "waiting", "Waits until the letter's own fate is recorded"
    COUNTED = "counted", "Counted"
    SUPPRESSED = "suppressed", "Address suppressed"
    NOTHING = "nothing", "Nothing"


class ReportEventQuerySet(models.QuerySet["ReportEvent"]):
    """Events as the policy and the desk ask for them."""

    def waiting(self) -> ReportEventQuerySet:
        """Events about letters that were still in a worker's hands."""
        return self.filter(act=EventAct.WAITING).order_by("pk")

    def letters_within(
        self, within: timedelta, *, verdict: str, subscriber: int, at: datetime
    ) -> int:
        """How many of a subscriber's letters met with this verdict lately."""
        lately = self.filter(subscriber_id=subscriber, verdict=verdict, at__gt=at - within)
        return lately.order_by().values("delivery_id").distinct().count()


class ReportEvent(models.Model):
    """One bounce or complaint about one letter. `key` makes a second telling of it harmless.

    The delivery is named without a foreign key check, as everywhere in the ledger.
    """

    key = models.CharField(max_length=64, unique=True)
    source = models.CharField(max_length=8, choices=EventSource)
    provider = models.CharField(max_length=40, blank=True)
    verdict = models.CharField(max_length=10, choices=EventVerdict)
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
    act = models.CharField(max_length=10, choices=EventAct)
    at = models.DateTimeField(default=timezone.now)

    objects = ReportEventQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = "bounce or complaint"
        verbose_name_plural = "bounces and complaints"
        constraints = (
            models.CheckConstraint(condition=~Q(key=""), name="report_event_has_its_key"),
        )
        indexes = (
            models.Index(fields=["subscriber", "verdict", "at"], name="report_event_policy"),
            models.Index(fields=["id"], condition=Q(act="waiting"), name="report_event_waiting"),
        )

    def __str__(self) -> str:
        return f"{self.get_verdict_display()}, {self.at:%d %B %Y}"
