"""Rows by which workers on all hosts keep to the same limits: how fast, and how many a day."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class SendRateBucket(models.Model):
    """The rate limit that all workers on all hosts share (`SEND_RATE`): a single row."""

    only = models.BooleanField(primary_key=True, default=True)
    next_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(only=True), name="send_allowance_is_the_only_one"),
        )

    def __str__(self) -> str:
        return f"next email at {self.next_at}"


class DailySendCount(models.Model):
    """How many emails a daily limit has let through on a day (UTC)."""

    limit = models.CharField(
        max_length=255,
        help_text="The name of a mail server, or of the warm-up of the sending domain.",
    )
    day = models.DateField()
    emails = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["limit", "day"], name="daily_count_is_one_a_day"),
        )

    def __str__(self) -> str:
        return f"{self.emails} emails by {self.limit} on {self.day}"


class DailyReservation(models.Model):
    """Emails that were counted against daily limits for one lease and are not sent yet.

    Its holder deletes it and subtracts what it did not use. If the holder dies, whoever reclaims
    its lease does.
    """

    limits = models.JSONField(help_text="The names of the limits.")
    day = models.DateField()
    emails = models.PositiveIntegerField()
    lease = models.ForeignKey(
        "subscribers.Lease", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    expires_at = models.DateTimeField(help_text="Until then its holder may take a lease for it.")

    def __str__(self) -> str:
        return f"{self.emails} emails on {self.day}"


class DomainBackoff(models.Model):
    """A receiving domain that a dispatch sends to slowly: by our limit, or because it asked to."""

    dispatch = models.ForeignKey(
        "subscribers.Dispatch", on_delete=models.CASCADE, related_name="domain_backoffs"
    )
    domain = models.CharField(max_length=255)
    next_at = models.DateTimeField(help_text="When the next emails may go there.")
    held_back = models.PositiveIntegerField(
        default=0, help_text="About how many deliveries wait for this domain."
    )
    backoffs = models.PositiveSmallIntegerField(
        default=0, help_text="How many times in a row it asked us to wait."
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["dispatch", "domain"], name="destination_is_one_per_dispatch"
            ),
        )

    def __str__(self) -> str:
        return f"{self.domain} of dispatch {self.dispatch_id}"
