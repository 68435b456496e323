"""A person's address, and what it is subscribed to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from briefings.models import Issue
from newsroom.email_addresses import masked_address, readable_address
from newsroom.tokens import ROW_TOKEN_CHARS, is_row_token, make_row_token
from subscribers.models.address_hash import hash_address


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    """Subscribers by address."""

    def with_token(self, token: str) -> SubscriberQuerySet:
        """The subscriber whose letters carry this preferences token."""
        return self.filter(token=token) if is_row_token(token) else self.none()

    def at_address(self, address: str) -> SubscriberQuerySet:
        """The subscriber with this address in any spelling."""
        return self.filter(address_hash=hash_address(address))


class Subscriber(models.Model):
    """An address that once confirmed; nobody becomes a subscriber by being typed into a form."""

    address = models.CharField(max_length=254)
    address_hash = models.CharField(max_length=64, editable=False)
    name = models.CharField(max_length=80, blank=True)
    token = models.CharField(max_length=ROW_TOKEN_CHARS, default=make_row_token, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    moved_at = models.DateTimeField(
        null=True, editable=False, help_text="Since when letters go to this address; null: always."
    )
    paused_at = models.DateTimeField(null=True, editable=False)
    paused_until = models.DateTimeField(
        null=True, editable=False, help_text="No issue leaves before; it ends by itself."
    )

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=~Q(address_hash=""), name="subscriber_address_is_hashed"
            ),
            models.CheckConstraint(
                condition=Q(paused_at__isnull=True, paused_until__isnull=True)
                | Q(
                    paused_at__isnull=False,
                    paused_until__isnull=False,
                    paused_until__gt=F("paused_at"),
                ),
                name="subscriber_pause_begins_and_ends",
            ),
            # Not `unique=True`, with which Django adds a second index for prefixes of a column.
            models.UniqueConstraint(fields=["address_hash"], name="subscriber_is_one_per_address"),
            models.UniqueConstraint(fields=["token"], name="subscriber_token_is_unique"),
        )
        indexes = (
            # Lets the desk find the beginning of an address among a million.
            models.Index(
                fields=["address"], name="subscriber_by_address", opclasses=["varchar_pattern_ops"]
            ),
        )

    def __str__(self) -> str:
        return self.address

    @property
    def readable_address(self) -> str:
        """The address as its owner knows it."""
        return readable_address(self.address)

    @property
    def masked_address(self) -> str:
        """The address for pages that a forwarded letter leads to."""
        return masked_address(self.address)


class SubscriptionState(models.TextChoices):
    """Whether the next issue goes there."""

    ACTIVE = "active", "Active"
    LEFT = "left", "Left"


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    """Subscriptions in the list keeper's words."""

    def with_token(self, token: str) -> SubscriptionQuerySet:
        """The subscription whose letters carry this unsubscribe token."""
        return self.filter(token=token) if is_row_token(token) else self.none()

    def active(self) -> SubscriptionQuerySet:
        """Subscriptions that readers have not ended."""
        return self.filter(state=SubscriptionState.ACTIVE)

    def readers_brought_by(self, issue: Issue) -> int:
        """How many readers came through this issue, whatever they took."""
        return self.filter(referred_by=issue).values("subscriber").distinct().count()

    def mailable(self) -> SubscriptionQuerySet:
        """Active subscriptions of addresses that may be written to, and do not pause."""
        from subscribers.models.suppression import Suppression

        suppressed = Suppression.objects.filter(
            address_hash=models.OuterRef("subscriber__address_hash")
        )
        awake = Q(subscriber__paused_until=None) | Q(subscriber__paused_until__lte=Now())
        return self.active().filter(awake, ~models.Exists(suppressed))


class Subscription(models.Model):
    """A subscriber's tie to a briefing; its token leaves that briefing and does nothing else."""

    # Found by the indexes below, which begin with them: seven indexes for each row were too many.
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.CASCADE, related_name="subscriptions", db_index=False
    )
    briefing = models.ForeignKey(
        "briefings.Briefing",
        on_delete=models.PROTECT,
        related_name="subscriptions",
        db_index=False,
    )
    state = models.CharField(
        max_length=8, choices=SubscriptionState, default=SubscriptionState.ACTIVE
    )
    token = models.CharField(max_length=ROW_TOKEN_CHARS, default=make_row_token, editable=False)
    joined_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True, blank=True)
    referred_by = models.ForeignKey(
        "briefings.Issue",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,  # few rows have one; an index of those is below
        help_text="The issue that brought this reader, if one did.",
    )

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["subscriber", "briefing"], name="subscription_is_one_per_briefing"
            ),
            models.UniqueConstraint(fields=["token"], name="subscription_token_is_unique"),
            models.CheckConstraint(
                condition=Q(state=SubscriptionState.ACTIVE, left_at__isnull=True)
                | Q(state=SubscriptionState.LEFT, left_at__isnull=False),
                name="subscription_left_has_its_hour",
            ),
        )
        indexes = (
            models.Index(fields=["briefing", "state"], name="subscription_list"),
            models.Index(
                fields=["referred_by"],
                name="subscription_by_referral",
                condition=Q(referred_by__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.subscriber} to {self.briefing}"

    def leave(self, *, at: datetime) -> bool:
        """End it in one guarded UPDATE; False when it had ended before."""
        mine = Subscription.objects.active().filter(pk=self.pk)
        won = bool(mine.update(state=SubscriptionState.LEFT, left_at=at))
        self.refresh_from_db(fields=["state", "left_at"])
        return won

    def rejoin(self, *, at: datetime, referred_by: Issue | None = None) -> bool:
        """Begin it again; False when it is active. Who comes back unreferred was still brought."""
        mine = Subscription.objects.filter(pk=self.pk, state=SubscriptionState.LEFT)
        changes: dict[str, Any] = {"state": SubscriptionState.ACTIVE, "joined_at": at}
        if referred_by is not None:
            changes["referred_by"] = referred_by
        won = bool(mine.update(**changes, left_at=None))
        self.refresh_from_db(fields=[*changes, "left_at"])
        return won
