"""Addresses that we must never write to, kept as hashes."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from subscribers.models.address_hash import hash_address


class SuppressionReason(models.TextChoices):
    """Why we do not write to an address."""

    BOUNCED = "bounced", "Emails bounced"
    COMPLAINED = "complained", "Reported as spam"
    ERASED = "erased", "Data erased on request"
    STAFF = "staff", "Added by staff"


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    """Suppressions, by address."""

    def at_address(self, address: str) -> SuppressionQuerySet:
        """Return the suppression of this address, however it is spelt."""
        return self.filter(address_hash=hash_address(address))


def is_suppressed(address: str) -> bool:
    """Whether we must never write to an address. `settings.SUPPRESSION_CHECK` names this."""
    return Suppression.objects.at_address(address).exists()


class Suppression(models.Model):
    """An address that gets no more email, kept only as a salted hash."""

    address_hash = models.CharField(max_length=64, unique=True)
    reason = models.CharField(max_length=10, choices=SuppressionReason)
    detail = models.CharField("details", max_length=500, blank=True)
    at = models.DateTimeField("when", default=timezone.now)

    objects = SuppressionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.get_reason_display()}, {self.at:%d %B %Y}"
