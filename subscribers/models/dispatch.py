"""The sending of one issue: its frozen words and its progress."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from newsroom.transitions import move, update_if

if TYPE_CHECKING:
    from newsroom.audit_log import Actor


class DispatchState(models.TextChoices):
    """Where a sending stands."""

    PENDING = "pending", "Pending"
    SENDING = "sending", "Sending"
    PAUSED = "paused", "Paused"
    SENT = "sent", "Sent"
    CANCELLED = "cancelled", "Cancelled"


# Work may still be done in these without a person's word.
LIVE_STATES = {DispatchState.PENDING, DispatchState.SENDING}
OPEN_STATES = {*LIVE_STATES, DispatchState.PAUSED}


class DispatchQuerySet(models.QuerySet["Dispatch"]):
    """Dispatches by what is to be done with them."""

    def live(self) -> DispatchQuerySet:
        """Dispatches that workers should be busy with, the oldest first."""
        return self.filter(state__in=LIVE_STATES).order_by("pk")


class Dispatch(models.Model):
    """One issue on its way: what was approved, as it is sent, kept as it was sent.

    `html` and `text` are the letter with markers where a reader's own links stand
    (subscribers/composing.py).
    """

    issue = models.OneToOneField(
        "briefings.Issue", on_delete=models.PROTECT, related_name="dispatch"
    )
    state = models.CharField(max_length=10, choices=DispatchState, default=DispatchState.PENDING)
    subject = models.CharField(max_length=998)
    html = models.TextField()
    text = models.TextField()
    content_hash = models.CharField(max_length=64)
    sender = models.CharField(max_length=320, help_text="The From line.")
    reply_to = models.CharField(max_length=320, blank=True)
    list_id = models.CharField(max_length=255)
    created_at = models.DateTimeField(default=timezone.now)
    filled_at = models.DateTimeField(null=True)
    fresh_left = models.PositiveIntegerField(
        default=0, help_text="So many copies have not been in a worker's hands yet."
    )
    leased_up_to = models.BigIntegerField(
        default=0, help_text="Readers up to this number have been in a worker's hands."
    )
    deadline = models.DateTimeField(help_text="Deferred letters are tried until then.")
    finished_at = models.DateTimeField(null=True)
    pause_reason = models.CharField(max_length=500, blank=True)

    objects = DispatchQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        verbose_name_plural = "dispatches"
        constraints = (
            models.CheckConstraint(
                condition=~Q(state=DispatchState.SENT) | Q(finished_at__isnull=False),
                name="dispatch_sent_has_its_hour",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[DispatchState.CANCELLED, DispatchState.PENDING])
                | Q(filled_at__isnull=False)
                | Q(state=DispatchState.PAUSED),
                name="dispatch_sends_from_a_filled_ledger",
            ),
        )
        indexes = (models.Index(fields=["state"], name="dispatch_by_state"),)

    def __str__(self) -> str:
        return f"dispatch {self.pk} of {self.issue}"

    def get_absolute_url(self) -> str:
        return reverse("admin:subscribers_dispatch_change", args=[self.pk])

    def start_sending(self, *, at: datetime) -> bool:
        """The ledger is filled, sending may start; False when it had already begun."""
        pending = Q(state=DispatchState.PENDING)
        return update_if(pending, self, state=DispatchState.SENDING, filled_at=at)

    def finish(self, *, at: datetime) -> bool:
        """Every delivery is settled."""
        sending = Q(state=DispatchState.SENDING)
        return update_if(sending, self, state=DispatchState.SENT, finished_at=at)

    def reopen(self) -> None:
        """Send on: a copy of a dispatch that was finished is to be sent again."""
        sent = Q(state=DispatchState.SENT)
        update_if(sent, self, state=DispatchState.SENDING, finished_at=None)

    def pause(self, *, by: Actor, reason: str = "") -> None:
        """Stop before the next letter, until somebody resumes."""
        reason = reason[:500]
        detail = {"pause_reason": reason} if reason else {}
        paused = DispatchState.PAUSED
        move(self, LIVE_STATES, paused, verb="paused", by=by, detail=detail, pause_reason=reason)

    def resume(self, *, by: Actor) -> None:
        """Go on where it stopped."""
        self.refresh_from_db(fields=["filled_at"])
        target = DispatchState.SENDING if self.filled_at else DispatchState.PENDING
        move(self, {DispatchState.PAUSED}, target, verb="resumed", by=by, pause_reason="")

    def cancel(self, *, by: Actor, at: datetime) -> None:
        """Send no further letter, for good."""
        detail = {"finished_at": str(at)}
        cancelled = DispatchState.CANCELLED
        move(self, OPEN_STATES, cancelled, verb="cancelled", by=by, detail=detail, finished_at=at)
