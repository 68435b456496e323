"""The site map: every public page."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import Q, QuerySet
from django.urls import reverse

from briefings.models import Briefing, Contributor, Issue, Topic


class _SiteUrlSitemap(Sitemap[Any]):
    """A site map whose addresses start with SITE_URL, whatever the host of the request."""

    def get_protocol(self, protocol: str | None = None) -> str:
        return urlsplit(settings.SITE_URL).scheme

    def get_domain(self, site: Any = None) -> str:
        return urlsplit(settings.SITE_URL).netloc


class HomeSitemap(_SiteUrlSitemap):
    """The home page."""

    def items(self) -> list[str]:
        return [reverse("briefings:home")]

    def location(self, item: str) -> str:
        return item


class BriefingSitemap(_SiteUrlSitemap):
    """Every briefing, retired ones included: their archives stay."""

    def items(self) -> QuerySet[Briefing]:
        return Briefing.objects.order_by("pk")


class IssueSitemap(_SiteUrlSitemap):
    """Every published issue."""

    def items(self) -> QuerySet[Issue]:
        return Issue.objects.published().select_related("briefing").defer("strapline")

    def lastmod(self, item: Issue) -> datetime:
        return item.updated_at


class ContributorSitemap(_SiteUrlSitemap):
    """Contributors who wrote an issue or lead a briefing; the pages of others are empty."""

    def items(self) -> QuerySet[Contributor]:
        authors = Issue.objects.published().order_by().values("author")
        return Contributor.objects.filter(Q(pk__in=authors) | Q(leads__isnull=False)).distinct()


class TopicSitemap(_SiteUrlSitemap):
    """Topics that have published issues; the pages of others are empty."""

    def items(self) -> QuerySet[Topic]:
        return Topic.objects.with_issues()


SITEMAPS = {
    "home": HomeSitemap,
    "briefings": BriefingSitemap,
    "issues": IssueSitemap,
    "contributors": ContributorSitemap,
    "topics": TopicSitemap,
}
