"""What readers chose: how many people each option has, shown once enough have answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from newsroom.content_changes import record_change

if TYPE_CHECKING:
    from datetime import datetime

    from briefings.models import Section

# Of fewer, readers could guess who chose what, and shares say nothing.
SHOWN_FROM = 10
# How old the results of an open question may be.
RESULTS_SHOWN_FOR = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollLine:
    """An option, how many people chose it, and their share in per cent."""

    option: str
    people: int
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """The options in their order, with who chose them; `people` chose one of them."""

    lines: tuple[PollLine, ...]
    people: int

    @property
    def is_shown(self) -> bool:
        """Whether enough people chose."""
        return self.people >= SHOWN_FROM

    @property
    def first(self) -> PollLine:
        """The option that most people chose; of two, the one that stands first."""
        return max(self.lines, key=lambda line: line.people)


def poll_of(section: Section) -> Poll | None:
    """Return what readers chose; None for a question without options.

    An option that a correction changed is still counted, as it was, below the others.
    """
    if not section.options:
        return None
    counts = section.answers.counts()
    counts.pop("", None)
    return count_poll(section.options, counts)


def count_poll(options: list[str], counts: dict[str, int]) -> Poll:
    """Return a poll from how many people chose each text."""
    gone = sorted(counts.keys() - set(options))
    people = sum(counts.values())
    return Poll(
        lines=tuple(
            PollLine(
                option=option,
                people=counts.get(option, 0),
                percent=round(100 * counts.get(option, 0) / people) if people else 0,
            )
            for option in (*options, *gone)
        ),
        people=people,
    )


def answers_subject(slug: str, number: int) -> str:
    """Return the subject of the answers to questions of an issue (newsroom/content_changes.py)."""
    return f"answers.{slug}.{number}"


def record_answers_changed(section: Section | None, *, at: datetime) -> None:
    """Have pages learn that answers changed, if they show them without being asked.

    While a question is open, only its own page shows results, and that is made again by itself
    after `RESULTS_SHOWN_FOR`: thousands of answers in an hour do not make every page again.
    """
    if section is not None and not section.takes_answers(at=at):
        issue = section.issue
        record_change(answers_subject(issue.briefing.slug, issue.number))
