"""The site map: every page that anybody may read."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import Q, QuerySet
from django.urls import reverse

from briefings.models import Briefing, Contributor, Issue


class _OurSitemap(Sitemap[Any]):
    """Addresses begin with SITE_URL, whatever name the request came by."""

    def get_protocol(self, protocol: str | None = None) -> str:
        return urlsplit(settings.SITE_URL).scheme

    def get_domain(self, site: Any = None) -> str:
        return urlsplit(settings.SITE_URL).netloc


class HomeSitemap(_OurSitemap):
    """The front page."""

    def items(self) -> list[str]:
        return [reverse("briefings:home")]

    def location(self, item: str) -> str:
        return item


class BriefingSitemap(_OurSitemap):
    """Every briefing, retired ones too: their archives stay."""

    def items(self) -> QuerySet[Briefing]:
        return Briefing.objects.order_by("pk")


class IssueSitemap(_OurSitemap):
    """Every published issue."""

    def items(self) -> QuerySet[Issue]:
        return Issue.objects.published().select_related("briefing").defer("strapline")

    def lastmod(self, item: Issue) -> datetime:
        return item.updated_at


class ContributorSitemap(_OurSitemap):
    """Contributors who signed something or lead a briefing; others have an empty page."""

    def items(self) -> QuerySet[Contributor]:
        signed = Issue.objects.published().order_by().values("author")
        return Contributor.objects.filter(Q(pk__in=signed) | Q(leads__isnull=False)).distinct()


SITEMAPS = {
    "home": HomeSitemap,
    "briefings": BriefingSitemap,
    "issues": IssueSitemap,
    "contributors": ContributorSitemap,
}
