"""What several responses to an issue say, in the words of an editor."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone

from newsroom.staff_names import name_of

if TYPE_CHECKING:
    from briefings.models.issue import Issue

MAX_SENTENCE_CHARS = 300


def words_hash(words: str) -> str:
    """Return the SHA-256 of words, by which we know whether they were changed."""
    return hashlib.sha256(words.encode()).hexdigest()


class PointQuerySet(models.QuerySet["Point"]):
    """Points as the page of an issue's response asks for them."""

    def about(self, issue: Issue) -> PointQuerySet:
        """Return the points of the response to an issue, in the editors' order."""
        return self.filter(issue=issue.pk).order_by("position", "pk")


class Point(models.Model):
    """A point that recurs in the response to `issue`. Its checks say whose responses make it.

    `sentence` is what the editor says it is; it is what the other responses are compared with. A
    point that was opened from a response has none until an editor names it: words of a reader must
    not outlive them here.
    """

    issue = models.ForeignKey("briefings.Issue", on_delete=models.CASCADE, related_name="points")
    sentence = models.CharField(max_length=MAX_SENTENCE_CHARS, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    at = models.DateTimeField(default=timezone.now)

    objects = PointQuerySet.as_manager()

    class Meta:
        ordering = ("position", "pk")
        default_permissions = ()  # whoever writes issues of the briefing works with its response

    def __str__(self) -> str:
        return self.sentence or "A point without a name yet"

    @property
    def who(self) -> str:
        """The name of whoever opened the point."""
        return name_of(self.by)


class PointCheck(models.Model):
    """An editor's yes or no to whether a response makes a point.

    It holds for the words that were checked: `words_hash` is their SHA-256. Where the response was
    edited since, the check counts no more, and the response is offered again.
    """

    point = models.ForeignKey(
        Point,
        on_delete=models.CASCADE,
        related_name="checks",
        db_index=False,  # the constraint begins with it
    )
    comment = models.ForeignKey(
        "briefings.Comment", on_delete=models.CASCADE, related_name="point_checks"
    )
    makes_it = models.BooleanField("makes the point")
    words_hash = models.CharField(max_length=64)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("at", "pk")
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["point", "comment"], name="point_is_checked_once_for_a_response"
            ),
        )

    def __str__(self) -> str:
        return f"{'Yes' if self.makes_it else 'No'}: response {self.comment_id}"

    @property
    def holds(self) -> bool:
        """Whether it is about the words of the response as they are now."""
        return self.words_hash == words_hash(self.comment.body)

    @property
    def who(self) -> str:
        """The name of whoever checked it."""
        return name_of(self.by)
