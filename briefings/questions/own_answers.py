"""What a reader answered to questions, for their own page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefings.questions.answer_links import question_path

if TYPE_CHECKING:
    from datetime import datetime

    from briefings.models import Answer, Commenter

MAX_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAnswer:
    """An answer, and where it can still be changed; empty for nowhere."""

    answer: Answer
    question_url: str


def own_answers(commenter: Commenter, *, at: datetime) -> list[OwnAnswer]:
    """Return a reader's answers, the latest first."""
    answers = commenter.answers.select_related("issue__briefing", "section__issue__briefing")
    return [
        OwnAnswer(
            answer=answer,
            question_url=question_path(answer.section)
            if answer.section and answer.section.takes_answers(at=at)
            else "",
        )
        for answer in answers.order_by("-at", "-pk")[:MAX_SHOWN]
    ]
