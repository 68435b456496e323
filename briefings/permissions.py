"""Every permission of this app by name, and the groups of staff that get them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps as global_apps
from django.contrib.auth import get_user_model

from briefings.models import Briefing, Comment, Issue, IssueState
from newsroom.permissions import apply_groups, may

if TYPE_CHECKING:
    from django.apps import AppConfig
    from django.apps.registry import Apps
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

    from briefings.models.briefing import BriefingQuerySet
    from briefings.models.comment import CommentQuerySet
    from briefings.models.issue import IssueQuerySet
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


def may_in(user: Actor, permission: str, where: Issue | Briefing) -> bool:
    """Whether somebody has a permission in a briefing, or in the briefing of an issue."""
    return may(user, permission)


def may_view_issue(user: Actor, issue: Issue) -> bool:
    """Whether this person may read an issue that is not published yet, and its pages."""
    return any(may_in(user, one, issue) for one in (VIEW_ISSUE, CHANGE_ISSUE, SEND_ISSUE))


def may_add_issue(user: Actor, briefing: Briefing) -> bool:
    """Whether this person may start an issue of a briefing."""
    return may_in(user, ADD_ISSUE, briefing)


def may_edit_issue(user: Actor, issue: Issue) -> bool:
    """Whether this person may change an issue's content now.

    Without the permission to approve or send, people change their own drafts. A published issue is
    only corrected: `may_correct`.
    """
    if issue.state == IssueState.PUBLISHED or not may_in(user, CHANGE_ISSUE, issue):
        return False
    if may_approve(user, issue) or may_send(user, issue):
        return True
    return issue.state == IssueState.DRAFT and issue.belongs_to(user)


def may_send_proof(user: Actor, issue: Issue) -> bool:
    """Whether this person may email proofs of an issue: whoever may change or decide about it."""
    return may_edit_issue(user, issue) or may_approve(user, issue) or may_send(user, issue)


def may_share_preview(user: Actor, issue: Issue) -> bool:
    """Whether this person may make and withdraw links with which guests read a draft."""
    return may_send_proof(user, issue)


def may_delete_issue(user: Actor, issue: Issue) -> bool:
    """Whether this person may delete an issue now."""
    return issue.is_deletable and may_in(user, DELETE_ISSUE, issue)


def may_approve(user: Actor, where: Issue | Briefing) -> bool:
    """Whether this person may approve issues here, and return them to their authors."""
    return may_in(user, APPROVE_ISSUE, where)


def may_send(user: Actor, where: Issue | Briefing) -> bool:
    """Whether this person may schedule and unschedule, send, pause and cancel here."""
    return may_in(user, SEND_ISSUE, where)


def may_correct(user: Actor, where: Issue | Briefing) -> bool:
    """Whether this person may correct published issues here."""
    return may_in(user, APPROVE_ISSUE, where)


def may_moderate(user: Actor, where: Issue | Briefing) -> bool:
    """Whether this person may decide about comments here, and answer them."""
    return may_in(user, MODERATE_COMMENT, where)


def may_write_issues(user: Actor) -> bool:
    """Whether this person may start issues or change them, and so upload pictures for them."""
    return may(user, ADD_ISSUE) or may(user, CHANGE_ISSUE)


def briefings_for(user: Actor) -> BriefingQuerySet:
    """Return the briefings that this person has anything to do with in the admin."""
    return Briefing.objects.all()


def issues_for(user: Actor) -> IssueQuerySet:
    """Return the issues that this person may view in the admin: those of `may_view_issue`."""
    if any(may(user, one) for one in (VIEW_ISSUE, CHANGE_ISSUE, SEND_ISSUE)):
        return Issue.objects.all()
    return Issue.objects.none()


def comments_for(user: Actor) -> CommentQuerySet:
    """Return the comments that this person may read in the admin."""
    if may(user, VIEW_COMMENT) or may(user, MODERATE_COMMENT):
        return Comment.objects.all()
    return Comment.objects.none()


def staff_who_may(permission: str, where: Issue | Briefing | None = None) -> QuerySet[User]:
    """Return the active staff with a permission in a briefing, or in any of them."""
    users = get_user_model().objects.with_perm(
        permission, backend="django.contrib.auth.backends.ModelBackend"
    )
    return users.filter(is_staff=True).order_by("pk")
