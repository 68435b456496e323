"""Findings of preflight about unsaved words, and the page that leaves a warning as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from briefings.admin.viewed_issue import unsaved_new_issue, viewed_issue
from briefings.finding_overrides import (
    find_finding,
    override,
    run_preflight,
    withdraw_override,
)
from briefings.models import FindingOverride, Issue
from briefings.permissions import may_approve
from briefings.preflight import count_words
from briefings.rendering.page_html import reading_time
from briefings.unsaved_issue import unsaved_copy, with_unsaved_words
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from django.http import HttpRequest


@never_cache
@require_safe
def findings_of_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Return what preflight finds in the unsaved words of one page (`?draft=`), for its script.

    A `pk` of 0 stands for a new issue, which has only unsaved words.
    """
    user = request.user
    if pk:
        issue = viewed_issue(request, pk)
        if not isinstance(user, User):
            raise PermissionDenied
        copy = unsaved_copy(user, issue=issue, token=request.GET.get("draft", ""))
        if copy is None:
            raise Http404("There are no unsaved words.")
        draft = with_unsaved_words(issue, copy.content)
    else:
        draft, _ = unsaved_new_issue(request)
        issue = draft
    sections = list(draft.sections.all())
    words = count_words(sections)
    context = {
        "issue": issue,
        "words": words,
        "minutes": reading_time(words),
        "preflight": run_preflight(draft, sections, publish_at=draft.publish_at),
        "form_url": "",
        "may_override": bool(pk) and may_approve(user, issue),
    }
    return TemplateResponse(request, "admin/briefings/issue/_checks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def override_finding(request: HttpRequest, pk: int, fingerprint: str) -> HttpResponse:
    """Ask for the reason (GET), and leave the warning or show it again (POST)."""
    user = request.user
    issue = viewed_issue(request, pk)
    if not isinstance(user, User) or not may_approve(user, issue):
        raise PermissionDenied
    back = reverse("admin:briefings_issue_change", args=[issue.pk])
    finding = find_finding(issue, fingerprint)
    if finding is None or finding.blocks:
        messages.info(
            request,
            "The saved issue does not have this warning. If you have unsaved changes, save them"
            " first.",
        )
        return HttpResponseRedirect(back)
    problem = ""
    if request.method == "POST":
        try:
            if "withdraw" in request.POST:
                withdraw_override(issue, fingerprint, by=user)
                messages.success(request, "The warning is shown again.")
            else:
                override(issue, fingerprint, reason=request.POST.get("reason", ""), by=user)
                messages.success(request, "The warning is left as it is, with your reason.")
            return HttpResponseRedirect(f"{back}#findings")
        except TransitionRefused as refusal:
            problem = str(refusal)
    context = {
        **admin.site.each_context(request),
        "title": "Leave a warning as it is",
        "opts": Issue._meta,
        "issue": issue,
        "finding": finding,
        "existing": issue.finding_overrides.filter(fingerprint=fingerprint).first(),
        "back": back,
        "problem": problem,
        "reason": request.POST.get("reason", ""),
        "longest": FindingOverride._meta.get_field("reason").max_length,
    }
    return TemplateResponse(
        request,
        "admin/briefings/issue/override.html",
        context,
        status=422 if problem else 200,
    )
