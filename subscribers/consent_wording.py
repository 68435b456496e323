"""What people consent to, in words: the forms show these texts and consent records keep them.

Each is in the language of the page, so that a record has the words that the person read.

How often a briefing is sent comes from `Briefing.slot.words`, so that no text here has to know.
"""

from __future__ import annotations

from django.utils.translation import gettext, gettext_lazy

from briefings.models import Briefing

UNDO_WORDING = gettext_lazy("Undo and stay subscribed")


def sign_up_wording(briefing: Briefing | None) -> str:
    """Return the wording of the form for one briefing, or of the form that offers several."""
    if briefing is None:
        return gettext(
            "Email me the briefings I have ticked, each as often as it says above. I can"
            " unsubscribe at any time with a link in every email."
        )
    return gettext(
        "Email me %(title)s, %(slot)s. I can unsubscribe at any time with a link in every email."
    ) % {"title": briefing.title, "slot": briefing.slot.words}
