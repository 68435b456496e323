"""What readers of the sample issues answered to their questions."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain, repeat
from typing import TYPE_CHECKING

from django.utils.text import slugify

from briefings.models import Answer, Commenter, Issue, QuoteChoice, Section, SectionKind
from briefings.questions.answers import NewAnswer, take_answer

if TYPE_CHECKING:
    from datetime import datetime

    from briefings.sample_data.files import SampleIssue


def load_answers(issue: Issue, sample: SampleIssue, *, now: datetime) -> dict[str, int]:
    """Load the answers to the question of a published issue; return the responses by their keys.

    Where the question is closed and the next issue is out, their writers were told.
    """
    section = issue.sections.filter(kind=SectionKind.QUESTION).first()
    if section is None:
        return {}
    section.issue = issue
    published = issue.published_at or now
    last = max((answer.hours for answer in sample.answers), default=0) + 1
    # Shorter than an hour for a recent issue, so that no answer is in the future or too late.
    pace = min(timedelta(hours=1), (min(now, section.closing) - published) / last)
    said = {}
    for number, answer in enumerate(sample.answers, start=1):
        name = slugify(answer.name) or f"reader-{number}-of-issue-{issue.number}"
        taken = take_answer(
            NewAnswer(
                option=section.options[answer.option - 1] if answer.option else "",
                body=answer.body,
                name=answer.name,
                quoting=QuoteChoice(answer.quoting),
                may_contact=answer.may_contact,
            ),
            section=section,
            commenter=Commenter.objects.confirmed(f"{name}@example.com"),
            at=published + answer.hours * pace,
            source=issue.get_absolute_url(),
        )
        if answer.key and taken.comment_id:
            said[answer.key] = taken.comment_id
    _choose_in_silence(section, sample.choices, at=published + pace)
    next_slot = issue.briefing.slot.next(after=section.closing)
    if next_slot <= now:
        section.answers.update(told_at=next_slot)
    return said


def _choose_in_silence(section: Section, choices: list[int], *, at: datetime) -> None:
    """Have as many readers as are named for each option choose it without a word."""
    chosen = chain.from_iterable(map(repeat, section.options, choices))
    voters = [
        (option, f"voter-{number}-on-{section.pk}@example.com")
        for number, option in enumerate(chosen, start=1)
    ]
    commenters = Commenter.objects.bulk_create(
        Commenter(address=address, address_key=address) for _, address in voters
    )
    Answer.objects.bulk_create(
        Answer(
            issue=section.issue,
            section=section,
            question=section.heading,
            commenter=commenter,
            option=option,
            at=at,
        )
        for commenter, (option, _) in zip(commenters, voters, strict=True)
    )
