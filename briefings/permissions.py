"""Every permission of this app by name, and the groups of staff that get them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps as global_apps

from briefings.models import IssueState
from newsroom.permissions import apply_groups, may

if TYPE_CHECKING:
    from django.apps import AppConfig
    from django.apps.registry import Apps

    from briefings.models import Issue
    from newsroom.audit_log import Actor

VIEW_BRIEFING = "briefings.view_briefing"
ADD_BRIEFING = "briefings.add_briefing"
CHANGE_BRIEFING = "briefings.change_briefing"

VIEW_CONTRIBUTOR = "briefings.view_contributor"
ADD_CONTRIBUTOR = "briefings.add_contributor"
CHANGE_CONTRIBUTOR = "briefings.change_contributor"

VIEW_ISSUE = "briefings.view_issue"
ADD_ISSUE = "briefings.add_issue"
CHANGE_ISSUE = "briefings.change_issue"
DELETE_ISSUE = "briefings.delete_issue"
APPROVE_ISSUE = "briefings.approve_issue"  # and return it to its author
SEND_ISSUE = "briefings.send_issue"  # schedule, unschedule, send

VIEW_COMMENT = "briefings.view_comment"
MODERATE_COMMENT = "briefings.moderate_comment"  # approve, reject, feature and answer

REPORTERS = "Reporters"
EDITORS = "Editors"
GROUPS = {
    REPORTERS: (
        VIEW_BRIEFING,
        VIEW_CONTRIBUTOR,
        VIEW_ISSUE,
        ADD_ISSUE,
        CHANGE_ISSUE,
        VIEW_COMMENT,
    ),
    EDITORS: (
        VIEW_BRIEFING,
        ADD_BRIEFING,
        CHANGE_BRIEFING,
        VIEW_CONTRIBUTOR,
        ADD_CONTRIBUTOR,
        CHANGE_CONTRIBUTOR,
        VIEW_ISSUE,
        ADD_ISSUE,
        CHANGE_ISSUE,
        DELETE_ISSUE,
        APPROVE_ISSUE,
        SEND_ISSUE,
        VIEW_COMMENT,
        MODERATE_COMMENT,
    ),
}


def apply_after_migrate(
    sender: AppConfig, *, apps: Apps = global_apps, using: str, **_: Any
) -> None:
    """Apply this app's groups; connected to `post_migrate` in apps.py. A flush names no apps."""
    apply_groups(sender, GROUPS, apps=apps, using=using)


def may_view_issues(user: Actor) -> bool:
    """Whether this person may read issues that are not published yet."""
    return may(user, VIEW_ISSUE) or may(user, CHANGE_ISSUE)


def may_edit_issue(user: Actor, issue: Issue) -> bool:
    """Whether this person may change an issue's content now.

    Without the permission to approve or send, people change their own drafts; a published issue is
    corrected by people who may approve.
    """
    if not may(user, CHANGE_ISSUE):
        return False
    if may(user, APPROVE_ISSUE):
        return True
    if issue.state == IssueState.PUBLISHED:
        return False
    return may(user, SEND_ISSUE) or (issue.state == IssueState.DRAFT and issue.belongs_to(user))


def may_write_issues(user: Actor) -> bool:
    """Whether this person may start issues or change them, and so upload pictures for them."""
    return may(user, ADD_ISSUE) or may(user, CHANGE_ISSUE)
