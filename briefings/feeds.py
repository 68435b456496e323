"""Atom feeds (RFC 4287): every published issue, whole; of one briefing or of all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import http_date
from django.utils.xmlutils import SimplerXMLGenerator
from django.views.decorators.http import conditional_page, require_safe

from briefings.models import Briefing, Issue
from briefings.rendering.page_html import page_sections
from newsroom.invisible_characters import remove_forbidden_in_xml

ENTRIES = 20
# A feed without entries must say when it changed; it never did.
BEFORE_THE_FIRST_ISSUE = datetime(2026, 1, 1, tzinfo=UTC)


class WholeTextFeed(Atom1Feed):
    """Atom with `content` beside the summary; its date stands still while nothing changes."""

    def latest_post_date(self) -> datetime:
        """When the latest entry changed."""
        return max((item["updateddate"] for item in self.items), default=BEFORE_THE_FIRST_ISSUE)

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item | {"description": None})
        if item["standfirst"]:
            handler.addQuickElement("summary", item["standfirst"], {"type": "text"})
        handler.addQuickElement("content", item["html"], {"type": "html"})


@require_safe
@conditional_page
def feed(request: HttpRequest) -> HttpResponse:
    """The latest issues of every briefing."""
    return _answer(
        Issue.objects.published(),
        tag="briefings",
        title=settings.SITE_NAME,
        page=reverse("briefings:home"),
        path=reverse("briefings:feed"),
    )


@require_safe
@conditional_page
def briefing_feed(request: HttpRequest, slug: str) -> HttpResponse:
    """The latest issues of one briefing."""
    briefing = get_object_or_404(Briefing, slug=slug)
    return _answer(
        briefing.issues.published(),
        tag=f"briefing-{briefing.pk}",
        title=f"{briefing.title} · {settings.SITE_NAME}",
        subtitle=briefing.strapline,
        page=briefing.get_absolute_url(),
        path=reverse("briefings:briefing_feed", args=[slug]),
    )


def _answer(
    issues: Any, *, tag: str, title: str, page: str, path: str, subtitle: str = ""
) -> HttpResponse:
    found: Iterable[Issue] = issues.for_page().prefetch_related("sections")[:ENTRIES]
    atom = WholeTextFeed(
        title=_clean(title),
        link=settings.SITE_URL + page,
        description="",
        subtitle=_clean(subtitle) or None,
        language="en-GB",
        feed_url=settings.SITE_URL + path,
        feed_guid=_tag(BEFORE_THE_FIRST_ISSUE, tag),
    )
    for issue in found:
        _add(atom, issue)
    response = HttpResponse(
        atom.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8"
    )
    response["Last-Modified"] = http_date(atom.latest_post_date().timestamp())
    return response


def _add(atom: WholeTextFeed, issue: Issue) -> None:
    page = settings.SITE_URL + issue.get_absolute_url()
    published = issue.published_at or issue.created_at
    html = render_to_string(
        "briefings/_feed_entry.html", {"sections": page_sections(issue, base=page)}
    )
    atom.add_item(
        title=_clean(issue.title),
        link=page,
        description="",
        unique_id=_tag(issue.created_at, f"issue-{issue.pk}"),
        pubdate=published,
        updateddate=max(published, issue.updated_at),
        author_name=_clean(issue.author.name),
        author_link=settings.SITE_URL + issue.author.get_absolute_url(),
        categories=[_clean(issue.briefing.title)],
        standfirst=_clean(issue.strapline),
        html=_clean(html),
    )


def _tag(day: datetime, name: str) -> str:
    """An identity that survives every change of address (RFC 4151)."""
    return f"tag:{settings.SITE_HOST},{day:%Y-%m-%d}:{name}"


def _clean(words: str) -> str:
    """Drop the characters that XML 1.0 cannot hold (section 2.2)."""
    return remove_forbidden_in_xml(words)
