"""Every permission of this app by name, and the groups of staff that get them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.apps import apps as global_apps
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from briefings.models import Briefing, Comment, Issue, IssueState, Membership, Role
from briefings.models.issue import own_issues
from newsroom.permissions import apply_groups, may

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

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

VIEW_TOPIC = "briefings.view_topic"
ADD_TOPIC = "briefings.add_topic"
CHANGE_TOPIC = "briefings.change_topic"  # rename and describe; whose issues have it, may_set_topics

VIEW_ISSUE = "briefings.view_issue"
ADD_ISSUE = "briefings.add_issue"
CHANGE_ISSUE = "briefings.change_issue"
DELETE_ISSUE = "briefings.delete_issue"
APPROVE_ISSUE = "briefings.approve_issue"  # and return it to its author
SEND_ISSUE = "briefings.send_issue"  # schedule, unschedule, send

VIEW_COMMENT = "briefings.view_comment"
MODERATE_COMMENT = "briefings.moderate_comment"  # approve, reject and feature

VIEW_MEMBERSHIP = "briefings.view_membership"
ADD_MEMBERSHIP = "briefings.add_membership"  # give people roles, and demand four eyes
CHANGE_MEMBERSHIP = "briefings.change_membership"
DELETE_MEMBERSHIP = "briefings.delete_membership"

VIEW_ACCOUNT = "auth.view_user"
ADD_ACCOUNT = "auth.add_user"
CHANGE_ACCOUNT = "auth.change_user"

VIEW_LOG_INS = "accounts.view_loginattempt"
# Let somebody log in again who is locked out, and remove a second factor that they have lost.
HELP_TO_LOG_IN = "accounts.change_loginattempt"

# Addresses of readers, which `subscribers` shows to few.
VIEW_ADDRESSES = "subscribers.view_subscriber"

REPORTERS = "Reporters"
EDITORS = "Editors"
PUBLISHERS = "Publishers"
MODERATORS = "Moderators"
ADMINISTRATORS = "Administrators"
_MEMBERSHIPS = (VIEW_MEMBERSHIP, ADD_MEMBERSHIP, CHANGE_MEMBERSHIP, DELETE_MEMBERSHIP)
# What each role may do. Without APPROVE_ISSUE, CHANGE_ISSUE is for people's own drafts.
GROUPS: dict[str, tuple[str, ...]] = {
    REPORTERS: (VIEW_BRIEFING, VIEW_CONTRIBUTOR, ADD_ISSUE, CHANGE_ISSUE, VIEW_COMMENT),
    EDITORS: (
        VIEW_BRIEFING,
        ADD_BRIEFING,
        CHANGE_BRIEFING,
        VIEW_CONTRIBUTOR,
        ADD_CONTRIBUTOR,
        CHANGE_CONTRIBUTOR,
        VIEW_TOPIC,
        ADD_TOPIC,
        CHANGE_TOPIC,
        VIEW_ISSUE,
        ADD_ISSUE,
        CHANGE_ISSUE,
        DELETE_ISSUE,
        APPROVE_ISSUE,
        VIEW_COMMENT,
        MODERATE_COMMENT,
    ),
    PUBLISHERS: (VIEW_BRIEFING, VIEW_CONTRIBUTOR, VIEW_ISSUE, SEND_ISSUE, VIEW_COMMENT),
    MODERATORS: (VIEW_COMMENT, MODERATE_COMMENT),
}
GROUPS[ADMINISTRATORS] = (
    *dict.fromkeys(permission for given in GROUPS.values() for permission in given),
    *(VIEW_ACCOUNT, ADD_ACCOUNT, CHANGE_ACCOUNT, VIEW_LOG_INS, HELP_TO_LOG_IN),
    *_MEMBERSHIPS,
)
GROUP_OF_ROLE = {
    Role.REPORTER: REPORTERS,
    Role.EDITOR: EDITORS,
    Role.PUBLISHER: PUBLISHERS,
    Role.MODERATOR: MODERATORS,
    Role.ADMINISTRATOR: ADMINISTRATORS,
}
# What a role in one briefing gives; the rest of a role is for people who have it in all.
IN_ONE_BRIEFING = frozenset(
    {
        *(VIEW_BRIEFING, CHANGE_BRIEFING, VIEW_CONTRIBUTOR),
        *(VIEW_ISSUE, ADD_ISSUE, CHANGE_ISSUE, DELETE_ISSUE, APPROVE_ISSUE, SEND_ISSUE),
        *(VIEW_COMMENT, MODERATE_COMMENT),
        *_MEMBERSHIPS,
    }
)
ANY_ISSUE = (VIEW_ISSUE, APPROVE_ISSUE, SEND_ISSUE)


def apply_after_migrate(
    sender: AppConfig, *, apps: Apps = global_apps, using: str, **_: Any
) -> None:
    """Apply this app's groups; connected to `post_migrate` in apps.py. A flush names no apps."""
    apply_groups(sender, GROUPS, apps=apps, using=using)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """The permissions of an account: those in all briefings, and more in single ones."""

    everywhere: frozenset[str] = frozenset()
    by_briefing: Mapping[int, frozenset[str]] = field(default_factory=dict)

    def within(self, briefing_id: int) -> frozenset[str]:
        """Return the permissions in one briefing."""
        return self.everywhere | self.by_briefing.get(briefing_id, frozenset())

    def briefings_with(self, *permissions: str) -> list[int]:
        """Return the briefings in which a membership gives one of these permissions."""
        return [pk for pk, given in self.by_briefing.items() if given.intersection(permissions)]


def rights_of(user: Actor) -> Rights:
    """Return what an account's groups, memberships and own permissions allow.

    As Django does with permissions, it reads them once for each object of a user.
    """
    if user is None or user.is_anonymous or not user.is_active:
        return Rights()
    known: Rights | None = getattr(user, "_rights", None)
    if known is None:
        known = _read_rights(user)
        user._rights = known  # type: ignore[attr-defined]  # as Django keeps permissions
    return known


def _read_rights(user: Any) -> Rights:
    everywhere = set(ModelBackend().get_all_permissions(user))
    by_briefing: dict[int, set[str]] = {}
    roles: list[tuple[int | None, str]] = [
        (membership.briefing_id, membership.role)
        for membership in Membership.objects.filter(user=user)
    ]
    given = _permissions_of_groups({GROUP_OF_ROLE[Role(role)] for _, role in roles})
    for briefing_id, role in roles:
        permissions = given.get(GROUP_OF_ROLE[Role(role)], set())
        if briefing_id is None:
            everywhere |= permissions
        else:
            by_briefing.setdefault(briefing_id, set()).update(permissions & IN_ONE_BRIEFING)
    return Rights(
        everywhere=frozenset(everywhere),
        by_briefing={pk: frozenset(found) for pk, found in by_briefing.items()},
    )


def _permissions_of_groups(names: Collection[str]) -> dict[str, set[str]]:
    """Return the permissions of each group by its name; an administrator may have added some."""
    if not names:
        return {}
    found = Permission.objects.filter(group__name__in=names)
    permissions: dict[str, set[str]] = {}
    for name, app, codename in found.values_list(
        "group__name", "content_type__app_label", "codename"
    ):
        permissions.setdefault(name, set()).add(f"{app}.{codename}")
    return permissions


def may_in(user: Actor, permission: str, where: Issue | Briefing) -> bool:
    """Whether somebody has a permission in a briefing, or in the briefing of an issue."""
    if user is None or not user.is_active:
        return False
    if user.is_superuser:
        return True
    briefing_id = where.pk if isinstance(where, Briefing) else where.briefing_id
    return permission in rights_of(user).within(briefing_id)


def may_view_issue(user: Actor, issue: Issue) -> bool:
    """Whether this person may read an issue in the admin: any, or as a reporter their own."""
    if any(may_in(user, permission, issue) for permission in ANY_ISSUE):
        return True
    return may_in(user, CHANGE_ISSUE, issue) and issue.belongs_to(user)


def may_view_issues(user: Actor) -> bool:
    """Whether this person may view any issues in the admin, be it only their own."""
    return any(may(user, permission) for permission in (*ANY_ISSUE, CHANGE_ISSUE))


def may_add_issue(user: Actor, briefing: Briefing) -> bool:
    """Whether this person may start an issue of a briefing."""
    return may_in(user, ADD_ISSUE, briefing)


def may_edit_issue(user: Actor, issue: Issue) -> bool:
    """Whether this person may change an issue's content now.

    Reporters change their own drafts, editors any issue until it is published. A published issue is
    only corrected: `may_correct`.
    """
    if issue.state == IssueState.PUBLISHED or not may_in(user, CHANGE_ISSUE, issue):
        return False
    return may_approve(user, issue) or (issue.state == IssueState.DRAFT and issue.belongs_to(user))


def may_take_back(user: Actor, issue: Issue) -> bool:
    """Whether this person may make their own issue, which is in review, a draft again.

    Editors need not: they edit it, or return it with a reason.
    """
    return (
        may_in(user, CHANGE_ISSUE, issue)
        and not may_approve(user, issue)
        and issue.belongs_to(user)
    )


def may_set_topics(user: Actor, issue: Issue) -> bool:
    """Whether this person may say what an issue is about: whoever may change or decide about it.

    Topics are not part of its words, so neither an approval nor publication ends this.
    """
    return may_send_proof(user, issue)


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
    return may_in(user, SEND_ISSUE, where)


def may_moderate(user: Actor, where: Issue | Briefing) -> bool:
    """Whether this person may decide about comments here."""
    return may_in(user, MODERATE_COMMENT, where)


def may_tell_readers(user: Actor, where: Issue | Briefing) -> bool:
    """Whether this person may have those told who answered a question."""
    return may_approve(user, where) or may_send(user, where)


def may_use_response(user: Actor, where: Issue | Briefing) -> bool:
    """Whether this person works with what readers said: whoever writes issues of the briefing."""
    return may_in(user, ADD_ISSUE, where) or may_in(user, CHANGE_ISSUE, where)


def may_change_briefing(user: Actor, briefing: Briefing) -> bool:
    """Whether this person may change a briefing's settings."""
    return may_in(user, CHANGE_BRIEFING, briefing)


def may_give_roles(user: Actor, briefing: Briefing | None) -> bool:
    """Whether this person may give roles in a briefing, or in all if there is none."""
    if briefing is None:
        return may_everywhere(user, ADD_MEMBERSHIP)
    return may_in(user, ADD_MEMBERSHIP, briefing)


def may_everywhere(user: Actor, permission: str) -> bool:
    """Whether somebody has a permission in all briefings."""
    if user is None or not user.is_active:
        return False
    return user.is_superuser or permission in rights_of(user).everywhere


def needs_second_factor(user: Actor) -> bool:
    """Whether somebody sends, sees readers' addresses or gives roles, in any briefing."""
    if user is None or not user.is_active:
        return False
    rights = rights_of(user)
    held = rights.everywhere.union(*rights.by_briefing.values())
    return bool(
        user.is_superuser or held & {SEND_ISSUE, ADD_MEMBERSHIP, CHANGE_ACCOUNT, VIEW_ADDRESSES}
    )


def may_write_issues(user: Actor) -> bool:
    """Whether this person may start, change or correct any issue, and so upload its pictures."""
    return any(may(user, permission) for permission in (ADD_ISSUE, CHANGE_ISSUE, SEND_ISSUE))


def may_view_addresses(user: Actor) -> bool:
    """Whether this person may see the addresses of readers."""
    return may(user, VIEW_ADDRESSES)


def briefings_for(user: Actor, *permissions: str) -> BriefingQuerySet:
    """Return the briefings in which this person may do one of these; without any, view them."""
    wanted = permissions or (VIEW_BRIEFING,)
    if any(may_everywhere(user, permission) for permission in wanted):
        return Briefing.objects.all()
    return Briefing.objects.filter(pk__in=rights_of(user).briefings_with(*wanted))


def briefings_with_tray(user: Actor) -> BriefingQuerySet:
    """Return the briefings whose clippings trays this person uses: those that they write for."""
    return briefings_for(user, ADD_ISSUE, CHANGE_ISSUE)


def briefings_with_response(user: Actor) -> BriefingQuerySet:
    """Return the briefings with whose response this person works: those of `may_use_response`."""
    return briefings_for(user, ADD_ISSUE, CHANGE_ISSUE)


def issues_for(user: Actor) -> IssueQuerySet:
    """Return the issues that this person may view in the admin: those of `may_view_issue`."""
    if any(may_everywhere(user, permission) for permission in ANY_ISSUE):
        return Issue.objects.all()
    rights = rights_of(user)
    allowed = Q(briefing__in=rights.briefings_with(*ANY_ISSUE))
    if CHANGE_ISSUE in rights.everywhere:
        allowed |= own_issues(user)
    elif writes_in := rights.briefings_with(CHANGE_ISSUE):
        allowed |= own_issues(user) & Q(briefing__in=writes_in)
    return Issue.objects.filter(allowed)


def comments_for(user: Actor) -> CommentQuerySet:
    """Return the comments that this person may read in the admin.

    A moderator reads all of a briefing; others those on issues that they may view. What is for the
    newsroom only is on the page of the response alone: `may_use_response`.
    """
    comments = Comment.objects.for_moderators()
    if may_everywhere(user, MODERATE_COMMENT):
        return comments
    moderated = rights_of(user).briefings_with(MODERATE_COMMENT)
    allowed = Q(issue__briefing__in=moderated)
    if may(user, VIEW_COMMENT):
        allowed |= Q(issue__in=issues_for(user))
    return comments.filter(allowed)


def staff_who_may(permission: str, where: Issue | Briefing | None = None) -> QuerySet[User]:
    """Return the active staff with a permission in a briefing, or in any of them."""
    users = get_user_model().objects.with_perm(
        permission, backend="django.contrib.auth.backends.ModelBackend"
    )
    app, codename = permission.split(".")
    groups = Group.objects.filter(
        permissions__codename=codename, permissions__content_type__app_label=app
    ).values_list("name", flat=True)
    named = {*groups}
    roles = [role for role, name in GROUP_OF_ROLE.items() if name in named]
    members = Membership.objects.filter(role__in=roles)
    if permission not in IN_ONE_BRIEFING:
        members = members.filter(briefing=None)
    elif where is not None:
        briefing_id = where.pk if isinstance(where, Briefing) else where.briefing_id
        members = members.filter(Q(briefing=None) | Q(briefing=briefing_id))
    staff = get_user_model().objects.filter(is_staff=True, is_active=True)
    chosen = Q(pk__in=users.values("pk")) | Q(pk__in=members.values("user"))
    return staff.filter(chosen).order_by("pk")


def staff_of_response(briefing: Briefing) -> QuerySet[User]:
    """Return the active staff who work with the response to a briefing's issues."""
    return staff_who_may(ADD_ISSUE, briefing) | staff_who_may(CHANGE_ISSUE, briefing)
