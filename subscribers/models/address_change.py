"""A change of address, which takes effect once both addresses have confirmed it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from newsroom.email_addresses import masked_address, readable_address
from newsroom.tokens import ROW_TOKEN_CHARS, is_row_token, make_row_token

CONFIRM_CHANGE_WITHIN = timedelta(days=3)


class AddressChangeState(models.TextChoices):
    """What became of a change of address."""

    OPEN = "open", "Waiting for both addresses to confirm"
    DONE = "done", "Done"
    REFUSED = "refused", "Not possible: the new address is subscribed or suppressed"
    CANCELLED = "dropped", "Cancelled, or replaced by another request"


# The subscriber is shown both as waiting: a refusal would reveal whether we know the new address.
SHOWN_AS_WAITING = {AddressChangeState.OPEN, AddressChangeState.REFUSED}


class AddressChangeQuerySet(models.QuerySet["AddressChange"]):
    """Changes of address by token and by whether their links still work."""

    def with_token(self, token: str) -> AddressChangeQuerySet:
        """Return the change that this token, of either of its two emails, can confirm."""
        return self.filter(
            Q(old_token=token) | Q(new_token=token) if is_row_token(token) else Q(pk=0)
        )

    def with_working_links(self, *, at: datetime) -> AddressChangeQuerySet:
        """Return the changes that have neither expired nor been cancelled."""
        return self.filter(asked_at__gt=at - CONFIRM_CHANGE_WITHIN).exclude(
            state=AddressChangeState.CANCELLED
        )

    def waiting(self) -> AddressChangeQuerySet:
        """Return the changes that the subscriber is shown as waiting."""
        return self.filter(state__in=SHOWN_AS_WAITING)


class AddressChange(models.Model):
    """Two addresses, a token for each and when each confirmed. A done change is kept as proof."""

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
        """Return the new address as its owner writes it, without encoded domain labels."""
        return readable_address(self.new_address)

    @property
    def masked_old_address(self) -> str:
        """Return the old address with most of it hidden: the new one may belong to a stranger."""
        return masked_address(self.old_address)
