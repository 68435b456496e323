"""The steps in an issue's life as buttons: who may take which, and the one that comes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from briefings.admin.time_fields import on_clock
from briefings.models import Issue, IssueState
from briefings.permissions import APPROVE_ISSUE, CHANGE_ISSUE, SEND_ISSUE
from newsroom.permissions import may
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from newsroom.audit_log import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A button: its name in the form, its words, who may press it, and when."""

    name: str
    label: str
    permission: str
    sources: Collection[IssueState]
    is_next: bool = False


STEPS = (
    Step(
        name="submit",
        label="Submit for review",
        permission=CHANGE_ISSUE,
        sources={IssueState.DRAFT},
        is_next=True,
    ),
    Step(
        name="approve",
        label="Approve",
        permission=APPROVE_ISSUE,
        sources={IssueState.IN_REVIEW},
        is_next=True,
    ),
    Step(
        name="schedule",
        label="Schedule",
        permission=SEND_ISSUE,
        sources={IssueState.APPROVED},
        is_next=True,
    ),
    Step(
        name="unschedule",
        label="Unschedule",
        permission=SEND_ISSUE,
        sources={IssueState.SCHEDULED},
    ),
    Step(
        name="return",
        label="Return to the author",
        permission=APPROVE_ISSUE,
        sources={IssueState.IN_REVIEW, IssueState.APPROVED, IssueState.SCHEDULED},
    ),
)


def steps_for(issue: Issue, user: Actor) -> list[Step]:
    """The steps that this person may take with this issue now, the next one first."""
    return [step for step in STEPS if issue.state in step.sources and may(user, step.permission)]


def take_step(
    name: str, issue: Issue, *, by: Actor, seen: str | None, publish_at: datetime | None
) -> str:
    """Take a step; give back what to tell the person. Raises TransitionRefused with the reason."""
    step = next((step for step in STEPS if step.name == name), None)
    if step is None:
        raise TransitionRefused("That button is not known here. Load the page again.")
    if not may(by, step.permission):
        raise TransitionRefused(
            f"Your account may not do this: {step.label.lower()}. Ask an editor."
        )
    match step.name:
        case "submit":
            issue.submit(by=by)
            return "Submitted: the issue waits for an editor."
        case "approve":
            issue.approve(by=by, seen=seen)
            return "Approved: these words, and no others, can go out."
        case "schedule":
            return schedule(issue, by=by, publish_at=publish_at)
        case "unschedule":
            issue.unschedule(by=by)
            return "Off the clock: the issue stays approved."
        case _:
            issue.return_to_author(by=by)
            return "Returned: the issue is a draft again."


def schedule(issue: Issue, *, by: Actor, publish_at: datetime | None) -> str:
    """Put an approved issue on the clock, or move a scheduled one."""
    if publish_at is None:
        raise TransitionRefused("Say when the issue goes out, then schedule it.")
    if publish_at <= timezone.now():
        raise TransitionRefused(
            f"{on_clock(publish_at, issue.briefing.zone)} has passed. Choose a later hour."
        )
    issue.schedule(publish_at=publish_at, by=by)
    return f"Scheduled: it goes out on {on_clock(publish_at, issue.briefing.zone)}."
