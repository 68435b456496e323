"""The steps in an issue's life: who may take which, in which state, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from briefings import alarms
from briefings.approval_loss import alarm_of_lost_approval, responsible_for
from briefings.four_eyes import refuse_own_words, why_not_approve
from briefings.local_time import format_local
from briefings.models import Briefing, Issue, IssueState
from briefings.permissions import may_approve, may_edit_issue, may_send, may_take_back
from briefings.preflight import blocking_findings, refuse_blocked
from briefings.returns import check_reason
from briefings.review_requests import ask_reviewer
from newsroom.staff_names import name_of
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from newsroom.audit_log import Actor


# How many findings the message about a submitted issue names.
MAX_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step: its name, the label of its button, who may take it, and from which states.

    A step with `is_next` leads towards publication.
    """

    name: str
    label: str
    allowed: Callable[[Actor, Issue], bool]
    sources: Collection[IssueState]
    is_next: bool = False


STEPS = (
    Step(
        name="submit",
        label="Submit for review",
        allowed=may_edit_issue,
        sources={IssueState.DRAFT},
        is_next=True,
    ),
    Step(
        name="approve",
        label="Approve",
        allowed=may_approve,
        sources={IssueState.IN_REVIEW},
        is_next=True,
    ),
    Step(
        name="schedule",
        label="Schedule",
        allowed=may_send,
        sources={IssueState.APPROVED},
        is_next=True,
    ),
    Step(
        name="unschedule",
        label="Unschedule",
        allowed=may_send,
        sources={IssueState.SCHEDULED},
    ),
    Step(
        name="take_back",
        label="Take it back",
        allowed=may_take_back,
        sources={IssueState.IN_REVIEW},
    ),
    Step(
        name="return",
        label="Return to author",
        allowed=may_approve,
        sources={IssueState.IN_REVIEW, IssueState.APPROVED, IssueState.SCHEDULED},
    ),
)


def steps_for(issue: Issue, user: Actor) -> list[Step]:
    """Return the steps that this person may take with this issue now, the next one first."""
    return [
        step
        for step in STEPS
        if issue.state in step.sources
        and step.allowed(user, issue)
        and not (step.name == "approve" and why_not_approve(issue, user))
    ]


def take_step(
    name: str,
    issue: Issue,
    *,
    by: Actor,
    at: datetime,
    seen: str | None,
    publish_at: datetime | None,
    reason: str = "",
) -> str:
    """Take a step and return a sentence about it. Raises TransitionRefused with the reason.

    `seen` is the hash of the content that the person read (None if they wrote it themselves);
    `publish_at` is the send time that they chose, `reason` why they return it to its author.
    """
    step = next((step for step in STEPS if step.name == name), None)
    if step is None:
        raise TransitionRefused("We do not know that step. Reload the page and try again.")
    if not step.allowed(by, issue):
        who = "a publisher" if step.allowed is may_send else "an editor"
        raise TransitionRefused(
            f"Your account does not have permission to do this: {step.label.lower()}. Ask {who}."
        )
    match step.name:
        case "submit":
            submit(issue, by=by)
            return f"Submitted for review. {_what_approval_waits_for(issue, publish_at)}"
        case "approve":
            approve(issue, by=by, seen=seen, publish_at=publish_at)
            return "Approved. If anybody edits the issue, it needs a new approval."
        case "schedule":
            return schedule(issue, by=by, at=at, publish_at=publish_at)
        case "unschedule":
            issue.unschedule(by=by)
            return "Unscheduled. The issue stays approved."
        case "take_back":
            issue.take_back(by=by)
            return "Taken back. The issue is your draft again."
        case _:
            return_to_author(issue, by=by, reason=reason)
            return "Returned to the author, who sees your reason. The issue is a draft again."


def _what_approval_waits_for(issue: Issue, publish_at: datetime | None) -> str:
    """Return a sentence about an issue that was just submitted."""
    found = blocking_findings(issue, publish_at=publish_at)
    if not found:
        return "An editor can approve it now."
    more = len(found) - MAX_NAMED
    rest = f" And {more} more." if more > 0 else ""
    return (
        "Nobody can approve it before this is fixed:"
        f" {' '.join(finding.sentence for finding in found[:MAX_NAMED])}{rest}"
    )


def return_to_author(issue: Issue, *, by: Actor, reason: str) -> None:
    """Return an issue to its author with a reason, which they get by email.

    Whoever scheduled it is emailed, too. Raises TransitionRefused.
    """
    reason = check_reason(reason)
    with transaction.atomic():
        issue.lock()
        scheduler = responsible_for(issue) if issue.state == IssueState.SCHEDULED else None
        issue.return_to_author(by=by, reason=reason)
        if scheduler:
            alarm_of_lost_approval(issue, scheduler, was_scheduled=True, by=by)
        path = reverse("admin:briefings_issue_change", args=[issue.pk])
        alarms.raise_alarm(
            alarms.RETURNED,
            "issue_returned",
            about=issue,
            concerned=alarms.writers_of(issue),
            by=by,
            context={
                "issue": issue,
                "who": name_of(by),
                "reason": reason,
                "url": settings.SITE_URL + path,
            },
        )


def submit(issue: Issue, *, by: Actor) -> None:
    """Submit a draft, and tell its reviewer. Raises TransitionRefused."""
    with transaction.atomic():
        issue.submit(by=by)
        ask_reviewer(issue, by=by, is_ready=True)


def approve(
    issue: Issue, *, by: Actor, publish_at: datetime | None, seen: str | None = None
) -> None:
    """Approve an issue that is to go out at `publish_at`, unless findings of preflight block it.

    For `seen`, see `Issue.approve`. Raises TransitionRefused, also if four eyes are demanded and
    this person was the last to change some of the words.
    """
    with transaction.atomic():
        issue.lock()
        refuse_own_words(issue, by=by)
        refuse_blocked(issue, publish_at=publish_at)
        issue.approve(by=by, seen=seen)


def schedule(issue: Issue, *, by: Actor, at: datetime, publish_at: datetime | None) -> str:
    """Schedule an approved issue, or move a scheduled one, and return a sentence about it.

    Raises TransitionRefused, also if findings of preflight block it.
    """
    if publish_at is None:
        raise TransitionRefused("Choose a send time, then schedule the issue.")
    with transaction.atomic():
        issue.lock()
        # If two issues get the same send time at once, the second one is refused.
        Briefing.objects.select_for_update().get(pk=issue.briefing_id)
        refuse_blocked(issue, publish_at=publish_at)
        issue.schedule(publish_at=publish_at, by=by, at=at)
    return f"Scheduled for {format_local(publish_at, issue.briefing.zone)}."
