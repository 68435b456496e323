"""Models that both apps use: the audit log, the queue of transactional emails, the epoch."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from newsroom.append_only import AppendOnlyModel, AppendOnlyQuerySet


class AuditLogQuerySet(AppendOnlyQuerySet["AuditLogEntry"]):
    """Queries of the audit log."""

    def on(self, subject: models.Model) -> AuditLogQuerySet:
        """Return the entries about one row, newest first."""
        return self.filter(
            subject_kind=subject._meta.model_name, subject_id=str(subject.pk)
        ).order_by("-at", "-pk")


class AuditLogEntry(AppendOnlyModel):
    """One action on a row, by a member of staff or by the system.

    Append-only; `newsroom.audit_log.record` writes entries.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor_name = models.CharField(
        max_length=150, blank=True, help_text="Empty if the system did it."
    )
    verb = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=40)
    detail = models.JSONField(default=dict)

    objects = AuditLogQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-pk")
        indexes = (models.Index(fields=["subject_kind", "subject_id"], name="act_by_subject"),)

    def __str__(self) -> str:
        return (
            f"{self.actor_name or 'the system'} {self.verb} {self.subject_kind} {self.subject_id}"
        )


class OutgoingEmailQuerySet(models.QuerySet["OutgoingEmail"]):
    """Queries of the queue."""

    def due(self, *, at: Any) -> OutgoingEmailQuerySet:
        """Return the emails that may be tried now, oldest first."""
        return self.filter(not_before__lte=at, held=False).order_by("pk")

    def held(self) -> OutgoingEmailQuerySet:
        """Return the emails of a restored database, which wait for a person."""
        return self.filter(held=True)


class OutgoingEmail(models.Model):
    """A transactional email in the queue; its row is deleted once it has been sent.

    `newsroom.emails` writes and sends them.
    """

    name = models.CharField(max_length=60, help_text="The folder under templates/email/.")
    to = models.CharField(max_length=320)
    subject = models.CharField(max_length=998)
    text = models.TextField()
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    not_before = models.DateTimeField(default=timezone.now, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)
    held = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Not sent before a person releases it, because the database was restored.",
    )

    objects = OutgoingEmailQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"


class EmailKey(models.Model):
    """That an email was queued, so that a form sent twice makes one: see `newsroom.emails.Once`."""

    key = models.CharField(
        max_length=64, primary_key=True, help_text="A keyed hash of what makes it the same."
    )
    until = models.DateTimeField(help_text="When the same email may be queued again.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.key


class DatabaseEpoch(models.Model):
    """Which database this is, and how far it has come: one row, if anything was ever sent.

    `newsroom.database_epoch` increases the counter while anything is sent, and compares the row
    with copies outside the database: a database that is behind them was restored from a backup.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    name = models.CharField(max_length=32, help_text="Random; no other database has it.")
    counter = models.BigIntegerField(default=0, help_text="Grows while anything is sent.")
    advanced_at = models.DateTimeField(help_text="When the counter last grew.")
    restored_at = models.DateTimeField(
        null=True, help_text="Since when a person has to release what is held."
    )
    restored_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="one_database_epoch"),)

    def __str__(self) -> str:
        return f"{self.name}:{self.counter}"
