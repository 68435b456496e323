"""The sending of one issue, or of one correction of it: its frozen content and its state."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from newsroom import audit_log
from newsroom.transitions import move, update_if

if TYPE_CHECKING:
    from newsroom.audit_log import Actor


class DispatchState(models.TextChoices):
    """How far a dispatch is."""

    PENDING = "pending", "Pending"
    SENDING = "sending", "Sending"
    PAUSED = "paused", "Paused"
    HELD = "held", "Held after a restore"
    SENT = "sent", "Sent"
    CANCELLED = "cancelled", "Cancelled"


# How long deferred emails are retried.
RETRY_FOR = timedelta(hours=48)
# In these, workers go on without a decision of a person.
LIVE_STATES = {DispatchState.PENDING, DispatchState.SENDING}
# How long after its deadline an unfinished dispatch is late.
LATE_AFTER = timedelta(minutes=15)
FINAL_STATES = {DispatchState.SENT, DispatchState.CANCELLED}
OPEN_STATES = {*LIVE_STATES, DispatchState.PAUSED}


class DispatchQuerySet(models.QuerySet["Dispatch"]):
    """Dispatches by the work that is left."""

    def of_issues(self) -> DispatchQuerySet:
        """Return dispatches of issues themselves, not of their corrections."""
        return self.filter(correction=None)

    def of_corrections(self) -> DispatchQuerySet:
        """Return dispatches of corrections."""
        return self.filter(correction__isnull=False)

    def live(self) -> DispatchQuerySet:
        """Return dispatches that workers should be sending, the oldest first."""
        return self.filter(state__in=LIVE_STATES).order_by("pk")

    def late(self, *, at: datetime) -> DispatchQuerySet:
        """Return dispatches that are not finished some time after their deadline.

        At the deadline itself, deferred deliveries are tried once more.
        """
        return self.filter(state__in=OPEN_STATES, deadline__lt=at - LATE_AFTER).order_by("pk")


class Dispatch(models.Model):
    """The sending of one issue: the approved content, frozen, and the state of its delivery.

    With a `correction`, it sends that to the subscribers who were sent the issue. An issue has one
    dispatch, and each of its corrections at most one.

    `html` and `text` have placeholders for each recipient's own links
    (`subscribers.sending.personalised_email`).
    """

    issue = models.ForeignKey(
        "briefings.Issue", on_delete=models.PROTECT, related_name="dispatches"
    )
    correction = models.OneToOneField(
        "briefings.Correction",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="dispatch",
    )
    state = models.CharField(max_length=10, choices=DispatchState, default=DispatchState.PENDING)
    subject = models.CharField(max_length=998)
    html = models.TextField()
    text = models.TextField()
    content_hash = models.CharField(max_length=64)
    sender = models.CharField(max_length=320, help_text="The From line.")
    reply_to = models.CharField(max_length=320, blank=True)
    list_id = models.CharField(max_length=255)
    created_at = models.DateTimeField("created", default=timezone.now)
    filled_at = models.DateTimeField(null=True)
    fresh_left = models.PositiveIntegerField(
        default=0, help_text="The number of deliveries that were never leased."
    )
    leased_up_to = models.BigIntegerField(
        default=0, help_text="Deliveries to subscribers up to this id have been leased."
    )
    deadline = models.DateTimeField(help_text="Deferred emails are retried until then.")
    finished_at = models.DateTimeField("finished", null=True)
    pause_reason = models.CharField(max_length=500, blank=True)

    objects = DispatchQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        verbose_name_plural = "dispatches"
        constraints = (
            models.UniqueConstraint(
                fields=["issue"],
                condition=Q(correction__isnull=True),
                name="dispatch_of_an_issue_is_one",
            ),
            models.CheckConstraint(
                condition=~Q(state=DispatchState.SENT) | Q(finished_at__isnull=False),
                name="dispatch_sent_has_its_hour",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[DispatchState.CANCELLED, DispatchState.PENDING])
                | Q(filled_at__isnull=False)
                | Q(state__in=[DispatchState.HELD, DispatchState.PAUSED]),
                name="dispatch_sends_from_a_filled_ledger",
            ),
        )
        indexes = (models.Index(fields=["state"], name="dispatch_by_state"),)

    def __str__(self) -> str:
        what = f"a correction of {self.issue}" if self.correction_id else str(self.issue)
        return f"dispatch {self.pk} of {what}"

    def get_absolute_url(self) -> str:
        return reverse("admin:subscribers_dispatch_change", args=[self.pk])

    def start_sending(self, *, at: datetime) -> bool:
        """Let sending start, as the ledger is filled; False if it had already started."""
        pending = Q(state=DispatchState.PENDING)
        return update_if(pending, self, state=DispatchState.SENDING, filled_at=at)

    def mark_sent(self, *, at: datetime) -> bool:
        """Mark the dispatch as sent, as every delivery is settled; False if it is not sending."""
        sending = Q(state=DispatchState.SENDING)
        return update_if(sending, self, state=DispatchState.SENT, finished_at=at)

    def reopen(self, *, at: datetime) -> None:
        """Return a sent dispatch to sending, because some of its emails are to be sent again.

        They have as long as new ones. The corrections of the issue that were sent return to sending
        as well: whoever gets the issue late gets them after it.
        """
        again = Dispatch.objects.filter(pk=self.pk)
        if self.correction_id is None:
            again |= Dispatch.objects.of_corrections().filter(issue=self.issue_id)
        again.filter(deadline__lt=at + RETRY_FOR).update(deadline=at + RETRY_FOR)
        again.filter(state=DispatchState.SENT).update(state=DispatchState.SENDING, finished_at=None)
        self.refresh_from_db(fields=["state", "finished_at", "deadline"])

    def pause(self, *, by: Actor, reason: str = "") -> None:
        """Stop before the next email until a person resumes. Raises TransitionRefused."""
        reason = reason[:500]
        detail = {"pause_reason": reason} if reason else {}
        paused = DispatchState.PAUSED
        move(self, LIVE_STATES, paused, verb="paused", by=by, detail=detail, pause_reason=reason)

    def warn(self, reason: str) -> None:
        """Show on the page of a dispatch what is wrong, although there is nothing to pause."""
        self.pause_reason = reason[:500]
        with transaction.atomic():
            audit_log.record("warned", self, by=None, reason=self.pause_reason)
            self.save(update_fields=["pause_reason"])

    def resume(self, *, by: Actor) -> None:
        """Continue where sending stopped. Raises TransitionRefused."""
        self.refresh_from_db(fields=["filled_at"])
        target = DispatchState.SENDING if self.filled_at else DispatchState.PENDING
        move(self, {DispatchState.PAUSED}, target, verb="resumed", by=by, pause_reason="")

    def hold(self, *, reason: str) -> None:
        """Stop until a person says what becomes of the rest, as the database was restored.

        Raises TransitionRefused.
        """
        held = DispatchState.HELD
        move(self, OPEN_STATES, held, verb="held after a restore", by=None, pause_reason=reason)

    def release(self, *, by: Actor) -> None:
        """Send the rest of a held dispatch. Raises TransitionRefused."""
        self.refresh_from_db(fields=["filled_at"])
        target = DispatchState.SENDING if self.filled_at else DispatchState.PENDING
        held = {DispatchState.HELD}
        move(self, held, target, verb="sent the rest after a restore", by=by, pause_reason="")

    def give_up_rest(self, *, by: Actor, at: datetime) -> None:
        """End a held dispatch, as nothing more of it is to be sent. Raises TransitionRefused."""
        self.refresh_from_db(fields=["filled_at"])
        move(
            self,
            {DispatchState.HELD},
            DispatchState.SENT,
            verb="did not send the rest after a restore",
            by=by,
            pause_reason="",
            filled_at=self.filled_at or at,
            finished_at=at,
        )

    def cancel(self, *, by: Actor, at: datetime) -> None:
        """Stop for good. Raises TransitionRefused."""
        detail = {"finished_at": str(at)}
        cancelled = DispatchState.CANCELLED
        move(self, OPEN_STATES, cancelled, verb="cancelled", by=by, detail=detail, finished_at=at)
