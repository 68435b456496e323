"""The ledger: a row for each reader of a dispatch, and the leases under which rows are worked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from datetime import datetime


class DeliveryState(models.IntegerChoices):
    """What became of one subscriber's copy. Small integers: a ledger has millions of rows."""

    PENDING = 0, "pending"
    LEASED = 1, "leased"
    DEFERRED = 2, "deferred"
    SENT = 3, "sent"
    REFUSED = 4, "refused"
    SKIPPED = 5, "skipped"
    UNKNOWN = 6, "unknown"
    BOUNCED = 7, "bounced"
    COMPLAINED = 8, "complained"


WAITING_STATES = {DeliveryState.PENDING, DeliveryState.DEFERRED}
UNSETTLED_STATES = {*WAITING_STATES, DeliveryState.LEASED}
SETTLED_STATES = {*DeliveryState} - UNSETTLED_STATES


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Deliveries by what is to be done with them."""

    def unsettled(self) -> DeliveryQuerySet:
        """Copies whose fate is still open."""
        return self.filter(state__in=UNSETTLED_STATES)

    def again(self, *, at: datetime) -> DeliveryQuerySet:
        """Copies that were in hand before and may be tried now: deferred, given back, resent."""
        return self.filter(not_before__lte=at, lease=None, state__in=WAITING_STATES)

    def fresh(self) -> DeliveryQuerySet:
        """Copies that nobody has had in hand yet."""
        return self.filter(state=DeliveryState.PENDING, not_before__isnull=True)


class Delivery(models.Model):
    """One subscriber's copy: narrow, without foreign key checks, and cheap to change.

    The fill of a million rows took 2.6 s without those checks and 8.8 s with them; rows come only
    from the fill's own SELECT. No index knows `state`, `lease` or `settled_at`, not even in its
    condition, and pages are filled by half: so
    the two changes of a copy's life stay on its page and touch no index (PostgreSQL's heap-only
    tuples). What is to be sent is found by the dispatch's `leased_up_to` and by `not_before`.
    """

    dispatch = models.ForeignKey(
        "subscribers.Dispatch",
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="deliveries",
    )
    subscriber = models.ForeignKey(
        "subscribers.Subscriber",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="deliveries",
    )
    state = models.PositiveSmallIntegerField(choices=DeliveryState, default=DeliveryState.PENDING)
    tries = models.PositiveSmallIntegerField(default=0)
    lease = models.ForeignKey(
        "subscribers.Lease",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="deliveries",
    )
    not_before = models.DateTimeField(
        null=True, help_text="Set while a copy that was in hand before waits for another try."
    )
    answer = models.CharField(max_length=500, null=True)  # NULL takes no room
    settled_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = (
            models.UniqueConstraint(
                fields=["dispatch", "subscriber"], name="delivery_is_one_per_subscriber"
            ),
            models.CheckConstraint(
                condition=~Q(state=DeliveryState.LEASED) | Q(lease__isnull=False),
                name="delivery_leased_has_its_lease",
            ),
        )
        indexes = (
            models.Index(
                fields=["dispatch", "not_before"],
                condition=Q(not_before__isnull=False),
                name="delivery_again",
            ),
            # Lets what the servers refused be looked at without reading the whole ledger.
            models.Index(
                fields=["dispatch", "id"],
                condition=Q(answer__isnull=False),
                name="delivery_answered",
            ),
        )

    def __str__(self) -> str:
        return f"delivery {self.pk}"


class LeaseQuerySet(models.QuerySet["Lease"]):
    """Leases by whether their holder still lives."""

    def expired(self, *, at: datetime) -> LeaseQuerySet:
        """Leases whose holder has been silent for too long."""
        return self.filter(closed_at=None, expires_at__lte=at)


class Lease(models.Model):
    """A chunk of a dispatch in one worker's hands, worked strictly in the readers' order.

    `begun` counts the letters whose transmission was begun, `settled` those whose answer was
    recorded; they differ by at most one. Its number is its fence: once it is closed, nothing
    that its holder still does is recorded, and the holder must stop before its next letter.
    """

    dispatch = models.ForeignKey(
        "subscribers.Dispatch", on_delete=models.CASCADE, related_name="leases"
    )
    holder = models.CharField(max_length=120)
    size = models.PositiveIntegerField()
    first = models.BigIntegerField(help_text="The first reader's number.")
    last = models.BigIntegerField(help_text="The last reader's number.")
    begun = models.PositiveIntegerField(default=0)
    settled = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects = LeaseQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(settled__lte=models.F("begun"), begun__lte=models.F("size")),
                name="lease_counts_in_order",
            ),
        )
        indexes = (
            models.Index(
                fields=["expires_at"], condition=Q(closed_at__isnull=True), name="lease_open"
            ),
        )

    def __str__(self) -> str:
        return f"lease {self.pk} of dispatch {self.dispatch_id}"
