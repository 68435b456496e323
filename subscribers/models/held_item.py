"""What a person has to release after the database was restored from a backup."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class HeldItem(models.Model):
    """An issue or an import that was about to go on by itself when the database was restored.

    Held dispatches have a state of their own, held transactional emails a column.
    """

    issue = models.OneToOneField(
        "briefings.Issue", null=True, on_delete=models.CASCADE, related_name="held_item"
    )
    subscriber_import = models.OneToOneField(
        "subscribers.SubscriberImport",
        null=True,
        on_delete=models.CASCADE,
        related_name="held_item",
    )
    held_at = models.DateTimeField()

    class Meta:
        verbose_name = "held item"
        verbose_name_plural = "held after a restore"
        permissions = (("release_held", "Can release what is held after a restore"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(issue__isnull=True) ^ Q(subscriber_import__isnull=True),
                name="held_item_is_an_issue_or_an_import",
            ),
        )

    def __str__(self) -> str:
        return f"held: {self.issue or self.subscriber_import}"
