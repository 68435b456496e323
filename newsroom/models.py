"""What both apps stand on that must outlive a process: the log of acts and the outgoing letters."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from newsroom.append_only import AppendOnlyModel, AppendOnlyQuerySet


class AuditLogQuerySet(AppendOnlyQuerySet["AuditLogEntry"]):
    """Acts in the words of those who look them up."""

    def on(self, subject: models.Model) -> AuditLogQuerySet:
        """Acts on one row, the latest first."""
        return self.filter(
            subject_kind=subject._meta.model_name, subject_id=str(subject.pk)
        ).order_by("-at", "-pk")


class AuditLogEntry(AppendOnlyModel):
    """One act of staff (or of the clock) on a row: append-only."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor_name = models.CharField(max_length=150, blank=True, help_text="Empty: the clock.")
    verb = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=40)
    detail = models.JSONField(default=dict)

    objects = AuditLogQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-pk")
        indexes = (models.Index(fields=["subject_kind", "subject_id"], name="act_by_subject"),)

    def __str__(self) -> str:
        return f"{self.actor_name or 'the clock'} {self.verb} {self.subject_kind} {self.subject_id}"


class OutgoingEmailQuerySet(models.QuerySet["OutgoingEmail"]):
    """Letters by what is still to be done with them."""

    def due(self, *, at: Any) -> OutgoingEmailQuerySet:
        """Letters that may be tried now, the oldest first."""
        return self.filter(not_before__lte=at).order_by("pk")


class OutgoingEmail(models.Model):
    """A single letter (a confirmation, a welcome) that waits; its row goes when it has left."""

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
