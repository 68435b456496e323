"""The empty comment form as HTML; it is rendered once, and remembered by what it depends on.

Django renders a form field by field, each from templates of its own: that takes longer than all
else on the page of an issue. The template sees nothing but what is made of the values below.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from django.template.loader import render_to_string
from django.utils.translation import get_language

from briefings.forms import CommentForm
from briefings.models import Briefing, Issue
from briefings.rendering.page_html import PageSection
from newsroom.form_signature import sign_form

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.utils.safestring import SafeString

REMEMBERED = 256  # forms; about 4 KB each


class EmptyForm(NamedTuple):
    """What the form of an issue depends on before anybody wrote anything."""

    slug: str
    zone: str
    moderation: str
    number: int
    sections: tuple[PageSection, ...]
    about: str  # the key of the section that is chosen, or empty
    closes: datetime
    signature: str
    language: str | None


def empty_form_html(
    issue: Issue, *, sections: Iterable[PageSection], about: str, closes: datetime, at: datetime
) -> SafeString:
    """Return the form for a comment on an issue that takes comments, or on a section of it."""
    return _render(
        EmptyForm(
            slug=issue.briefing.slug,
            zone=issue.briefing.time_zone,
            moderation=issue.briefing.moderation,
            number=issue.number,
            sections=tuple(sections),
            about=about,
            closes=closes,
            signature=sign_form(at=at, cached=True),
            language=get_language(),
        )
    )


@lru_cache(maxsize=REMEMBERED)
def _render(form: EmptyForm) -> SafeString:
    briefing = Briefing(slug=form.slug, time_zone=form.zone, moderation=form.moderation)
    issue = Issue(briefing=briefing, number=form.number)
    initial = {"began": form.signature, "section": form.about}
    context = {
        "issue": issue,
        "briefing": briefing,
        "about": form.about,
        "form": CommentForm(issue=issue, sections=form.sections, initial=initial),
        "comments_open": True,
        "comments_close": form.closes,
    }
    return render_to_string("briefings/_comment_form.html", context)
