"""Remarks on the page of an issue: leave, answer and settle them, and approve all the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from briefings.admin.form_fields import parse_key
from briefings.admin.viewed_issue import viewed_issue
from briefings.issue_steps import take_step
from briefings.models import Issue, Remark, RemarkState, Section
from briefings.models.remark import MAX_REMARK_CHARS
from briefings.permissions import may_approve, may_edit_issue
from briefings.remarks import (
    RemarkRefused,
    answer_remark,
    leave_remark,
    reopen_remark,
    settle_remark,
)
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from django.http import HttpRequest

    from newsroom.audit_log import Actor

# The script of the page asks for the changed parts of it; without it, the whole page is loaded.
FRAGMENT_HEADER = "X-Fragment"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarksOnPage:
    """The remarks of an issue as its page shows them to one person."""

    issue: Issue
    sections: list[Section]
    unsettled: list[Remark]
    settled: list[Remark]
    may_settle: bool
    max_chars: int = MAX_REMARK_CHARS

    @property
    def open_count(self) -> int:
        """The number of remarks that nobody has answered or settled."""
        return sum(remark.state == RemarkState.OPEN for remark in self.unsettled)

    def on(self, section: int) -> list[Remark]:
        """Return the remarks on a section that are not settled."""
        return [remark for remark in self.unsettled if remark.section_id == section]


def remarks_on_page(issue: Issue, user: Actor) -> RemarksOnPage:
    """Return an issue's remarks for its page."""
    remarks = list(Remark.objects.of(issue))
    return RemarksOnPage(
        issue=issue,
        sections=list(issue.sections.all()),
        unsettled=[remark for remark in remarks if remark.state != RemarkState.SETTLED],
        settled=[remark for remark in remarks if remark.state == RemarkState.SETTLED],
        may_settle=may_edit_issue(user, issue) or may_approve(user, issue),
    )


@require_POST
def remarks(request: HttpRequest, pk: int) -> HttpResponse:
    """Do what a button beside the remarks says: `leave`, or `answer:`, `settle:`, `reopen:` a key.

    Whoever may read the draft may leave remarks and answer them.
    """
    issue = viewed_issue(request, pk)
    refusal = ""
    try:
        _act(request, issue)
    except RemarkRefused as problem:
        refusal = str(problem)
    if request.headers.get(FRAGMENT_HEADER):
        context = {"remarks": remarks_on_page(issue, request.user), "refusal": refusal}
        parts = "admin/briefings/issue/_remark_parts.html"
        return render(request, parts, context, status=422 if refusal else 200)
    if refusal:
        messages.error(request, refusal)
    return redirect(reverse("admin:briefings_issue_change", args=[pk]) + "#remarks")


def _act(request: HttpRequest, issue: Issue) -> None:
    act, _, key = request.POST.get("act", "").partition(":")
    by, at = request.user, timezone.now()
    if act == "leave":
        section = parse_key(request.POST.get("section"))
        leave_remark(issue, words=request.POST.get("words", ""), section=section, by=by, at=at)
        return
    remark = get_object_or_404(issue.remarks, pk=parse_key(key))
    remark.issue = issue
    if act == "answer":
        answer_remark(remark, words=request.POST.get(f"answer-{remark.pk}", ""), by=by, at=at)
        return
    if not (remark.by_id == by.pk or may_edit_issue(by, issue) or may_approve(by, issue)):
        raise RemarkRefused("Only editors and whoever left the remark can do this.")
    if act == "settle":
        settle_remark(remark, by=by)
    elif act == "reopen":
        reopen_remark(remark, by=by)
    else:
        raise RemarkRefused("We do not know that button. Reload the page and try again.")


@require_http_methods(["GET", "HEAD", "POST"])
def approve_with_remarks(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the open remarks before an approval (GET), and approve all the same (POST)."""
    issue = viewed_issue(request, pk)
    if not may_approve(request.user, issue):
        raise PermissionDenied
    if request.method == "POST":
        try:
            sentence = take_step(
                "approve",
                issue,
                by=request.user,
                at=timezone.now(),
                seen=request.POST.get("seen", ""),
                publish_at=issue.publish_at,
            )
        except TransitionRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, sentence)
        return redirect("admin:briefings_issue_change", pk)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Approve with open remarks?",
        "issue": issue,
        "zone": issue.briefing.zone,
        "opts": Issue._meta,
        "open_remarks": list(Remark.objects.of(issue).open()),
        "seen": request.GET.get("seen") or issue.content_hash(),
    }
    return TemplateResponse(request, "admin/briefings/issue/open_remarks.html", context)
