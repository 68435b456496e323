"""A change of address that waits until both mailboxes have agreed to it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from newsroom.email_addresses import masked_address, readable_address
from newsroom.tokens import ROW_TOKEN_CHARS, is_row_token, make_row_token

AGREE_WITHIN = timedelta(days=3)


class AddressChangeState(models.TextChoices):
    """What became of a change of address."""

    OPEN = "open", "Waits for both addresses"
    DONE = "done", "Done"
    REFUSED = "refused", "The new address has letters of its own, or gets none"
    DROPPED = "dropped", "Called off, or another address was asked for"


# What the owner is shown as waiting: a refusal would tell what the new address is to us.
WAITING_STATES = {AddressChangeState.OPEN, AddressChangeState.REFUSED}


class AddressChangeQuerySet(models.QuerySet["AddressChange"]):
    """Changes of address by what may still become of them."""

    def with_token(self, token: str) -> AddressChangeQuerySet:
        """The change that one of its two letters is about."""
        return self.filter(
            Q(old_token=token) | Q(new_token=token) if is_row_token(token) else Q(pk=0)
        )

    def live(self, *, at: datetime) -> AddressChangeQuerySet:
        """Changes whose letters' links lead somewhere: asked recently enough and not called off."""
        return self.filter(asked_at__gt=at - AGREE_WITHIN).exclude(state=AddressChangeState.DROPPED)

    def waiting(self) -> AddressChangeQuerySet:
        """Changes that their owner is shown as waiting."""
        return self.filter(state__in=WAITING_STATES)


class AddressChange(models.Model):
    """Two addresses, a token for each, and when each agreed; the row is kept as proof when done."""

    subscriber = models.ForeignKey(
        "subscribers.Subscriber", on_delete=models.CASCADE, related_name="address_changes"
    )
    old_address = models.CharField(max_length=254, blank=True)
    old_address_hash = models.CharField(max_length=64)
    new_address = models.CharField(max_length=254, blank=True)
    new_address_hash = models.CharField(max_length=64)
    old_token = models.CharField(
        max_length=ROW_TOKEN_CHARS, unique=True, default=make_row_token, editable=False
    )
    new_token = models.CharField(
        max_length=ROW_TOKEN_CHARS, unique=True, default=make_row_token, editable=False
    )
    state = models.CharField(
        max_length=8, choices=AddressChangeState, default=AddressChangeState.OPEN
    )
    asked_at = models.DateTimeField(default=timezone.now)
    asked_ip = models.GenericIPAddressField(null=True)
    old_agreed_at = models.DateTimeField(null=True)
    old_agreed_ip = models.GenericIPAddressField(null=True)
    new_agreed_at = models.DateTimeField(null=True)
    new_agreed_ip = models.GenericIPAddressField(null=True)

    objects = AddressChangeQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["subscriber"],
                condition=Q(state=AddressChangeState.OPEN),
                name="address_change_is_open_once_per_subscriber",
            ),
            models.CheckConstraint(
                condition=~Q(state=AddressChangeState.DONE)
                | Q(old_agreed_at__isnull=False, new_agreed_at__isnull=False),
                name="address_change_done_has_both_words",
            ),
            models.CheckConstraint(
                condition=~Q(old_address_hash=models.F("new_address_hash")),
                name="address_change_goes_elsewhere",
            ),
        )

    def __str__(self) -> str:
        return f"change of address {self.pk}"

    @property
    def readable_new_address(self) -> str:
        """The new address as its owner knows it."""
        return readable_address(self.new_address)

    @property
    def masked_old_address(self) -> str:
        """The old address for the new mailbox, which may be a stranger's."""
        return masked_address(self.old_address)
