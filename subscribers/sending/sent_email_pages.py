"""Admin pages of what a dispatch sends: the email exactly as it is stored, to read and download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from subscribers.models import Dispatch
from subscribers.sending.delivery_pages import dispatch_or_404

if TYPE_CHECKING:
    from django.http import HttpRequest


@require_safe
def sent_email(request: HttpRequest, pk: int) -> HttpResponse:
    """Show subject, HTML and text of an email as they were sent."""
    dispatch = dispatch_or_404(request, pk)
    context = {
        **admin.site.each_context(request),
        "opts": Dispatch._meta,
        "title": "The email as sent",
        "dispatch": dispatch,
        "zone": dispatch.issue.briefing.zone,
    }
    return TemplateResponse(request, "admin/subscribers/dispatch/sent_email.html", context)


@require_safe
@xframe_options_sameorigin
def sent_html(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the HTML for the frame of that page, in which nothing runs."""
    return HttpResponse(dispatch_or_404(request, pk).html)


@require_safe
def sent_source(request: HttpRequest, pk: int, part: str) -> HttpResponse:
    """Return the stored HTML or text as a file, byte for byte.

    Where each subscriber has links of their own, it has the placeholders that they are put into.
    """
    dispatch = dispatch_or_404(request, pk)
    parts = {"html": dispatch.html, "txt": dispatch.text}
    if part not in parts:
        raise Http404("An email has these parts: html, txt.")
    issue = dispatch.issue
    kind = "-correction" if dispatch.correction_id else ""
    return HttpResponse(
        parts[part].encode(),
        content_type="text/plain; charset=utf-8",  # no page, whatever is in it
        headers={
            "Content-Disposition": (
                f'attachment; filename="{issue.briefing.slug}-{issue.number}{kind}.{part}"'
            )
        },
    )
