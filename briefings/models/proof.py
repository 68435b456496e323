"""Who got a proof of an issue."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from newsroom.staff_names import name_of


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
        return name_of(self.by) or "Somebody"
