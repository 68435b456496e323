"""What people consent to, in words: the forms show these texts and consent records keep them.

How often a briefing is sent comes from `Briefing.slot.words`, so that no text here has to know.
"""

from __future__ import annotations

from briefings.models import Briefing

UNDO_WORDING = "Undo and stay subscribed"


def sign_up_wording(briefing: Briefing | None) -> str:
    """Return the wording of the form for one briefing, or of the form that offers several."""
    if briefing is None:
        return (
            "Email me the briefings I have ticked, each as often as it says above."
            " I can unsubscribe at any time with a link in every email."
        )
    return (
        f"Email me {briefing.title}, {briefing.slot.words}."
        " I can unsubscribe at any time with a link in every email."
    )
