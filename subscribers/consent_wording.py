"""What a person is told before agreeing: shown by the pages, kept in the consent records."""

from __future__ import annotations

from briefings.models import Briefing

SEVERAL = (
    "Please e-mail me the briefings ticked above, each once a week."
    " I can leave any of them at any time, in one step, from any letter."
)
UNDONE = "Undo: please go on e-mailing me this briefing."


def sign_up_wording(briefing: Briefing | None) -> str:
    """What the form for one briefing says, or the form on which several can be ticked."""
    if briefing is None:
        return SEVERAL
    return (
        f"Please e-mail me {briefing.title}, {briefing.slot_words}."
        " I can leave at any time, in one step, from any letter."
    )
