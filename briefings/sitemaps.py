"""The site map (https://www.sitemaps.org): an index, and under it the public pages by kind.

Issues are listed by year, so that none of the lists grows with the archive.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import Max, QuerySet
from django.db.models.functions import ExtractYear
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from briefings.models import Briefing, Contributor, Issue, Topic
from newsroom.public_pages import public_page
from newsroom.reader_language import primary_language, text_language

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

# What Google takes (https://support.google.com/news/publisher-center/answer/9606710).
NEWS_FOR = timedelta(days=2)
MOST_NEWS = 1000
CONTENT_TYPE = "application/xml"
NEWS = "news"


class SiteUrlSitemap(Sitemap[Any]):
    """A site map whose addresses start with SITE_URL, whatever the host of the request."""

    def get_protocol(self, protocol: str | None = None) -> str:
        return urlsplit(settings.SITE_URL).scheme

    def get_domain(self, site: Any = None) -> str:
        return urlsplit(settings.SITE_URL).netloc


class PageSitemap(SiteUrlSitemap):
    """The pages that every newsroom has."""

    def items(self) -> list[str]:
        return ["briefings:home", "briefings:search", "subscribers:subscribe"]

    def location(self, item: str) -> str:
        return reverse(item)


class BriefingSitemap(SiteUrlSitemap):
    """Every briefing, retired ones included: their archives stay."""

    def items(self) -> QuerySet[Briefing]:
        return Briefing.objects.order_by("pk")


class IssueSitemap(SiteUrlSitemap):
    """Every issue that was published in a year of UTC."""

    def __init__(self, year: int) -> None:
        self.year = year

    def items(self) -> QuerySet[Issue]:
        start, end = (datetime(year, 1, 1, tzinfo=UTC) for year in (self.year, self.year + 1))
        issues = Issue.objects.published().filter(published_at__gte=start, published_at__lt=end)
        return issues.select_related("briefing")

    def lastmod(self, item: Issue) -> datetime:
        return item.updated_at


class NewsSitemap(SiteUrlSitemap):
    """The issues of the last two days, with what news services ask for."""

    def items(self) -> QuerySet[Issue]:
        issues = Issue.objects.published().filter(published_at__gte=timezone.now() - NEWS_FOR)
        return issues.select_related("briefing")[:MOST_NEWS]

    def lastmod(self, item: Issue) -> datetime:
        return item.updated_at


class ContributorSitemap(SiteUrlSitemap):
    """Contributors who wrote an issue or lead a briefing; the pages of others are empty."""

    def items(self) -> QuerySet[Contributor]:
        return Contributor.objects.of_the_site()


class TopicSitemap(SiteUrlSitemap):
    """Topics that have published issues; the pages of others are empty."""

    def items(self) -> QuerySet[Topic]:
        return Topic.objects.with_issues()


BY_KIND = {
    "pages": PageSitemap,
    "briefings": BriefingSitemap,
    "contributors": ContributorSitemap,
    "topics": TopicSitemap,
    NEWS: NewsSitemap,
}


@public_page()
@require_safe
def sitemap_index(request: HttpRequest) -> HttpResponse:
    """Return the addresses of the lists that have any page, and when each last changed."""
    changes = _changes_by_year()
    filled = {kind: None for kind, of_kind in BY_KIND.items() if of_kind().paginator.count}
    lists = {**filled, **{f"issues-{year}": changed for year, changed in changes.items()}}
    maps = [
        {"location": settings.SITE_URL + _path(name), "last_mod": changed}
        for name, changed in lists.items()
    ]
    context = {"sitemaps": maps}
    return TemplateResponse(request, "sitemap_index.xml", context, content_type=CONTENT_TYPE)


@public_page()
@require_safe
def sitemap_part(request: HttpRequest, part: str) -> HttpResponse:
    """Return one of the lists of addresses."""
    template = "briefings/news_sitemap.xml" if part == NEWS else "sitemap.xml"
    urls = _sitemap(part).get_urls()
    if part == NEWS:
        for url in urls:
            url["language"] = primary_language(text_language(url["item"].briefing.language))
    context = {"urlset": urls, "publication": settings.SITE_NAME}
    return TemplateResponse(request, template, context, content_type=CONTENT_TYPE)


def _sitemap(part: str) -> Sitemap[Any]:
    if of_kind := BY_KIND.get(part):
        return of_kind()
    kind, _, year = part.partition("-")
    if kind == "issues" and year in map(str, _changes_by_year()):
        return IssueSitemap(int(year))
    raise Http404("There is no such list of pages.")


def _path(part: str) -> str:
    return reverse("briefings:sitemap_part", args=[part])


def _changes_by_year() -> dict[int, datetime]:
    """Return when issues changed last, by the year of their publication, the latest first."""
    year = ExtractYear("published_at", tzinfo=UTC)
    years = Issue.objects.published().order_by().values(year=year)
    rows = years.annotate(changed=Max("updated_at")).order_by("-year")
    return {row["year"]: row["changed"] for row in rows}
