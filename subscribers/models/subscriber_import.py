"""A list sent to the desk: how it is read, how far it is, what became of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from newsroom.transitions import move

if TYPE_CHECKING:
    from newsroom.audit_log import Actor

# A worker that said nothing for so long has died; another one begins anew, for nothing was written.
SILENT_FOR = timedelta(minutes=10)
# How long a list waits for somebody to confirm it, and how long refused rows can be fetched.
FILE_LASTS = timedelta(days=1)
REFUSED_LAST = timedelta(days=7)


class ImportState(models.TextChoices):
    """Where an import stands."""

    UPLOADED = "uploaded", "To be completed"
    CHECKING = "checking", "Being checked"
    CHECKED = "checked", "Checked"
    IMPORTING = "importing", "Being imported"
    DONE = "done", "Done"
    STOPPED = "stopped", "Stopped"
    FAILED = "failed", "Refused"


# A worker is to be busy with it; a person is to decide; nothing is to be done any more.
WORKING_STATES = {ImportState.CHECKING, ImportState.IMPORTING}
ASKING_STATES = {ImportState.UPLOADED, ImportState.CHECKED}
ENDED_STATES = {ImportState.DONE, ImportState.STOPPED, ImportState.FAILED}


class SubscriberImportQuerySet(models.QuerySet["SubscriberImport"]):
    """Imports by what is to be done with them."""

    def waiting(self, *, at: datetime) -> SubscriberImportQuerySet:
        """Imports that no living worker has in hand, the oldest first."""
        idle = Q(heard_at=None) | Q(heard_at__lte=at - SILENT_FOR)
        return self.filter(idle, state__in=WORKING_STATES).order_by("pk")

    def in_hand(self, *, at: datetime) -> SubscriberImportQuerySet:
        """Imports that a worker is busy with."""
        return self.filter(state__in=WORKING_STATES, heard_at__gt=at - SILENT_FOR)

    def abandoned(self, *, at: datetime) -> SubscriberImportQuerySet:
        """Lists that nobody decided about in time."""
        return self.filter(state__in=ASKING_STATES, created_at__lte=at - FILE_LASTS)

    def with_old_refusals(self, *, at: datetime) -> SubscriberImportQuerySet:
        """Ended imports whose refused rows were kept long enough."""
        return self.filter(
            state__in=ENDED_STATES, finished_at__lte=at - REFUSED_LAST, parts__isnull=False
        ).distinct()


class SubscriberImport(models.Model):
    """One file sent to the desk. Its rows are in `ImportPart` until it has ended."""

    briefing = models.ForeignKey("briefings.Briefing", on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField(help_text="Octets.")
    state = models.CharField(
        max_length=10, choices=ImportState, default=ImportState.UPLOADED, editable=False
    )
    choices = models.JSONField(default=dict, help_text="Columns and evidence stated by hand.")
    reading = models.JSONField(default=dict, help_text="How it is read, with its first rows.")
    figures = models.JSONField(default=dict, help_text="Rows by what became or would become.")
    done = models.PositiveBigIntegerField(default=0, help_text="Octets read; the size: writing.")
    trouble = models.CharField(max_length=1000, blank=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    claim = models.PositiveIntegerField(default=0, help_text="Grows with each worker's beginning.")
    heard_at = models.DateTimeField(null=True, help_text="The worker's last word.")
    finished_at = models.DateTimeField(null=True)
    file_removed_at = models.DateTimeField(null=True)

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
        """How much of the file was read, from 0 to 1."""
        return min(self.done / self.size, 1.0) if self.size else 0.0

    @property
    def is_working(self) -> bool:
        return self.state in WORKING_STATES

    @property
    def is_asking(self) -> bool:
        return self.state in ASKING_STATES

    @property
    def is_open(self) -> bool:
        return self.is_working or self.is_asking

    @property
    def refused_last_until(self) -> datetime | None:
        return self.finished_at + REFUSED_LAST if self.finished_at else None

    def check_again(self, *, choices: dict[str, Any], reading: dict[str, Any]) -> None:
        """Let a worker read the file and say what would become of it."""
        fresh: dict[str, Any] = {
            "choices": choices,
            "reading": reading,
            "figures": {},
            "done": 0,
            "heard_at": None,
            "trouble": "",
        }
        move(self, ASKING_STATES, ImportState.CHECKING, **fresh)

    def ask(self, *, trouble: str, choices: dict[str, Any], reading: dict[str, Any]) -> None:
        """Wait for what a person has still to say."""
        fresh: dict[str, Any] = {"choices": choices, "reading": reading, "figures": {}}
        move(self, ASKING_STATES, ImportState.UPLOADED, trouble=trouble[:1000], **fresh)

    def begin(self, *, by: Actor) -> None:
        """Let a worker import what was checked."""
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

    def begin_anew(self, *, reading: dict[str, Any]) -> None:
        """Let a worker read it from its start: who has it in hand is heard no more."""
        fresh: dict[str, Any] = {
            "reading": reading,
            "claim": F("claim") + 1,
            "heard_at": None,
            "done": 0,
        }
        move(self, WORKING_STATES, ImportState(self.state), **fresh)

    def stop(self, *, by: Actor, at: datetime) -> None:
        """Write nothing, and remove the file. Raises TransitionRefused once all is written."""
        with transaction.atomic():
            stoppable = WORKING_STATES | ASKING_STATES
            move(self, stoppable, ImportState.STOPPED, verb="stopped", by=by, **_ended(at))
            self.parts.all().delete()

    def take(self, *, at: datetime) -> bool:
        """Begin to work on it; of two workers one wins, and a former one is heard no more."""
        mine = SubscriberImport.objects.waiting(at=at).filter(pk=self.pk, claim=self.claim)
        if not mine.update(claim=self.claim + 1, heard_at=at, done=0):
            return False
        self.refresh_from_db()
        return True

    def note(self, *, done: int, at: datetime) -> bool:
        """Say how far it is; False when it was stopped or somebody else has taken it over."""
        return bool(self._mine().update(done=done, heard_at=at))

    def end(self, state: ImportState, *, at: datetime, **changes: Any) -> bool:
        """Close it as its worker, with its file removed; False as for `note`."""
        ended = _ended(at) if state in ENDED_STATES else {}
        if not self._mine().update(state=state, heard_at=None, **ended, **changes):
            return False
        if ended:
            self.parts.filter(kind=PartKind.FILE).delete()
        return True

    def _mine(self) -> SubscriberImportQuerySet:
        """This row as long as it is in the hands of who took it."""
        return SubscriberImport.objects.filter(pk=self.pk, state=self.state, claim=self.claim)


def _ended(at: datetime) -> dict[str, Any]:
    """What goes with the file: the rows of it that the preview showed."""
    return {"finished_at": at, "file_removed_at": at, "reading": {}}


class PartKind(models.TextChoices):
    """What a part is of."""

    FILE = "file", "The file as it was sent"
    REFUSED = "refused", "The file of refused rows"


class ImportPart(models.Model):
    """A piece of a file. In the database: web and worker may be on machines of their own."""

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
