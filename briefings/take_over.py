"""Ask another editor to hand over an issue, answer, and take it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from briefings.models import Issue, OpenPage, TakeOver, TakeOverAnswer
from newsroom.staff_names import name_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ANSWER_WITHIN = timedelta(seconds=30)
# How long the person who asked sees what came of it.
ANSWER_SHOWN_FOR = timedelta(minutes=10)
# After that, the pages of both people forget that an issue was handed over.
HANDED_OVER_FOR = timedelta(hours=12)


class Outcome(StrEnum):
    """What came of a question."""

    WAITING = "waiting"
    HANDED_OVER = "handed_over"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question as one of the two people sees it; `name` is the other one's."""

    pk: int
    name: str
    outcome: Outcome
    at: datetime


def ask(*, issue: Issue, asker: User, asked: int, at: datetime) -> bool:
    """Ask somebody who has the issue open to hand it over; False if they have not."""
    is_there = OpenPage.objects.filter(issue=issue, user=asked, expires_at__gt=at).exists()
    if not is_there or asked == asker.pk:
        return False
    waiting = TakeOver.objects.filter(
        issue=issue,
        asker=asker,
        asked=asked,
        answer=TakeOverAnswer.WAITING,
        asked_at__gt=at - ANSWER_WITHIN,
    )
    if not waiting.exists():
        TakeOver.objects.create(issue=issue, asker=asker, asked_id=asked, asked_at=at)
    return True


def answer(pk: int, *, by: User, hands_over: bool, at: datetime) -> bool:
    """Answer a question; False if it is too late, was answered already, or is not this person's."""
    given = TakeOverAnswer.HANDED_OVER if hands_over else TakeOverAnswer.REFUSED
    waiting = TakeOver.objects.filter(
        pk=pk, asked=by, answer=TakeOverAnswer.WAITING, asked_at__gt=at - ANSWER_WITHIN
    )
    return bool(waiting.update(answer=given, answered_at=at))


def take_back(*, issue: Issue, by: User, at: datetime) -> None:
    """Let somebody write again who handed an issue over."""
    handed_over = TakeOver.objects.filter(
        issue=issue, asked=by, answer=TakeOverAnswer.HANDED_OVER, taken_back_at=None
    )
    handed_over.update(taken_back_at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOverState:
    """What a person's page shows: a question to them, their own, and to whom they handed over."""

    question: Question | None
    own: Question | None
    handed_to: Question | None


def state_for(issue: Issue, user: User, *, at: datetime) -> TakeOverState:
    """Return what one person sees of the questions about an issue."""
    question = own = handed_to = None
    recent = TakeOver.objects.filter(issue=issue, asked_at__gt=at - HANDED_OVER_FOR)
    for one in recent.select_related("asker", "asked").order_by("asked_at"):
        outcome = _outcome(one, at=at)
        if one.asker_id == user.pk and one.asked_at > at - ANSWER_SHOWN_FOR:
            own = _question(one, one.asked, outcome)
        elif one.asked_id == user.pk and outcome == Outcome.WAITING:
            question = _question(one, one.asker, outcome)
        elif one.asked_id == user.pk and outcome == Outcome.HANDED_OVER:
            handed_to = _question(one, one.asker, outcome)
    return TakeOverState(question=question, own=own, handed_to=handed_to)


def _outcome(one: TakeOver, *, at: datetime) -> Outcome:
    if one.answer == TakeOverAnswer.REFUSED:
        return Outcome.REFUSED
    if one.answer == TakeOverAnswer.HANDED_OVER:
        return Outcome.TAKEN_BACK if one.taken_back_at else Outcome.HANDED_OVER
    return Outcome.WAITING if one.asked_at > at - ANSWER_WITHIN else Outcome.NO_ANSWER


def _question(one: TakeOver, other: User, outcome: Outcome) -> Question:
    return Question(
        pk=one.pk, name=name_of(other), outcome=outcome, at=one.answered_at or one.asked_at
    )
