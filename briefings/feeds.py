"""Atom feeds (RFC 4287) of one briefing or of all, with the whole text of each issue."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.http import http_date
from django.utils.xmlutils import SimplerXMLGenerator
from django.views.decorators.http import require_safe

from briefings.models import Briefing, Correction, Issue
from briefings.next_issue import next_issue_line
from briefings.rendering.page_html import page_sections
from newsroom.invisible_characters import remove_forbidden_in_xml
from newsroom.public_pages import public_page
from newsroom.site_address import site_host

ENTRIES = 20
# The required date of a feed that has no entries yet.
BEFORE_THE_FIRST_ISSUE = datetime(2026, 1, 1, tzinfo=UTC)


class WholeTextFeed(Atom1Feed):
    """Atom with `content` beside the summary; its date changes only when an entry does."""

    def latest_post_date(self) -> datetime:
        """Return when the latest entry changed."""
        return max((item["updateddate"] for item in self.items), default=BEFORE_THE_FIRST_ISSUE)

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item | {"description": None})
        if item["standfirst"]:
            handler.addQuickElement("summary", item["standfirst"], {"type": "text"})
        handler.addQuickElement("content", item["html"], {"type": "html"})


@public_page()
@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """Return the feed of every briefing."""
    return issue_feed(
        Issue.objects.published(),
        tag="briefings",
        title=settings.SITE_NAME,
        page=reverse("briefings:home"),
        path=reverse("briefings:feed"),
    )


@public_page()
@require_safe
def briefing_feed(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the feed of one briefing; its subtitle says when the next issue comes."""
    briefing = get_object_or_404(Briefing, slug=slug)
    next_line = next_issue_line(briefing, at=timezone.now())
    return issue_feed(
        briefing.issues.published(),
        tag=f"briefing-{briefing.pk}",
        title=f"{briefing.title} · {settings.SITE_NAME}",
        subtitle=f"{_as_sentence(briefing.strapline)} {next_line}".strip(),
        page=briefing.get_absolute_url(),
        path=reverse("briefings:briefing_feed", args=[slug]),
    )


def _as_sentence(words: str) -> str:
    """Return words with a full stop, unless they end with a mark of their own."""
    return f"{words}." if words and words[-1].isalnum() else words


def issue_feed(
    issues: Any, *, tag: str, title: str, page: str, path: str, subtitle: str = ""
) -> HttpResponse:
    """Return a feed of published issues, given as a query with the newest first."""
    latest: Iterable[Issue] = issues.for_page().prefetch_related("sections", "corrections")[
        :ENTRIES
    ]
    atom = _start(tag=tag, title=title, page=page, path=path, subtitle=subtitle)
    for issue in latest:
        _add(atom, issue)
    return _respond(atom)


def correction_entries(
    briefing: Briefing, corrections: Iterable[Correction], *, title: str, page: str, path: str
) -> HttpResponse:
    """Return a feed of corrections, given the newest first."""
    tag = f"corrections-{briefing.pk}"
    atom = _start(tag=tag, title=title, page=page, path=path)
    for correction in islice(corrections, ENTRIES):
        correction.issue.briefing = briefing
        issue = correction.issue
        link = f"{settings.SITE_URL}{issue.get_absolute_url()}#corrections"
        atom.add_item(
            title=_xml_text(f"Correction: {issue.title}"),
            link=link,
            description="",
            unique_id=_tag(correction.at, f"correction-{correction.pk}"),
            pubdate=correction.at,
            updateddate=correction.at,
            author_name=_xml_text(issue.author.name),
            categories=[_xml_text(briefing.title)],
            standfirst="",
            html=_xml_text(f"<p>{escape(correction.note)}</p>"),
        )
    return _respond(atom)


def _start(*, tag: str, title: str, page: str, path: str, subtitle: str = "") -> WholeTextFeed:
    return WholeTextFeed(
        title=_xml_text(title),
        link=settings.SITE_URL + page,
        description="",
        subtitle=_xml_text(subtitle) or None,
        language="en-GB",
        feed_url=settings.SITE_URL + path,
        feed_guid=_tag(BEFORE_THE_FIRST_ISSUE, tag),
    )


def _respond(atom: WholeTextFeed) -> HttpResponse:
    response = HttpResponse(
        atom.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8"
    )
    response["Last-Modified"] = http_date(atom.latest_post_date().timestamp())
    return response


def _add(atom: WholeTextFeed, issue: Issue) -> None:
    page = settings.SITE_URL + issue.get_absolute_url()
    published = issue.published_at or issue.created_at
    html = render_to_string(
        "briefings/_feed_entry.html",
        {
            "issue": issue,
            "sections": page_sections(issue, base=page),
            "corrections": _noted(issue),
        },
    )
    atom.add_item(
        title=_xml_text(issue.title),
        link=page,
        description="",
        unique_id=_tag(issue.created_at, f"issue-{issue.pk}"),
        pubdate=published,
        updateddate=max(published, issue.updated_at),
        author_name=_xml_text(issue.author.name),
        author_link=settings.SITE_URL + issue.author.get_absolute_url(),
        categories=[
            _xml_text(name)
            for name in (issue.briefing.title, *(topic.name for topic in issue.topic_list))
        ],
        standfirst=_xml_text(issue.strapline),
        html=_xml_text(html),
    )


def _noted(issue: Issue) -> list[Correction]:
    """Return the corrections that readers see, fetched already."""
    corrections = [correction for correction in issue.corrections.all() if correction.note]
    for correction in corrections:
        correction.issue = issue
    return corrections


def _tag(day: datetime, name: str) -> str:
    """Return an id that stays the same when addresses change (RFC 4151)."""
    return f"tag:{site_host()},{day:%Y-%m-%d}:{name}"


def _xml_text(words: str) -> str:
    """Return a text without the characters that XML 1.0 does not allow (section 2.2)."""
    return remove_forbidden_in_xml(words)
