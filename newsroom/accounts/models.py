"""Models of log-ins: the attempts, and the sessions that people can see and end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

# As long as docs/retention.toml keeps attempts.
REMEMBERED_FOR = timedelta(days=90)


class LogInOutcome(models.TextChoices):
    """What came of an attempt to log in, or to confirm who somebody is."""

    SUCCEEDED = "succeeded", "Logged in"
    WRONG_PASSWORD = "wrong password", "Wrong name or password"
    WRONG_CODE = "wrong code", "Right password, wrong code"
    REFUSED = "refused", "Refused: too many attempts"


class LogInAttemptQuerySet(models.QuerySet["LogInAttempt"]):
    """Queries of the history of log-ins."""

    def succeeded(self) -> LogInAttemptQuerySet:
        """Return the attempts after which somebody was logged in."""
        return self.filter(outcome=LogInOutcome.SUCCEEDED)

    def remembered(self, *, at: datetime) -> LogInAttemptQuerySet:
        """Return the attempts that count, even where old ones are not deleted yet."""
        return self.filter(at__gt=at - REMEMBERED_FOR)


class LogInAttempt(models.Model):
    """One attempt to log in, with the name that was entered and the address that it came from."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    outcome = models.CharField(max_length=20, choices=LogInOutcome)
    username = models.CharField("name", max_length=150)
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Only once the password was right.",
    )
    ip = models.GenericIPAddressField("IP address", null=True)
    network = models.CharField(max_length=43, help_text="What one visitor has: see network_of.")
    browser = models.CharField(max_length=300, blank=True)

    objects = LogInAttemptQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = "log-in"
        indexes = (models.Index(fields=["account", "network"], name="log_ins_from_a_network"),)

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}: {self.username}"


class StaffSessionQuerySet(models.QuerySet["StaffSession"]):
    """Queries of sessions."""

    def of(self, user: Any) -> StaffSessionQuerySet:
        """Return somebody's sessions, the latest used first."""
        return self.filter(user=user.pk).order_by("-seen_at", "-pk")


class StaffSession(models.Model):
    """A session of a member of staff. Django keeps the session itself, under the same key."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="staff_sessions"
    )
    session_key = models.CharField(max_length=40, unique=True)
    began_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)
    ip = models.GenericIPAddressField("IP address", null=True)
    browser = models.CharField(max_length=300, blank=True)

    objects = StaffSessionQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"session {self.pk} of {self.user}"


class ProviderIdentity(models.Model):
    """Who somebody is at the OpenID Connect provider, by which we know them from then on."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="provider_identity"
    )
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["issuer", "subject"], name="provider_identity_is_of_one_account"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} at {self.issuer}"
