"""The feeds of one briefing or of all, as Atom and as JSON, with the whole text of each issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from briefings.feed_entries import issue_feed
from briefings.models import Briefing, Issue
from briefings.next_issue import next_issue_line
from newsroom.public_pages import public_page
from newsroom.reader_language import answer_in

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from briefings.feed_entries import FeedFormat


@public_page()
@require_safe
def feed(request: HttpRequest, write: FeedFormat) -> HttpResponse:
    """Return the feed of every briefing."""
    return write(
        issue_feed(
            Issue.objects.published(),
            tag="briefings",
            title=settings.SITE_NAME,
            page=reverse("briefings:home"),
            paths=(reverse("briefings:feed"), reverse("briefings:json_feed")),
        )
    )


@public_page()
@require_safe
def briefing_feed(request: HttpRequest, slug: str, write: FeedFormat) -> HttpResponse:
    """Return the feed of one briefing; its subtitle says when the next issue comes."""
    briefing = get_object_or_404(Briefing, slug=slug)
    answer_in(briefing.language)
    next_line = next_issue_line(briefing, at=timezone.now())
    return write(
        issue_feed(
            briefing.issues.published(),
            tag=f"briefing-{briefing.pk}",
            title=f"{briefing.title} · {settings.SITE_NAME}",
            subtitle=f"{_as_sentence(briefing.strapline)} {next_line}".strip(),
            briefing=briefing,
            page=briefing.get_absolute_url(),
            paths=(
                reverse("briefings:briefing_feed", args=[slug]),
                reverse("briefings:briefing_json_feed", args=[slug]),
            ),
        )
    )


def _as_sentence(words: str) -> str:
    """Return words with a full stop, unless they end with a mark of their own."""
    return f"{words}." if words and words[-1].isalnum() else words
