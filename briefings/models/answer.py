"""A reader's answer to a question of an issue."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from briefings.models.section import MAX_OPTION_CHARS


class Answer(models.Model):
    """One person's answer to the question of a section: a choice, words, or both.

    The words are a comment, private until somebody at the newsroom publishes it. `option` is the
    text of the choice as it was then.
    """

    section = models.ForeignKey(
        "briefings.Section",
        on_delete=models.CASCADE,
        related_name="answers",
        db_index=False,  # the constraint begins with it
    )
    commenter = models.ForeignKey(
        "briefings.Commenter", on_delete=models.CASCADE, related_name="answers"
    )
    comment = models.OneToOneField(
        "briefings.Comment",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="answer",
    )
    option = models.CharField(max_length=MAX_OPTION_CHARS, blank=True)
    may_contact = models.BooleanField(default=False, help_text="May we contact them about it?")
    at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(
        null=True, blank=True, help_text="When they were told by email what became of it."
    )

    class Meta:
        ordering = ("at", "pk")
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["section", "commenter"], name="question_is_answered_once_by_a_person"
            ),
        )

    def __str__(self) -> str:
        return f"Answer {self.pk} to section {self.section_id}"
