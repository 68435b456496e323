"""A subscriber's address, and the briefings it is subscribed to."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext

from briefings.models import Briefing, Issue
from newsroom.duration_words import in_words
from newsroom.email_addresses import masked_address, readable_address
from newsroom.reader_language import shared_language
from newsroom.tokens import ROW_TOKEN_CHARS, is_row_token, make_row_token
from subscribers.models.address_hash import hash_address
from subscribers.models.profile import Profile
from subscribers.models.suppression import Suppression

MAX_PAUSE = timedelta(days=365)
# With the link in an email, which may have been forwarded.
MAX_PAUSE_BY_EMAIL_LINK = timedelta(days=30)


class PauseRefused(Exception):
    """The chosen day cannot end a pause; the message tells the subscriber why."""


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    """Subscribers by token and by address."""

    def with_token(self, token: str) -> SubscriberQuerySet:
        """Return the subscriber whose emails carry this preferences token."""
        return self.filter(token=token) if is_row_token(token) else self.none()

    def at_address(self, address: str) -> SubscriberQuerySet:
        """Return the subscriber with this address, however it is spelt."""
        return self.filter(address_hash=hash_address(address))


class Subscriber(Profile):
    """An address whose owner has confirmed it; typing an address into a form is not enough."""

    address = models.CharField(max_length=254)
    address_hash = models.CharField(max_length=64, editable=False)
    token = models.CharField(max_length=ROW_TOKEN_CHARS, default=make_row_token, editable=False)
    created_at = models.DateTimeField("created", default=timezone.now, editable=False)
    moved_at = models.DateTimeField(
        null=True, editable=False, help_text="When the address was changed; null: never."
    )
    paused_at = models.DateTimeField(null=True, editable=False)
    paused_until = models.DateTimeField(
        null=True,
        editable=False,
        help_text="No issue is sent before this time; the pause ends by itself.",
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
            # The admin finds the beginning of an address among a million with it.
            models.Index(
                fields=["address"], name="subscriber_by_address", opclasses=["varchar_pattern_ops"]
            ),
        )

    def __str__(self) -> str:
        return self.address

    @property
    def readable_address(self) -> str:
        """Return the address as its owner writes it, without encoded domain labels."""
        return readable_address(self.address)

    @property
    def masked_address(self) -> str:
        """Return the address with most of it hidden, for pages that a forwarded email opens."""
        return masked_address(self.address)

    @property
    def time_zone(self) -> ZoneInfo:
        """Return the time zone of the first briefing that the subscriber ever subscribed to."""
        zones = self.subscriptions.order_by("pk").values_list("briefing__time_zone", flat=True)
        return ZoneInfo(zones.first() or Briefing._meta.get_field("time_zone").get_default())

    @property
    def language(self) -> str:
        """The language of the briefings that the subscriber gets, or got; the site's if several."""
        rows = self.subscriptions.values_list("state", "briefing__language")
        languages = [(state, language) for state, language in rows]
        active = {language for state, language in languages if state == SubscriptionState.ACTIVE}
        return shared_language(active or {language for _, language in languages})

    def active_subscriptions(self) -> list[Subscription]:
        """Return the active subscriptions in the order of their briefings' titles."""
        active = self.subscriptions.active().select_related("briefing", "subscriber")
        return list(active.order_by("briefing__title"))

    def earliest_pause_end(self, *, at: datetime) -> date:
        """Return the first day on which a pause that begins now can end: tomorrow."""
        return at.astimezone(self.time_zone).date() + timedelta(days=1)

    def latest_pause_end(self, *, at: datetime, longest: timedelta = MAX_PAUSE) -> date:
        """Return the last day on which a pause that begins now can end."""
        return (at + longest).astimezone(self.time_zone).date()

    def pause(self, *, until: date, at: datetime, longest: timedelta = MAX_PAUSE) -> None:
        """Send this subscriber no issue before the day `until` begins. Raises PauseRefused."""
        if until < self.earliest_pause_end(at=at):
            raise PauseRefused(gettext("Choose a date after today."))
        if until > self.latest_pause_end(at=at, longest=longest):
            if longest < MAX_PAUSE:
                raise PauseRefused(
                    gettext(
                        "With this link you can pause for up to %(longest)s. To pause for longer,"
                        " have a link emailed to you below."
                    )
                    % {"longest": in_words(longest)}
                )
            raise PauseRefused(
                gettext(
                    "You can pause for up to %(longest)s. To stop for longer, unsubscribe: you can"
                    " sign up again whenever you like."
                )
                % {"longest": in_words(MAX_PAUSE)}
            )
        paused_until = datetime.combine(until, time.min, self.time_zone)
        Subscriber.objects.filter(pk=self.pk).update(paused_at=at, paused_until=paused_until)
        self.refresh_from_db(fields=["paused_at", "paused_until"])

    def resume(self) -> bool:
        """End the pause now; False when there is none."""
        paused = Subscriber.objects.filter(pk=self.pk, paused_until__isnull=False)
        resumed = bool(paused.update(paused_at=None, paused_until=None))
        self.refresh_from_db(fields=["paused_at", "paused_until"])
        return resumed

    def resumes_on(self, *, at: datetime) -> date | None:
        """Return the day on which a paused subscriber's emails resume; None if not paused."""
        if self.paused_until is None or self.paused_until <= at:
            return None
        return self.paused_until.astimezone(self.time_zone).date()


class SubscriptionState(models.TextChoices):
    """Whether the subscriber gets the briefing's issues."""

    ACTIVE = "active", "Active"
    UNSUBSCRIBED = "left", "Unsubscribed"


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    """Subscriptions by token and by what may be sent to them."""

    def with_token(self, token: str) -> SubscriptionQuerySet:
        """Return the subscription whose emails carry this unsubscribe token."""
        return self.filter(token=token) if is_row_token(token) else self.none()

    def active(self) -> SubscriptionQuerySet:
        """Return the subscriptions that nobody has ended."""
        return self.filter(state=SubscriptionState.ACTIVE)

    def readers_referred_by(self, issue: Issue) -> int:
        """Return how many people subscribed, to any briefing, because of this issue."""
        return self.filter(referred_by=issue).values("subscriber").distinct().count()

    def mailable(self) -> SubscriptionQuerySet:
        """Return the active subscriptions whose subscribers are not suppressed or paused."""
        suppressed = Suppression.objects.filter(
            address_hash=models.OuterRef("subscriber__address_hash")
        )
        is_not_paused = Q(subscriber__paused_until=None) | Q(subscriber__paused_until__lte=Now())
        return self.active().filter(is_not_paused, ~models.Exists(suppressed))


class Subscription(models.Model):
    """A subscriber's subscription to one briefing. Its token can end it and do nothing else."""

    # No index of their own: the indexes below begin with these columns.
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
    joined_at = models.DateTimeField("subscribed", default=timezone.now)
    unsubscribed_at = models.DateTimeField(
        "unsubscribed", null=True, blank=True, db_column="left_at"
    )
    referred_by = models.ForeignKey(
        "briefings.Issue",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,  # the partial index below covers the few rows that have one
        help_text="The issue that led to this subscription, if one did.",
    )

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["subscriber", "briefing"], name="subscription_is_one_per_briefing"
            ),
            models.UniqueConstraint(fields=["token"], name="subscription_token_is_unique"),
            models.CheckConstraint(
                condition=Q(state=SubscriptionState.ACTIVE, unsubscribed_at__isnull=True)
                | Q(state=SubscriptionState.UNSUBSCRIBED, unsubscribed_at__isnull=False),
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

    def end(self, *, at: datetime) -> bool:
        """End the subscription in one guarded UPDATE; False when it had ended already."""
        active = Subscription.objects.active().filter(pk=self.pk)
        ended = bool(active.update(state=SubscriptionState.UNSUBSCRIBED, unsubscribed_at=at))
        self.refresh_from_db(fields=["state", "unsubscribed_at"])
        return ended

    def restart(self, *, at: datetime, referred_by: Issue | None = None) -> bool:
        """Make an ended subscription active again; False when it is active already.

        Without a new `referred_by` it keeps the issue that led to it before.
        """
        ended = Subscription.objects.filter(pk=self.pk, state=SubscriptionState.UNSUBSCRIBED)
        changes: dict[str, Any] = {"state": SubscriptionState.ACTIVE, "joined_at": at}
        if referred_by is not None:
            changes["referred_by"] = referred_by
        restarted = bool(ended.update(**changes, unsubscribed_at=None))
        self.refresh_from_db(fields=[*changes, "unsubscribed_at"])
        return restarted
