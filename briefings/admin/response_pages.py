"""What readers said about the previous issue: the page on which an editor reads and uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from briefings.admin.form_fields import parse_key
from briefings.admin.viewed_issue import viewed_issue
from briefings.models import Issue
from briefings.permissions import may_use_response
from briefings.response.pieces import pieces_of, response_to
from briefings.response.previous import earlier_issues, previous_issue

if TYPE_CHECKING:
    from collections.abc import Callable

PER_PAGE = 50
CHOICES_OF_ISSUES = 26  # half a year


def response_urls(wrap: Callable[..., Any]) -> list[URLPattern]:
    """Return the addresses of these pages, each through the admin's `wrap`."""
    return [
        path("<int:pk>/response/", wrap(require_safe(response)), name="briefings_response"),
    ]


def draft_or_refuse(request: HttpRequest, pk: int) -> Issue:
    """Return a draft for somebody who works with the response to its briefing's issues.

    Raises Http404 and PermissionDenied.
    """
    draft = viewed_issue(request, pk)
    if not may_use_response(request.user, draft):
        raise PermissionDenied
    return draft


def response(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what readers said about the issue before a draft, or about the issue `?about=`."""
    draft = draft_or_refuse(request, pk)
    about = previous_issue(draft, about=parse_key(request.GET.get("about")))
    found = response_to(about) if about else None
    page = Paginator(found.order_by("-created_at", "-pk") if found is not None else [], PER_PAGE)
    shown = page.get_page(request.GET.get("page"))
    context = {
        **admin.site.each_context(request),
        "title": f"Response to issue {about.number}" if about else "Response",
        "subtitle": str(draft),
        "draft": draft,
        "about": about,
        "earlier": list(earlier_issues(draft)[:CHOICES_OF_ISSUES]),
        "zone": draft.briefing.zone,
        "page": shown,
        "pieces": pieces_of(list(shown.object_list)),
    }
    return TemplateResponse(request, "admin/briefings/response/response.html", context)


def response_on_page(request: HttpRequest, issue: Issue) -> dict[str, Any]:
    """Return what the page of an issue needs to lead to the response."""
    return {"may_use_response": may_use_response(request.user, issue)}
