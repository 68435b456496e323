"""The ledger: one row for each recipient of a dispatch, and the leases on its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from datetime import datetime


class DeliveryState(models.IntegerChoices):
    """The state of one delivery; small integers, because a ledger has millions of rows."""

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
    """Deliveries by the work that is left."""

    def unsettled(self) -> DeliveryQuerySet:
        """Return deliveries whose outcome is still open."""
        return self.filter(state__in=UNSETTLED_STATES)

    def ready_to_retry(self, *, at: datetime) -> DeliveryQuerySet:
        """Return deliveries that were leased before and may be sent now.

        They were deferred, held back, returned with their lease, or are to be sent again.
        """
        return self.filter(not_before__lte=at, lease=None, state__in=WAITING_STATES)

    def never_leased(self) -> DeliveryQuerySet:
        """Return deliveries that no worker has leased yet."""
        return self.filter(state=DeliveryState.PENDING, not_before__isnull=True)


class Delivery(models.Model):
    """One issue email to one subscriber: a narrow row that is cheap to change.

    Foreign keys have no database constraints: filling a million rows took 2.6 s without them and
    8.8 s with them, and rows are only ever inserted by the fill's own SELECT. No index contains
    `state`, `lease` or `settled_at`, not even in its condition, and pages are filled by half. So
    the two updates of a typical row stay on its page and touch no index (PostgreSQL's heap-only
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
        null=True, help_text="When to try again; set while a delivery waits after a lease."
    )
    # NULL takes no space.
    server_reply = models.CharField(max_length=500, null=True, db_column="answer")
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
            # Finds what servers refused without reading the whole ledger.
            models.Index(
                fields=["dispatch", "id"],
                condition=Q(server_reply__isnull=False),
                name="delivery_answered",
            ),
        )

    def __str__(self) -> str:
        return f"delivery {self.pk}"


class LeaseQuerySet(models.QuerySet["Lease"]):
    """Leases by whether their holder is still alive."""

    def expired(self, *, at: datetime) -> LeaseQuerySet:
        """Return open leases that their holder has not renewed in time."""
        return self.filter(closed_at=None, expires_at__lte=at)


class Lease(models.Model):
    """A batch of deliveries that one worker sends, strictly in the order of subscriber ids.

    `begun` counts the emails whose transmission began, `settled` those whose reply was recorded;
    they differ by at most one. The lease's id is its fencing token: once the lease is closed,
    nothing more is recorded for its holder, who must stop before the next email.
    """

    dispatch = models.ForeignKey(
        "subscribers.Dispatch", on_delete=models.CASCADE, related_name="leases"
    )
    holder = models.CharField(max_length=120)
    size = models.PositiveIntegerField()
    first = models.BigIntegerField(help_text="The lowest subscriber id.")
    last = models.BigIntegerField(help_text="The highest subscriber id.")
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
