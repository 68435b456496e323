"""Issues that ask readers something, and readers who answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from django.utils import timezone

from briefings.models import Answer, Briefing, Commenter, Issue, Section, SectionKind
from briefings.questions.answers import NewAnswer, take_answer
from tests.factories import make_issue, make_published_issue

OPTIONS = ["Keep all the beds", "Close a ward", "I do not know"]
_numbers = count(1)


def ask(
    issue: Issue,
    *,
    question: str = "What should happen to the empty beds?",
    options: list[str] | None = None,
    closes_at: datetime | None = None,
) -> Section:
    """Add a question to an issue."""
    return Section.objects.create(
        issue=issue,
        position=8,
        kind=SectionKind.QUESTION,
        heading=question,
        body="<p>The council decides next month.</p>",
        options=OPTIONS if options is None else options,
        closes_at=closes_at,
    )


def make_question(
    *,
    briefing: Briefing | None = None,
    options: list[str] | None = None,
    closes_at: datetime | None = None,
    at: datetime | None = None,
) -> Section:
    """Publish an issue that asks something; it is open for three days unless another end is given.

    The issue appeared an hour ago, or at the time that is given.
    """
    at = at or timezone.now() - timedelta(hours=1)
    issue = make_published_issue(briefing=briefing, title="Council & mayor", at=at)
    return ask(issue, options=options, closes_at=closes_at or timezone.now() + timedelta(days=3))


def close(section: Section) -> Section:
    """Have a question closed a minute ago."""
    section.closes_at = timezone.now() - timedelta(minutes=1)
    section.save(update_fields=["closes_at"])
    return section


def answer(
    section: Section,
    *,
    email: str = "",
    option: str = "",
    body: str = "",
    at: datetime | None = None,
    **more: object,
) -> Answer:
    """Have a reader with a confirmed address answer."""
    commenter = Commenter.objects.confirmed(email or f"reader{next(_numbers)}@example.org")
    new = NewAnswer(option=option, body=body, **more)  # type: ignore[arg-type]
    return take_answer(
        new, section=section, commenter=commenter, at=at or timezone.now(), source=""
    )


def make_draft_question(*, options: list[str] | None = None) -> Section:
    """Return the question of a draft."""
    return ask(make_issue(), options=options)
