"""What an editor means to do with a response."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from newsroom.staff_names import name_of

MAX_MARK_NOTE_CHARS = 300


class MarkKind(models.TextChoices):
    """What is to be done with a response in the week before the next issue."""

    USE = "use", "Use"
    ANSWER = "answer", "Answer"
    FOLLOW_UP = "follow_up", "Follow up"


class ResponseMarkQuerySet(models.QuerySet["ResponseMark"]):
    """Marks as the page of a response asks for them."""

    def standing(self) -> ResponseMarkQuerySet:
        """Return the marks that nobody has removed."""
        return self.filter(removed_at=None)


class ResponseMark(models.Model):
    """A mark on a response, of each kind once; to follow it up is somebody's task.

    `done_at` is when it was done. `note` is for colleagues: a mark that is removed keeps its row
    while it has one, so that both can be put back.
    """

    comment = models.ForeignKey(
        "briefings.Comment",
        on_delete=models.CASCADE,
        related_name="marks",
        db_index=False,  # the constraint begins with it
    )
    kind = models.CharField(max_length=9, choices=MarkKind)
    note = models.CharField(max_length=MAX_MARK_NOTE_CHARS, blank=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = ResponseMarkQuerySet.as_manager()

    class Meta:
        ordering = ("at", "pk")
        default_permissions = ()  # whoever writes issues of the briefing works with its response
        constraints = (
            models.UniqueConstraint(
                fields=["comment", "kind"], name="response_is_marked_once_of_a_kind"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: response {self.comment_id}"

    @property
    def who(self) -> str:
        """The name of whoever marked it."""
        return name_of(self.by)
