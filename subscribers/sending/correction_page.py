"""The admin page that emails a correction to those who were sent the issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from briefings.models import Correction
from briefings.permissions import may_send
from briefings.proofs import harmless_links
from briefings.rendering.correction_email import render_correction_email
from newsroom.accounts.password_again import need_password_again
from newsroom.transitions import TransitionRefused
from subscribers.models import Dispatch
from subscribers.sending.correction_dispatches import count_recipients, send_correction, why_not

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_http_methods(["GET", "HEAD", "POST"])
def send_correction_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a correction's email and how many would get it (GET), or start sending it (POST)."""
    corrections = Correction.objects.select_related("issue__briefing__lead", "issue__author")
    correction = get_object_or_404(corrections, pk=pk)
    issue = correction.issue
    if not may_send(request.user, issue):
        raise PermissionDenied
    if existing := Dispatch.objects.filter(correction=correction).first():
        return redirect(existing)
    if request.method == "POST":
        need_password_again(request)
        try:
            dispatch = send_correction(correction, at=timezone.now(), by=request.user)
        except TransitionRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:briefings_issue_change", issue.pk)
        messages.success(request, "We are sending the correction now.")
        return redirect(dispatch)
    context = {
        **admin.site.each_context(request),
        "opts": Dispatch._meta,
        "title": "Send this correction?",
        "correction": correction,
        "issue": issue,
        "reason_against": why_not(correction),
        "subscribers": count_recipients(correction),
        "issue_dispatch": Dispatch.objects.of_issues().filter(issue=issue).first(),
        "email": render_correction_email(correction, links=harmless_links(issue)),
    }
    template = "admin/subscribers/dispatch/send_correction.html"
    return TemplateResponse(request, template, context)
