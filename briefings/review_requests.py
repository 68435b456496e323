"""Emails to the reviewer of an issue: that somebody asks them, and that the draft is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

from briefings.local_time import format_local
from newsroom import audit_log, emails
from newsroom.staff_names import name_of

if TYPE_CHECKING:
    from briefings.models import Issue
    from newsroom.audit_log import Actor


def ask_reviewer(issue: Issue, *, by: Actor, is_ready: bool = False) -> bool:
    """Email the reviewer of an issue; False if there is nobody else to email.

    `is_ready` says that it was submitted; otherwise somebody has just made them its reviewer. Call
    it in the transaction of the save or step.
    """
    reviewer = issue.reviewer
    if reviewer is None or not reviewer.is_active or (by is not None and reviewer.pk == by.pk):
        return False
    audit_log.record("asked for a review", issue, by=by, reviewer=reviewer.pk, is_ready=is_ready)
    if not reviewer.email:
        return False
    path = reverse("admin:briefings_issue_change", args=[issue.pk])
    emails.queue_email(
        "review_request",
        to=reviewer.email,
        context={
            "issue": issue,
            "who": name_of(by),
            "is_ready": is_ready,
            "due": format_local(issue.due_at, issue.briefing.zone) if issue.due_at else "",
            "url": settings.SITE_URL + path,
        },
    )
    return True
