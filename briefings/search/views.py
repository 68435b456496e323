"""The search page and the feed of a search. Both need no script, no cookie and no form guard."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef, Subquery
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import conditional_page, require_safe

from briefings.feed_entries import ENTRIES, issue_feed
from briefings.models import Briefing, Contributor, Issue, Topic
from briefings.search import found
from briefings.search.engine import SearchTooSlow
from briefings.search.found import (
    Filters,
    SearchPage,
    count_matches,
    did_you_mean,
    newest_issues,
    search_comments,
    search_issues,
)
from briefings.search.search_query import MAX_QUERY_CHARS
from newsroom.invisible_characters import one_line
from newsroom.public_pages import public_page, unless_as_asked

if TYPE_CHECKING:
    from django.http import HttpRequest, QueryDict

    from briefings.feed_entries import FeedFormat

MAX_PAGE_DIGITS = 4
COMMENTS = "comments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What the filters can be set to: what has published issues."""

    briefings: list[Briefing]
    authors: list[Contributor]
    years: list[str]  # the latest first; as text, so that the page need not format each number


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What an address asks for; whatever in it is not offered is left out."""

    words: str
    in_comments: bool
    filters: Filters
    page: int

    @property
    def first_year(self) -> str:
        return str(self.filters.first_year or "")

    @property
    def last_year(self) -> str:
        return str(self.filters.last_year or "")

    def address(self, **changes: str | int) -> str:
        """Return the query part of the address of this search, with some of it changed."""
        filters = self.filters
        asked: dict[str, Any] = {
            "q": self.words,
            "in": COMMENTS if self.in_comments else "",
            "briefing": filters.briefing.slug if filters.briefing else "",
            "author": filters.author.slug if filters.author else "",
            "from": self.first_year,
            "to": self.last_year,
            "page": "",
            **changes,
        }
        return "?" + urlencode({name: value for name, value in asked.items() if value})


@public_page("q", "in", "briefing", "author", "from", "to", "page")
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show what was found for `?q=`, or without it, a form and the topics."""
    offered = _offered()
    asked = _asked(request.GET, offered)
    context: dict[str, Any] = {
        "search": asked,
        "offered": offered,
        "max_chars": MAX_QUERY_CHARS,
        "is_filtered": asked.filters != Filters(),
    }
    if asked.words:
        context |= _results(asked)
    else:
        context["topics"] = Topic.objects.with_issues()
    response = TemplateResponse(request, "briefings/search/search.html", context)
    # There are too many searches to store each one; the page without words is like any other.
    return unless_as_asked(response, request, {})


@require_safe
@conditional_page
def search_feed(request: HttpRequest, write: FeedFormat) -> HttpResponse:
    """Return a feed of the newest issues that match `?q=`, with the same filters as the page."""
    asked = _asked(request.GET, _offered())
    if not asked.words:
        raise Http404("A feed needs words to search for: add ?q= and your words.")
    try:
        issues = newest_issues(asked.words, filters=asked.filters, count=ENTRIES)
    except SearchTooSlow:
        words = gettext("This search takes too long.")
        return HttpResponse(words, status=503, content_type="text/plain; charset=utf-8")
    address = asked.address(**{"in": ""})
    return write(
        issue_feed(
            issues,
            tag=f"search-{hashlib.sha256(address.encode()).hexdigest()[:16]}",
            title=f"“{asked.words}” · {settings.SITE_NAME}",
            page=reverse("briefings:search") + address,
            paths=(
                reverse("briefings:search_feed") + address,
                reverse("briefings:search_json_feed") + address,
            ),
        )
    )


def _results(asked: Search) -> dict[str, Any]:
    """Return what the page shows of a search: one of the tabs, and how much is in the other."""
    page: SearchPage[Any]
    if asked.in_comments:
        page = search_comments(asked.words, filters=asked.filters, page=asked.page)
    else:
        now = timezone.now()
        page = search_issues(asked.words, filters=asked.filters, page=asked.page, at=now)
    other = 0
    if not page.is_too_slow and not page.has_no_words:
        other = count_matches(asked.words, filters=asked.filters, comments=not asked.in_comments)
    suggestion = ""
    if not page.count and not page.is_too_slow:
        suggestion = did_you_mean(asked.words, filters=asked.filters)
    issue_count, comment_count = (other, page.count) if asked.in_comments else (page.count, other)
    return {
        "page": page,
        "issue_count": issue_count,
        "issues_counted": _counted(issue_count),
        "comment_count": comment_count,
        "comments_counted": _counted(comment_count),
        "issues_address": asked.address(**{"in": ""}),
        "comments_address": asked.address(**{"in": COMMENTS}),
        "unfiltered_address": asked.address(briefing="", author="", **{"from": "", "to": ""}),
        "earlier_address": asked.address(page=page.number - 1),
        "later_address": asked.address(page=page.number + 1),
        "feed_address": reverse("briefings:search_feed") + asked.address(**{"in": ""}),
        "json_feed_address": reverse("briefings:search_json_feed") + asked.address(**{"in": ""}),
        "suggestion": suggestion,
        "suggestion_address": asked.address(q=suggestion, **{"in": ""}),
    }


def _counted(count: int) -> str:
    """Return a count as both tabs show it, one of which is not counted to the end."""
    return f"{found.MOST_FOUND}+" if count > found.MOST_FOUND else str(count)


def _offered() -> Offered:
    """Read what the filters offer, from indexes alone, however many issues there are."""
    published = Issue.objects.published().order_by("published_at")
    moments = published.filter(briefing=OuterRef("pk")).values("published_at")
    first, last = Subquery(moments[:1]), Subquery(moments.reverse()[:1])
    by_age = Briefing.objects.annotate(first_published=first, last_published=last)
    briefings = [one for one in by_age if vars(one)["first_published"]]
    # All years from that of the first issue to that of the last. A year begins where a briefing is.
    years = [
        vars(one)[name].astimezone(ZoneInfo(one.time_zone)).year
        for one in briefings
        for name in ("first_published", "last_published")
    ]
    by_author = published.filter(author=OuterRef("pk"))
    return Offered(
        briefings=briefings,
        authors=list(Contributor.objects.filter(Exists(by_author))),
        years=[str(year) for year in range(max(years), min(years) - 1, -1)] if years else [],
    )


def _asked(data: QueryDict, offered: Offered) -> Search:
    briefings = {briefing.slug: briefing for briefing in offered.briefings}
    authors = {author.slug: author for author in offered.authors}
    years = {year: int(year) for year in offered.years}
    page = data.get("page", "")
    is_number = page.isascii() and page.isdigit() and len(page) <= MAX_PAGE_DIGITS
    return Search(
        words=one_line(data.get("q", ""))[:MAX_QUERY_CHARS].strip(),
        in_comments=data.get("in") == COMMENTS,
        filters=Filters(
            briefing=briefings.get(data.get("briefing", "")),
            author=authors.get(data.get("author", "")),
            first_year=years.get(data.get("from", "")),
            last_year=years.get(data.get("to", "")),
        ),
        page=int(page) if is_number else 1,
    )
