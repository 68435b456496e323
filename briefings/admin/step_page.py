"""The steps of an issue for people who may take them but not change its words."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from briefings.admin.form_fields import which_name
from briefings.admin.viewed_issue import viewed_issue
from briefings.issue_steps import take_step
from briefings.local_time import RepeatedTime, parse_local
from briefings.models import Issue
from newsroom.accounts.password_again import need_password_again
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from datetime import datetime


class WhichHour(TransitionRefused):
    """The autumn change repeats the send time, and it was not said which one is meant."""


@require_POST
def step_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the step that a button names, and return to the issue's page."""
    issue = viewed_issue(request, pk)
    if request.POST.get("_step") == "schedule":
        need_password_again(request)
    try:
        said = take_step(
            request.POST.get("_step", ""),
            issue,
            by=request.user,
            at=timezone.now(),
            seen=request.POST.get("seen", ""),
            publish_at=_send_time(request, issue),
            reason=request.POST.get("reason", ""),
        )
    except WhichHour as question:
        messages.warning(request, str(question))
        entered = urlencode({"goes_out": request.POST.get("goes_out", "")})
        return redirect(f"{reverse('admin:briefings_issue_change', args=[issue.pk])}?{entered}")
    except TransitionRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said)
    return redirect("admin:briefings_issue_change", issue.pk)


def _send_time(request: HttpRequest, issue: Issue) -> datetime | None:
    """Return the send time that was entered, or else the issue's. Raises TransitionRefused."""
    entered = request.POST.get("goes_out", "").strip()
    if not entered:
        return issue.publish_at
    which = request.POST.get(which_name("goes_out"), "")
    try:
        return parse_local(entered, issue.briefing.zone, refuse_repeated=True, which=which)
    except RepeatedTime as twice:
        raise WhichHour(f"{twice.happens_twice} Choose the first or the second.") from None
    except ValueError as problem:
        raise TransitionRefused(f"{problem} Nothing was changed.") from None
