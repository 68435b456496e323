"""Correcting a published issue in the admin: its page, and what was corrected so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect

from briefings.issue_edits import CorrectionRefused
from briefings.models import Issue, IssueState, WorkingCopy
from briefings.permissions import may_correct

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.admin import ModelAdmin
    from django.http import HttpRequest, HttpResponse

URL_NAME = "briefings_issue_correct"
# Where a request keeps why its correction was refused, for the form that is shown again.
REFUSAL = "correction_refusal"


def is_correction(request: HttpRequest) -> bool:
    """Whether a request is for the page that corrects a published issue."""
    match = request.resolver_match
    return match is not None and match.url_name == URL_NAME


def correction_refusal(request: HttpRequest) -> CorrectionRefused | None:
    """Return why the correction of this request was refused, if it was."""
    refusal: CorrectionRefused | None = getattr(request, REFUSAL, None)
    return refusal


def correct_issue(model_admin: ModelAdmin[Issue]) -> Callable[..., HttpResponse]:
    """Return the view of the page on which a published issue is corrected.

    It is the issue's own page with a note for readers. Whether a change is small enough to go
    without a note is known when it is written; if it is not, nothing is saved, and the page comes
    back with everything that was typed.
    """

    def view(request: HttpRequest, pk: int) -> HttpResponse:
        issue = get_object_or_404(Issue.objects.for_page(), pk=pk)
        if issue.state != IssueState.PUBLISHED:
            messages.info(request, "This issue is not published yet. You can edit it here.")
            return redirect("admin:briefings_issue_change", pk)
        if not may_correct(request.user, issue):
            raise PermissionDenied
        try:
            return model_admin.changeform_view(request, str(pk))
        except CorrectionRefused as refusal:
            setattr(request, REFUSAL, refusal)
            return model_admin.changeform_view(request, str(pk))

    return view


def corrections_context(request: HttpRequest, issue: Issue) -> dict[str, Any]:
    """Return what the page of an issue shows about its corrections."""
    if issue.state != IssueState.PUBLISHED:
        return {}
    user = request.user
    return {
        "may_correct": may_correct(user, issue),
        "is_correction": is_correction(request),
        "corrections": list(issue.corrections.for_list()),
        "has_unsaved_words": WorkingCopy.objects.filter(
            user=user.pk, issue=issue, is_settled=False
        ).exists(),
    }
