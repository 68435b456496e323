"""The role of a staff account in one briefing, or in all."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Role(models.TextChoices):
    """What somebody does for a briefing; `permissions.py` says what each role may do."""

    REPORTER = "reporter", "Reporter"
    EDITOR = "editor", "Editor"
    PUBLISHER = "publisher", "Publisher"
    MODERATOR = "moderator", "Moderator"
    ADMINISTRATOR = "administrator", "Administrator"


class Membership(models.Model):
    """One role of a staff account: in a briefing, or in all if `briefing` is null.

    A person may have several roles in a briefing. A group of the role's name gives it in all
    briefings, too.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="memberships",
        verbose_name="account",
    )
    briefing = models.ForeignKey(
        "briefings.Briefing",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="memberships",
    )
    role = models.CharField(max_length=13, choices=Role)

    class Meta:
        ordering = ("user", "briefing", "role")
        verbose_name = "role"
        constraints = (
            models.UniqueConstraint(
                fields=["user", "briefing", "role"],
                name="membership_is_given_once",
                violation_error_message="This person has this role in this briefing already.",
            ),
            models.UniqueConstraint(
                fields=["user", "role"],
                condition=Q(briefing=None),
                name="membership_of_all_is_given_once",
                violation_error_message="This person has this role in all briefings already.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_role_display()}, {self.briefing or 'all briefings'}"
