"""The corrections of a briefing that readers can look up: a page and a feed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from briefings.feed_entries import correction_feed
from briefings.models import Briefing, Correction
from newsroom.public_pages import public_page, unless_as_asked
from newsroom.reader_language import answer_in

if TYPE_CHECKING:
    from django.http import HttpRequest

    from briefings.feed_entries import FeedFormat
    from briefings.models.correction import CorrectionQuerySet

PER_PAGE = 50


def _corrections_of(briefing: Briefing) -> CorrectionQuerySet:
    noted = Correction.objects.noted().filter(issue__briefing=briefing)
    return noted.select_related("issue__author").order_by("-at", "-pk")


@public_page("page")
@require_safe
def corrections(request: HttpRequest, slug: str) -> HttpResponse:
    """List the corrections of a briefing, the newest first, by pages (`?page=`)."""
    briefing = get_object_or_404(Briefing.objects.select_related("lead"), slug=slug)
    answer_in(briefing.language)
    page = Paginator(_corrections_of(briefing), PER_PAGE).get_page(request.GET.get("page"))
    for correction in page.object_list:
        correction.issue.briefing = briefing
    context = {"briefing": briefing, "page": page}
    response = TemplateResponse(request, "briefings/corrections.html", context)
    return unless_as_asked(response, request, {"page": str(page.number)} if page.number > 1 else {})


@public_page()
@require_safe
def corrections_feed(request: HttpRequest, slug: str, write: FeedFormat) -> HttpResponse:
    """Return the feed of a briefing's corrections."""
    briefing = get_object_or_404(Briefing, slug=slug)
    answer_in(briefing.language)
    return write(
        correction_feed(
            briefing,
            _corrections_of(briefing),
            title=f"{gettext('Corrections')} · {briefing.title} · {settings.SITE_NAME}",
            page=reverse("briefings:corrections", args=[slug]),
            paths=(
                reverse("briefings:corrections_feed", args=[slug]),
                reverse("briefings:corrections_json_feed", args=[slug]),
            ),
        )
    )
