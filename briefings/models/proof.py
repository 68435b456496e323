"""Who got a proof of an issue."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class Proof(models.Model):
    """An issue email that somebody sent to chosen addresses before publication, to check it."""

    issue = models.ForeignKey("briefings.Issue", on_delete=models.CASCADE, related_name="proofs")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    addresses = models.JSONField(default=list)
    version = models.PositiveIntegerField()
    is_unsaved = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"Proof {self.pk} of version {self.version}"

    @property
    def who(self) -> str:
        """The name of whoever sent it."""
        return (self.by.get_full_name() or self.by.get_username()) if self.by else "Somebody"
