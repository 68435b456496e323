"""Models that both apps use: the audit log and the queue of transactional emails."""

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
        return self.filter(not_before__lte=at).order_by("pk")


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

    objects = OutgoingEmailQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"
