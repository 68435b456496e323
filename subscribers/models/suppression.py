"""Addresses that must never be written to."""

from __future__ import annotations

import secrets

from django.db import models
from django.db.models import Q
from django.utils import timezone

from subscribers.models.address_hash import hash_address


class HashSalt(models.Model):
    """The one salt of this installation: made once, never changed, or no hash would match again."""

    only = models.BooleanField(primary_key=True, default=True)
    value = models.CharField(max_length=64)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(only=True), name="hash_salt_is_the_only_one"),
        )

    def __str__(self) -> str:
        return "the salt"

    @classmethod
    def current(cls) -> bytes:
        """Give the salt's 32 bytes. A migration made it; of two makers one wins."""
        salt, _ = cls.objects.get_or_create(only=True, defaults={"value": secrets.token_hex(32)})
        return bytes.fromhex(salt.value)


class SuppressionReason(models.TextChoices):
    """Why an address is not written to."""

    BOUNCED = "bounced", "Mail came back"
    COMPLAINED = "complained", "Reported as spam"
    ERASED = "erased", "Asked to be erased"
    STAFF = "staff", "Entered by staff"


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    """Suppressions by address."""

    def at_address(self, address: str) -> SuppressionQuerySet:
        """The suppression of this address in any spelling."""
        return self.filter(address_hash=hash_address(address))


class Suppression(models.Model):
    """An address, as a salted hash only, that gets nothing any more."""

    address_hash = models.CharField(max_length=64, unique=True)
    reason = models.CharField(max_length=10, choices=SuppressionReason)
    detail = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)

    objects = SuppressionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.get_reason_display()}, {self.at:%d %B %Y}"
