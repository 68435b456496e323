"""Breaks: days on which a briefing does not go out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from newsroom.duration_words import in_words

LONGEST_BREAK = timedelta(days=366)
LAST_YEAR = 2199


class Break(models.Model):
    """Days without an issue, the first and the last included, in the briefing's time zone."""

    briefing = models.ForeignKey(
        "briefings.Briefing", on_delete=models.CASCADE, related_name="breaks"
    )
    first_day = models.DateField()
    last_day = models.DateField()
    words = models.CharField(
        "line for readers",
        max_length=200,
        blank=True,
        help_text=(
            "Such as “back on 14 April”. Without it, readers see the day of the next issue."
        ),
    )

    class Meta:
        ordering = ("first_day", "pk")
        default_permissions = ()  # whoever may change a briefing changes its breaks
        constraints = (
            models.CheckConstraint(
                condition=Q(first_day__lte=F("last_day")), name="break_ends_after_it_starts"
            ),
        )

    def __str__(self) -> str:
        first, last = self.first_day, self.last_day
        return f"{first.day} {first:%b %Y} to {last.day} {last:%b %Y}"

    def clean(self) -> None:
        """Refuse a break that ends before it starts, or is too long or too far away.

        The form of all breaks of a briefing refuses those that overlap.
        """
        entered: tuple[Any, Any] = (self.first_day, self.last_day)
        if None in entered:
            return
        if self.last_day < self.first_day:
            raise ValidationError({"last_day": "The last day is before the first day."})
        if self.last_day.year > LAST_YEAR:
            raise ValidationError({"last_day": f"Choose a date in {LAST_YEAR} or earlier."})
        if self.last_day - self.first_day >= LONGEST_BREAK:
            message = (
                f"A break lasts at most {in_words(LONGEST_BREAK)}. To end a briefing, retire it."
            )
            raise ValidationError({"last_day": message})

    def overlaps(self, first_day: date, last_day: date) -> bool:
        """Whether some day of this break is one of those days, too."""
        return self.first_day <= last_day and first_day <= self.last_day

    @property
    def sentence(self) -> str:
        """The line for readers as a sentence; empty if there is none."""
        words = " ".join(self.words.split())
        if not words:
            return ""
        return f"{words[0].upper()}{words[1:]}{'' if words[-1] in '.!?…' else '.'}"
