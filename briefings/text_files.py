"""`robots.txt` and `humans.txt`: what programs and people may want to know of the site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from briefings.models import Contributor
from newsroom.invisible_characters import one_line
from newsroom.public_pages import public_page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest

# What crawlers should not visit: pages of one person, and endless lists. `/search/` itself is fine.
CLOSED = (
    *("/admin/", "/comments/", "/confirm/", "/preferences/", "/preview/", "/proof/"),
    *("/search/?q=", "/search/?in=", "/search/feed", "/unsubscribe/", "/view/"),
)


@public_page()
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Return robots.txt (RFC 9309), with the address of the site map."""
    return _text(
        [
            "User-agent: *",
            *(f"Disallow: {path}" for path in CLOSED),
            "",
            f"Sitemap: {settings.SITE_URL}{reverse('briefings:sitemap')}",
        ]
    )


@public_page()
@require_safe
def humans(request: HttpRequest) -> HttpResponse:
    """Return humans.txt (https://humanstxt.org): who writes here."""
    authors = Contributor.objects.of_the_site()
    return _text(
        [
            f"{settings.SITE_NAME}: {settings.SITE_URL}{reverse('briefings:home')}",
            "",
            "Written by",
            *(f"  {_author(author)}" for author in authors),
            "",
            "Made with Newsroom, which is written in Django. Set in Newsreader and Libre Franklin.",
        ]
    )


def _author(author: Contributor) -> str:
    return one_line(", ".join(word for word in (author.name, author.job_title) if word))


def _text(lines: Iterable[str]) -> HttpResponse:
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")
