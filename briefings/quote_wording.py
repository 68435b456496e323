"""What readers are asked about being quoted: forms show these texts and consent records keep them.

Raise WORDING_VERSION with every change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext, gettext_lazy

from briefings.models import QuoteChoice, QuoteConsent

if TYPE_CHECKING:
    from datetime import datetime

    from django_stubs_ext import StrOrPromise

    from briefings.models import Comment

WORDING_VERSION = 2
QUESTION = gettext_lazy("May we quote you in a later issue?")
EXPLANATION = gettext_lazy(
    "Issues are emailed and published. You can change your answer later; emails that were sent"
    " cannot be called back."
)
# Of a message about a recent issue the newsroom has a copy: see response/kept_messages.py.
EXPLANATION_OF_MESSAGES = gettext_lazy(
    "Issues are emailed and published. Of messages about recent issues our newsroom keeps a copy,"
    " which we do not publish. You can change your answer later: sign in for comments with your"
    " address, or write to the author again. Emails that were sent cannot be called back."
)
ANSWERS = {
    QuoteChoice.NO: gettext_lazy("No, do not quote me"),
    QuoteChoice.ANONYMOUS: gettext_lazy("Yes, without my name"),
    QuoteChoice.NAMED: gettext_lazy("Yes, with the name I give here"),
}


def wording_of(choice: QuoteChoice, *, explanation: StrOrPromise = EXPLANATION) -> str:
    """Return the whole text that a person saw and chose from, with their answer at its end."""
    offered = " / ".join(map(str, ANSWERS.values()))
    answer = gettext("Answer: %(answer)s") % {"answer": ANSWERS[choice]}
    return f"{QUESTION} {explanation} {offered}\n{answer}"


def record_choice(
    comment: Comment,
    choice: QuoteChoice,
    *,
    at: datetime,
    source: str,
    ip: str | None,
    explanation: StrOrPromise = EXPLANATION,
) -> None:
    """Record what a reader chose; call it in the transaction that saves `Comment.quoting`.

    `explanation` is what stood beside the question.
    """
    QuoteConsent.objects.create(
        comment=comment,
        choice=choice,
        name=comment.name_to_quote,
        at=at,
        source=source,
        wording=wording_of(choice, explanation=explanation),
        wording_version=WORDING_VERSION,
        ip=ip,
    )
