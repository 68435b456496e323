"""The page and the feed of a topic: issues of every briefing that are about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from briefings.feed_entries import issue_feed
from briefings.issue_archive import by_year
from briefings.models import Issue, Topic
from newsroom.public_pages import public_page, unless_as_asked

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from briefings.feed_entries import FeedFormat

PER_PAGE = 50


@public_page("page")
@require_safe
def topic_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """List the issues about a topic by year, the latest first, by pages (`?page=`)."""
    topic = get_object_or_404(Topic, slug=slug)
    issues = Issue.objects.published().filter(topics=topic).select_related("briefing")
    page = Paginator(issues, PER_PAGE).get_page(request.GET.get("page"))
    context = {"topic": topic, "page": page, "years": by_year(page.object_list)}
    response = TemplateResponse(request, "briefings/topic_detail.html", context)
    return unless_as_asked(response, request, {"page": str(page.number)} if page.number > 1 else {})


@public_page()
@require_safe
def topic_feed(request: HttpRequest, slug: str, write: FeedFormat) -> HttpResponse:
    """Return the feed of a topic."""
    topic = get_object_or_404(Topic, slug=slug)
    return write(
        issue_feed(
            Issue.objects.published().filter(topics=topic),
            tag=f"topic-{topic.pk}",
            title=f"{topic.name} · {settings.SITE_NAME}",
            subtitle=topic.description,
            page=topic.get_absolute_url(),
            paths=(
                reverse("briefings:topic_feed", args=[slug]),
                reverse("briefings:topic_json_feed", args=[slug]),
            ),
        )
    )
