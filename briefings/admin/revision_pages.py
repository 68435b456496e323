"""The revisions of an issue in the admin: list, compare, name and restore them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from briefings.admin.form_fields import parse_key
from briefings.admin.viewed_issue import viewed_issue
from briefings.issue_edits import EditResult
from briefings.local_time import format_local
from briefings.models import Issue, IssueState, Revision
from briefings.permissions import may_correct, may_edit_issue
from briefings.revision_diff import compare
from briefings.revisions import restore
from newsroom.invisible_characters import replace_nul
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from django.http import HttpRequest

PER_PAGE = 50
WHAT_FOLLOWS = {
    EditResult.SAVED: "",
    EditResult.APPROVAL_VOID: " The issue is in review again and needs a new approval.",
}


def _may_change(request: HttpRequest, issue: Issue) -> bool:
    may_change = may_correct if issue.state == IssueState.PUBLISHED else may_edit_issue
    return may_change(request.user, issue)


def _get_revision(request: HttpRequest, pk: int, revision: int) -> Revision:
    """Return a revision of an issue that this person may change."""
    issue = viewed_issue(request, pk)
    if not _may_change(request, issue):
        raise PermissionDenied
    return get_object_or_404(issue.revisions, pk=revision)


def _context(request: HttpRequest, issue: Issue, title: str) -> dict[str, Any]:
    return {
        **admin.site.each_context(request),
        "title": title,
        "subtitle": str(issue),
        "issue": issue,
        "zone": issue.briefing.zone,
        "opts": Issue._meta,
        "may_edit": _may_change(request, issue),
    }


@require_safe
def revisions(request: HttpRequest, pk: int) -> HttpResponse:
    """List the revisions of an issue, the newest first; `?named=1` shows those with a name."""
    issue = viewed_issue(request, pk)
    named_only = request.GET.get("named") == "1"
    rows = issue.revisions.select_related("by").defer("content")
    if named_only:
        rows = rows.exclude(name="")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        **_context(request, issue, "Revisions"),
        "page": page,
        "named_only": named_only,
        "newest": issue.revisions.first(),
    }
    return TemplateResponse(request, "admin/briefings/issue/revisions.html", context)


@require_safe
def compare_revisions(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what changed from the revision `?from=` to the revision `?to=`.

    Without `to`, the one before `from` is compared with it.
    """
    issue = viewed_issue(request, pk)
    one = get_object_or_404(issue.revisions, pk=parse_key(request.GET.get("from")) or 0)
    other_key = parse_key(request.GET.get("to"))
    if other_key:
        other = get_object_or_404(issue.revisions, pk=other_key)
    else:
        other = issue.revisions.filter(pk__lt=one.pk).first() or one
    old, new = sorted((one, other), key=lambda revision: revision.pk)
    context = {
        **_context(request, issue, "What changed"),
        "old": old,
        "new": new,
        "diff": compare(old.content, new.content),
    }
    return TemplateResponse(request, "admin/briefings/issue/revision_diff.html", context)


@require_POST
def restore_revision(request: HttpRequest, pk: int, revision: int) -> HttpResponse:
    """Make the words of a revision the issue's again."""
    chosen = _get_revision(request, pk, revision)
    try:
        result = restore(chosen, by=request.user, at=timezone.now())
    except TransitionRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("admin:briefings_issue_change", pk)
    when = format_local(chosen.at, chosen.issue.briefing.zone)
    messages.success(request, f"Restored the revision of {when}.{WHAT_FOLLOWS[result]}")
    return redirect("admin:briefings_issue_change", pk)


@require_POST
def name_revision(request: HttpRequest, pk: int, revision: int) -> HttpResponse:
    """Name a revision; an empty name removes the one it has."""
    chosen = _get_revision(request, pk, revision)
    length = Revision._meta.get_field("name").max_length
    name = " ".join(request.POST.get("name", "").split())
    if len(name) > (length or 0):
        messages.error(request, f"A name has at most {length} characters. This has {len(name)}.")
    else:
        Revision.objects.filter(pk=chosen.pk).update(name=replace_nul(name))
    return redirect("admin:briefings_revisions", pk)
