"""A list uploaded in the admin: how it is read, its progress, and its result."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from newsroom.transitions import move, update_if
from subscribers.models.suppression import Suppression, SuppressionReason

if TYPE_CHECKING:
    from newsroom.audit_log import Actor

# A worker that reported nothing for this long has died. Another starts again: nothing was written.
IMPORT_TIMEOUT = timedelta(minutes=10)
# How long a list waits for somebody to confirm it.
FILE_KEPT_FOR = timedelta(days=1)
# How long refused rows can be downloaded.
REFUSED_ROWS_KEPT_FOR = timedelta(days=7)


class ImportState(models.TextChoices):
    """The steps of an import."""

    UPLOADED = "uploaded", "Waiting for details"
    CHECKING = "checking", "Checking"
    CHECKED = "checked", "Checked"
    IMPORTING = "importing", "Importing"
    DONE = "done", "Imported"
    STOPPED = "stopped", "Stopped"
    FAILED = "failed", "Failed"


# For a worker to carry out; for a person to decide; ended.
WORKING_STATES = {ImportState.CHECKING, ImportState.IMPORTING}
DECISION_STATES = {ImportState.UPLOADED, ImportState.CHECKED}
ENDED_STATES = {ImportState.DONE, ImportState.STOPPED, ImportState.FAILED}


class SubscriberImportQuerySet(models.QuerySet["SubscriberImport"]):
    """Imports by what must be done with them."""

    def waiting(self, *, at: datetime) -> SubscriberImportQuerySet:
        """Imports to carry out that no live worker has claimed, the oldest first."""
        idle = Q(heard_at=None) | Q(heard_at__lte=at - IMPORT_TIMEOUT)
        return self.filter(idle, state__in=WORKING_STATES).order_by("pk")

    def in_progress(self, *, at: datetime) -> SubscriberImportQuerySet:
        """Imports that a worker is carrying out."""
        return self.filter(state__in=WORKING_STATES, heard_at__gt=at - IMPORT_TIMEOUT)

    def expired(self, *, at: datetime) -> SubscriberImportQuerySet:
        """Imports that nobody confirmed in time."""
        return self.filter(state__in=DECISION_STATES, created_at__lte=at - FILE_KEPT_FOR)

    def with_expired_refused_rows(self, *, at: datetime) -> SubscriberImportQuerySet:
        """Ended imports whose refused rows have been kept long enough."""
        return self.filter(
            state__in=ENDED_STATES, finished_at__lte=at - REFUSED_ROWS_KEPT_FOR, parts__isnull=False
        ).distinct()

    def with_people_to_erase(self) -> SubscriberImportQuerySet:
        """Imports with a file or refused rows, and erasures that these have not been through."""
        erasures = Suppression.objects.filter(
            reason=SuppressionReason.ERASED,
            at__gt=Coalesce(OuterRef("erased_until"), OuterRef("created_at")),
        )
        parts = ImportPart.objects.filter(subscriber_import=OuterRef("pk"))
        return self.filter(Exists(parts), Exists(erasures)).order_by("pk")


class SubscriberImport(models.Model):
    """One uploaded file; its contents are in `ImportPart` until the import has ended.

    `trouble` is what a person must state, or why the import failed. `claim` counts the workers that
    started on it, so that only the last one can finish it.
    """

    briefing = models.ForeignKey("briefings.Briefing", on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField(help_text="In bytes.")
    state = models.CharField(
        max_length=10, choices=ImportState, default=ImportState.UPLOADED, editable=False
    )
    choices = models.JSONField(default=dict, help_text="The options that a person chose.")
    reading = models.JSONField(default=dict, help_text="The preview, with the first rows.")
    figures = models.JSONField(default=dict, help_text="The number of rows by result.")
    done = models.PositiveBigIntegerField(
        default=0, help_text="Bytes read; all of them once writing starts."
    )
    trouble = models.CharField(max_length=1000, blank=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="uploaded by",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField("uploaded", default=timezone.now)
    claim = models.PositiveIntegerField(default=0, help_text="How many workers have started on it.")
    heard_at = models.DateTimeField(null=True, help_text="When its worker last reported.")
    finished_at = models.DateTimeField(null=True)
    file_removed_at = models.DateTimeField(null=True)
    erased_until = models.DateTimeField(
        null=True, help_text="Whoever was erased before this time is in none of its rows."
    )

    objects = SubscriberImportQuerySet.as_manager()

    class Meta:
        verbose_name = "import"
        ordering = ("-pk",)
        permissions = (
            ("import_subscribers", "Can import subscribers"),
            ("export_subscribers", "Can export subscribers"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["uploaded", "checking", "checked", "importing"])
                | Q(finished_at__isnull=False, file_removed_at__isnull=False),
                name="import_ended_keeps_no_file",
            ),
        )

    def __str__(self) -> str:
        return f"import {self.pk} of {self.file_name}"

    def get_absolute_url(self) -> str:
        return reverse("admin:subscribers_subscriberimport_change", args=[self.pk])

    @property
    def share_done(self) -> float:
        """The share of the file that was read, from 0 to 1."""
        return min(self.done / self.size, 1.0) if self.size else 0.0

    @property
    def is_working(self) -> bool:
        return self.state in WORKING_STATES

    @property
    def awaits_decision(self) -> bool:
        return self.state in DECISION_STATES

    @property
    def is_open(self) -> bool:
        return self.is_working or self.awaits_decision

    @property
    def refused_rows_kept_until(self) -> datetime | None:
        return self.finished_at + REFUSED_ROWS_KEPT_FOR if self.finished_at else None

    def request_check(self, *, choices: dict[str, Any], reading: dict[str, Any]) -> None:
        """Have a worker check the file and count what would be imported."""
        changes: dict[str, Any] = {
            "choices": choices,
            "reading": reading,
            "figures": {},
            "done": 0,
            "heard_at": None,
            "trouble": "",
        }
        move(self, DECISION_STATES, ImportState.CHECKING, **changes)

    def ask(self, *, trouble: str, choices: dict[str, Any], reading: dict[str, Any]) -> None:
        """Wait for a person to state what is missing."""
        changes: dict[str, Any] = {"choices": choices, "reading": reading, "figures": {}}
        move(self, DECISION_STATES, ImportState.UPLOADED, trouble=trouble[:1000], **changes)

    def begin(self, *, by: Actor) -> None:
        """Have a worker import the checked file."""
        move(
            self,
            {ImportState.CHECKED},
            ImportState.IMPORTING,
            verb="confirmed",
            by=by,
            detail={"briefing": self.briefing.slug},
            done=0,
            heard_at=None,
        )

    def hold(self) -> None:
        """Wait for a new confirmation, as the database was restored. Raises TransitionRefused."""
        move(
            self,
            {ImportState.IMPORTING},
            ImportState.CHECKED,
            verb="held after a restore",
            claim=F("claim") + 1,
            heard_at=None,
        )

    def restart(self, *, reading: dict[str, Any]) -> None:
        """Have a worker read the file from its start; the one that has claimed it cannot finish."""
        changes: dict[str, Any] = {
            "reading": reading,
            "claim": F("claim") + 1,
            "heard_at": None,
            "done": 0,
        }
        move(self, WORKING_STATES, ImportState(self.state), **changes)

    def stop(self, *, by: Actor, at: datetime) -> None:
        """Stop the import and remove the file. Raises TransitionRefused once it has ended."""
        with transaction.atomic():
            stoppable = WORKING_STATES | DECISION_STATES
            move(self, stoppable, ImportState.STOPPED, verb="stopped", by=by, **_ended(at))
            self.parts.all().delete()

    def claim_for_worker(self, *, at: datetime) -> bool:
        """Start as the only worker of this import; a former one can no longer finish it."""
        unclaimed = SubscriberImport.objects.waiting(at=at).filter(pk=self.pk, claim=self.claim)
        if not unclaimed.update(claim=self.claim + 1, heard_at=at, done=0):
            return False
        self.refresh_from_db()
        return True

    def record_progress(self, *, done: int, at: datetime) -> bool:
        """Record the bytes read; False if the import was stopped or another worker claimed it."""
        return bool(self._still_claimed().update(done=done, heard_at=at))

    def finish(self, state: ImportState, *, at: datetime, **changes: Any) -> bool:
        """End the work on it as its worker, and remove the file of an ended import.

        False as for `record_progress`.
        """
        ended = _ended(at) if state in ENDED_STATES else {}
        claimed = Q(state=self.state, claim=self.claim)
        if not update_if(claimed, self, state=state, heard_at=None, **ended, **changes):
            return False
        if ended:
            self.parts.filter(kind=PartKind.FILE).delete()
        return True

    def _still_claimed(self) -> SubscriberImportQuerySet:
        """This row, unless it was stopped or claimed by another worker since it was read."""
        return SubscriberImport.objects.filter(pk=self.pk, state=self.state, claim=self.claim)


def _ended(at: datetime) -> dict[str, Any]:
    """The fields of an ended import. The preview goes too, because it has rows of the file."""
    return {"finished_at": at, "file_removed_at": at, "reading": {}}


class PartKind(models.TextChoices):
    """Which file a part belongs to."""

    FILE = "file", "The uploaded file"
    REFUSED = "refused", "The file of refused rows"


class ImportPart(models.Model):
    """A piece of a file, in the database because web and worker may run on different machines."""

    subscriber_import = models.ForeignKey(
        SubscriberImport, on_delete=models.CASCADE, related_name="parts", db_index=False
    )
    kind = models.CharField(max_length=8, choices=PartKind)
    position = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["subscriber_import", "kind", "position"], name="import_part_has_its_place"
            ),
        )

    def __str__(self) -> str:
        return f"part {self.position} of {self.subscriber_import_id}"
