"""How many people said how much about an issue, beside the issues before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from briefings.models import Comment
from briefings.points.people import Voices, voices_by_issue
from briefings.response.previous import earlier_issues

if TYPE_CHECKING:
    from collections.abc import Iterable

    from briefings.models import Issue

COMPARED = 8  # issues before it
# The chart, in units of its own; the page scales it.
BAR_WIDTH, BAR_GAP, BAR_HEIGHT = 24, 8, 72


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFigures:
    """What readers said about one issue, in numbers."""

    issue: Issue
    pieces: int
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One issue in the chart: how high its bars are, and where they stand."""

    figures: IssueFigures
    left: int
    pieces_height: int
    people_height: int
    is_this: bool

    @property
    def middle(self) -> int:
        """Where its labels stand."""
        return self.left + BAR_WIDTH // 2

    @property
    def pieces_top(self) -> int:
        """Where the bar of the pieces begins."""
        return BAR_HEIGHT - self.pieces_height

    @property
    def people_top(self) -> int:
        """Where the bar of the people begins."""
        return BAR_HEIGHT - self.people_height


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The figures of an issue, and those of the issues before it, the oldest first."""

    this: IssueFigures
    before: list[IssueFigures] = field(default_factory=list)

    @property
    def usual_pieces(self) -> int:
        """How many pieces the issues before it had on average."""
        return _mean([each.pieces for each in self.before])

    @property
    def usual_people(self) -> int:
        """How many people said something about the issues before it, on average."""
        return _mean([each.people for each in self.before])

    @property
    def bars(self) -> list[Bar]:
        """The chart: the bar of the highest number fills its height."""
        rows = [*self.before, self.this]
        most = max(*(each.pieces for each in rows), 1)
        return [
            Bar(
                figures=each,
                left=place * (BAR_WIDTH + BAR_GAP),
                pieces_height=round(BAR_HEIGHT * each.pieces / most),
                people_height=round(BAR_HEIGHT * each.people / most),
                is_this=each is self.this,
            )
            for place, each in enumerate(rows)
        ]

    @property
    def chart_width(self) -> int:
        """How wide the chart is."""
        return (len(self.before) + 1) * (BAR_WIDTH + BAR_GAP) - BAR_GAP


def compare_responses(issue: Issue) -> Comparison:
    """Return the figures of an issue beside those of the `COMPARED` before it, in three queries."""
    before = list(earlier_issues(issue)[:COMPARED])[::-1]
    found = figures_of([*before, issue])
    return Comparison(this=found[-1], before=found[:-1])


def figures_of(issues: Iterable[Issue]) -> list[IssueFigures]:
    """Return the figures of issues, in their order, in two queries."""
    rows = list(issues)
    found = voices_by_issue(Comment.objects.responses().filter(issue__in=rows))
    voices = [found.get(issue.pk, Voices(pieces=0, people=0)) for issue in rows]
    return [
        IssueFigures(issue=issue, pieces=of_issue.pieces, people=of_issue.people)
        for issue, of_issue in zip(rows, voices, strict=True)
    ]


def _mean(numbers: list[int]) -> int:
    return round(sum(numbers) / len(numbers)) if numbers else 0
