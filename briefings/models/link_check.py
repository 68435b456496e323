"""What an external address answered when it was last checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from datetime import datetime


class LinkState(models.TextChoices):
    """What a check found out about an address."""

    ALIVE = "alive", "Works"
    DEAD = "dead", "Does not work"
    UNCERTAIN = "uncertain", "Could not be checked"


class LinkCheck(models.Model):
    """The latest check of one address that an issue links to."""

    # SHA-256 of the address: an index on the address itself would be too long.
    address_hash = models.CharField(max_length=64, unique=True)
    address = models.TextField()
    state = models.CharField(max_length=10, choices=LinkState)
    # What was wrong, in words that end a sentence: "answers “404 Not Found”".
    answer = models.CharField(max_length=200, blank=True)
    # Checks in a row without an answer: one alone says little.
    failures = models.PositiveSmallIntegerField(default=0)
    checked_at = models.DateTimeField(default=timezone.now)
    next_check_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (models.Index(fields=["checked_at"], name="link_check_by_age"),)

    def __str__(self) -> str:
        return f"{self.address[:80]}: {self.get_state_display()}"

    def is_due(self, *, at: datetime) -> bool:
        """Whether to check the address again."""
        return at >= self.next_check_at
