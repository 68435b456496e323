"""A reader's answer to a question of an issue."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from briefings.models.section import MAX_OPTION_CHARS


class AnswerQuerySet(models.QuerySet["Answer"]):
    """Answers as the pages and the emails ask for them."""

    def counts(self) -> dict[str, int]:
        """Return how many people chose each option, by its text; '' for words only."""
        rows = self.order_by().values_list("option").annotate(people=models.Count("pk"))
        return dict(rows)


class Answer(models.Model):
    """One person's answer to the question of a section: a choice, words, or both.

    The words are a comment, private until somebody at the newsroom publishes it. `question` and
    `option` are the texts of the question and of the choice as they were then: a correction may
    change them, or remove the section.
    """

    issue = models.ForeignKey("briefings.Issue", on_delete=models.CASCADE, related_name="answers")
    section = models.ForeignKey(
        "briefings.Section",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="answers",
        db_index=False,  # the constraint begins with it
    )
    question = models.CharField(max_length=200)
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

    objects = AnswerQuerySet.as_manager()

    class Meta:
        ordering = ("at", "pk")
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["section", "commenter"], name="question_is_answered_once_by_a_person"
            ),
        )
        indexes = (
            models.Index(fields=["issue"], condition=models.Q(told_at=None), name="answer_to_tell"),
        )

    def __str__(self) -> str:
        return f"Answer {self.pk} to “{self.question}”"

    def says(self, *, option: str, body: str) -> bool:
        """Whether it says this already; what is empty would leave it as it is."""
        words = self.comment.body if self.comment else ""
        return option in {"", self.option} and body in {"", words}
