"""The addresses of the pictures that other sites show beside our links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import conditional_page, require_safe

from briefings.models import Briefing, Issue
from briefings.rendering.sharing_picture import (
    CONTENT_TYPE,
    SharingPicture,
    picture_of_briefing,
    picture_of_issue,
    picture_of_site,
)
from newsroom.page_cache import kept_file

if TYPE_CHECKING:
    from django.http import HttpRequest


@require_safe
@conditional_page
def site_picture(request: HttpRequest, version: str) -> HttpResponse:
    """Return the picture of the home page."""
    return _answer(picture_of_site(), version)


@require_safe
@conditional_page
def briefing_picture(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """Return the picture of a briefing."""
    return _answer(picture_of_briefing(get_object_or_404(Briefing, slug=slug)), version)


@require_safe
@conditional_page
def issue_picture(request: HttpRequest, slug: str, number: int, version: str) -> HttpResponse:
    """Return the picture of a published issue."""
    issues = Issue.objects.published().select_related("briefing")
    issue = get_object_or_404(issues, briefing__slug=slug, number=number)
    return _answer(picture_of_issue(issue), version)


def _answer(picture: SharingPicture, version: str) -> HttpResponse:
    """Return a picture, drawn at most once a day; from any other version, go to the current one.

    So there are never more of them than pages, whatever anybody asks for.
    """
    if version != picture.version:
        return redirect(picture.address)
    return HttpResponse(
        kept_file(f"picture.{version}", picture.draw),
        content_type=CONTENT_TYPE,
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )
