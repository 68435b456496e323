"""A person's decision to leave something that preflight warns of."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from newsroom.staff_names import name_of


class FindingOverride(models.Model):
    """Why a warning is left as it is.

    It holds for one finding in the words that it was made about: the fingerprint is of both, so an
    override falls when they change.
    """

    issue = models.ForeignKey(
        "briefings.Issue", on_delete=models.CASCADE, related_name="finding_overrides"
    )
    fingerprint = models.CharField(max_length=64)
    code = models.CharField(max_length=40)
    sentence = models.TextField()
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["issue", "fingerprint"], name="finding_is_overridden_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.sentence[:60]}: {self.reason[:60]}"

    @property
    def who(self) -> str:
        """The person's name, or empty where the account is gone."""
        return name_of(self.by)
