"""What follows from saving an issue: the log, the count of versions, an approval that falls."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils import timezone

from briefings.admin.issue_steps import schedule
from briefings.models import Issue, IssueState
from briefings.permissions import SEND_ISSUE
from newsroom import audit_log
from newsroom.permissions import may
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from briefings.admin.issue_form import IssueForm

# By this cookie the page's script learns which copy in the browser's storage is no longer needed.
SAVED_COOKIE = "saved_draft"
SAVED_COOKIE_SECONDS = 600
_TOKEN = re.compile(r"[a-z0-9]{8,40}")


def finish_save(request: HttpRequest, form: IssueForm, *, change: bool) -> None:
    """Log a save that changed something, inside its transaction, and do what follows from it."""
    issue = form.instance
    if not change:
        audit_log.record("created", issue, by=request.user)
        return
    over = form.cleaned_data["from_version"] != str(issue.version)
    if not issue.claim_edit(version=issue.version):
        raise RuntimeError("an issue was saved without the lock on its row")
    Issue.objects.filter(pk=issue.pk).update(updated_at=timezone.now())
    is_public = issue.state == IssueState.PUBLISHED
    verb = "corrected" if is_public else "overwritten" if over else "edited"
    audit_log.record(verb, issue, by=request.user, fields=form.changed_data)
    if is_public:
        messages.success(request, "The page is corrected. The letter stays as it was sent.")
        return
    was = issue.get_state_display().lower()
    if issue.void_approval(by=request.user):
        messages.warning(
            request,
            f"The issue was {was}; its words have changed, so it is in review again and must be"
            " approved anew.",
        )
    elif issue.state == IssueState.SCHEDULED and "goes_out" in form.changed_data:
        _move_hour(request, form)


def _move_hour(request: HttpRequest, form: IssueForm) -> None:
    """Move a scheduled issue to another hour by the model's own step."""
    if not may(request.user, SEND_ISSUE):
        return
    try:
        sentence = schedule(
            form.instance, by=request.user, publish_at=form.cleaned_data["goes_out"]
        )
    except TransitionRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, sentence)


def note_draft_saved(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Tell the browser that the words which it kept are safe here."""
    token = request.POST.get("draft_token", "")
    if _TOKEN.fullmatch(token):
        response.set_cookie(
            SAVED_COOKIE,
            token,
            max_age=SAVED_COOKIE_SECONDS,
            path="/admin/",
            samesite="Strict",
            secure=request.is_secure(),
        )
    return response
