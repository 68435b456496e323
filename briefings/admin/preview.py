"""A saved issue as its readers will get it: the page, the letter, the letter's text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from briefings.models import Issue
from briefings.permissions import may_view_issues
from briefings.rendering.issue_email import EmailLinks, measure_issue_email, render_issue_email
from briefings.views.issues import issue_page

if TYPE_CHECKING:
    from django.http import HttpRequest

PARTS = {"page": "Web page", "letter": "Letter", "text": "Plain text"}
# A preview runs no script and sends nothing; it may only be framed by the desk.
FRAMED_POLICY = {
    "default-src": [NONE],
    "script-src": [NONE],
    "connect-src": [NONE],
    "style-src": [SELF, UNSAFE_INLINE],  # a letter carries its styles in itself
    "font-src": [SELF],
    "img-src": [SELF, "https:", "data:"],
    "form-action": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [SELF],
}


def _issue_to_see(request: HttpRequest, pk: int) -> Issue:
    if not may_view_issues(request.user):
        raise PermissionDenied
    return get_object_or_404(Issue.objects.for_page(), pk=pk)


@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the preview's frame with its switches; `?as=` chooses page, letter or text."""
    issue = _issue_to_see(request, pk)
    chosen = request.GET.get("as", "page")
    weight = measure_issue_email(issue)
    context = {
        **admin.site.each_context(request),
        "title": "Preview",
        "subtitle": str(issue),
        "issue": issue,
        "opts": Issue._meta,
        "parts": PARTS,
        "chosen": chosen if chosen in PARTS else "page",
        "kilobytes": round(weight.bytes / 1000),
        "weight_warning": weight.warning,
    }
    return TemplateResponse(request, "admin/briefings/issue/preview.html", context)


@require_safe
@xframe_options_sameorigin
def preview_part(request: HttpRequest, pk: int, part: str) -> HttpResponse:
    """Show one part bare, for the frame."""
    issue = _issue_to_see(request, pk)
    if part not in PARTS:
        raise Http404
    return _page(request, issue) if part == "page" else _letter(issue, part)


def _page(request: HttpRequest, issue: Issue) -> HttpResponse:
    context = {**issue_page(issue), "is_preview": True}
    return TemplateResponse(request, "briefings/issue_detail.html", context)


def _letter(issue: Issue, part: str) -> HttpResponse:
    """Render the letter with links that lead to the public pages, for nobody in particular."""
    home = f"{settings.SITE_URL}/"
    links = EmailLinks(
        unsubscribe=home,
        preferences=home,
        view=settings.SITE_URL + issue.get_absolute_url(),
        subscribe=f"{home}subscribe/",
    )
    letter = render_issue_email(issue, links=links)
    if part == "text":
        return HttpResponse(
            f"Subject: {letter.subject}\n\n{letter.text}", content_type="text/plain; charset=utf-8"
        )
    return HttpResponse(letter.html)
