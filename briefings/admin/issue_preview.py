"""Previews of a saved issue: its web page, its email, and the email's plain text."""

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
from briefings.permissions import may_view_issue
from briefings.rendering.issue_email import EmailLinks, measure_issue_email, render_issue_email
from briefings.views import issue_page

if TYPE_CHECKING:
    from django.http import HttpRequest

PARTS = {"page": "Web page", "email": "Email", "text": "Plain text"}
# A preview runs no script and sends no form, and only the admin may frame it.
FRAMED_POLICY = {
    "default-src": [NONE],
    "script-src": [NONE],
    "connect-src": [NONE],
    "style-src": [SELF, UNSAFE_INLINE],  # emails contain their own styles
    "font-src": [SELF],
    "img-src": [SELF, "https:", "data:"],
    "form-action": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [SELF],
}


def _get_issue(request: HttpRequest, pk: int) -> Issue:
    issue = get_object_or_404(Issue.objects.for_page(), pk=pk)
    if not may_view_issue(request.user, issue):
        raise PermissionDenied
    return issue


@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the page around a preview; `?as=` chooses one of PARTS."""
    issue = _get_issue(request, pk)
    chosen = request.GET.get("as", "page")
    size = measure_issue_email(issue)
    context = {
        **admin.site.each_context(request),
        "title": "Preview",
        "subtitle": str(issue),
        "issue": issue,
        "opts": Issue._meta,
        "parts": PARTS,
        "chosen": chosen if chosen in PARTS else "page",
        "kilobytes": round(size.bytes / 1000),
        "size_warning": size.warning,
    }
    return TemplateResponse(request, "admin/briefings/issue/preview.html", context)


@require_safe
@xframe_options_sameorigin
def preview_part(request: HttpRequest, pk: int, part: str) -> HttpResponse:
    """Show one part by itself, for the frame."""
    issue = _get_issue(request, pk)
    if part not in PARTS:
        raise Http404
    return _page(request, issue) if part == "page" else _email(issue, part)


def _page(request: HttpRequest, issue: Issue) -> HttpResponse:
    context = {**issue_page(issue), "is_preview": True}
    return TemplateResponse(request, "briefings/issue_detail.html", context)


def _email(issue: Issue, part: str) -> HttpResponse:
    """Return the email with links to public pages instead of a subscriber's own."""
    home = f"{settings.SITE_URL}/"
    links = EmailLinks(
        unsubscribe=home,
        preferences=home,
        view=settings.SITE_URL + issue.get_absolute_url(),
        subscribe=f"{home}subscribe/",
    )
    email = render_issue_email(issue, links=links)
    if part == "text":
        return HttpResponse(
            f"Subject: {email.subject}\n\n{email.text}", content_type="text/plain; charset=utf-8"
        )
    return HttpResponse(email.html)
