"""Alarms by email: the kinds there are, whom each concerns, and what each person chose.

To add one, add a kind here with its email, and call `raise_alarm` in the transaction of what
happened. A scheduled task that may run twice asks `is_first` before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.urls import reverse

from briefings.models import AlarmChoice, AlarmScope, Briefing, RaisedAlarm
from briefings.models.issue import CREATED
from briefings.permissions import briefings_for, may_view_issue
from newsroom import emails
from newsroom.models import AuditLogEntry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import User

    from briefings.models import Issue
    from newsroom.audit_log import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmKind:
    """A kind of alarm: its name in the database, what it says, and whom it concerns, in words."""

    name: str
    label: str
    concerns: str


CUT_OFF_PASSED = AlarmKind(
    name="cut_off_passed",
    label="The cut-off has passed, and no issue is approved",
    concerns="the author of the next issue, and everybody who may approve it",
)
APPROVAL_LOST = AlarmKind(
    name="approval_lost",
    label="An approved issue needs a new approval, because somebody changed or returned it",
    concerns="whoever scheduled the issue, or else approved it",
)
RETURNED = AlarmKind(
    name="returned",
    label="An issue was returned to its author, with the reason",
    concerns="its author, and whoever started it",
)
SLOT_MISSED = AlarmKind(
    name="slot_missed",
    label="An issue did not go out at its send time",
    concerns="everybody who may send it",
)
DISPATCH_LATE = AlarmKind(
    name="dispatch_late",
    label="A dispatch is not finished by its deadline",
    concerns="everybody who may send its issue",
)
GUEST_SPOKE = AlarmKind(
    name="guest_spoke",
    label="A guest left remarks on a draft, or said that it is fine by them",
    concerns="its author, its reviewer, and whoever made the preview link",
)
FOLLOW_UP_ASKED = AlarmKind(
    name="follow_up_asked",
    label="Somebody is asked to follow up what a reader said",
    concerns="whoever is asked",
)
QUOTATION_LOST = AlarmKind(
    name="quotation_lost",
    label="A quotation in an approved issue cannot go out as it stands",
    concerns="its author, whoever started, approved or scheduled it, and everybody who may approve"
    " it",
)
ALARM_KINDS = (
    *(CUT_OFF_PASSED, APPROVAL_LOST, QUOTATION_LOST, RETURNED, GUEST_SPOKE, FOLLOW_UP_ASKED),
    *(SLOT_MISSED, DISPATCH_LATE),
)


def raise_alarm(
    kind: AlarmKind,
    email: str,
    *,
    about: Issue | Briefing,
    concerned: Iterable[User | None],
    context: dict[str, Any],
    by: Actor = None,
) -> None:
    """Email an alarm to those whom it concerns and who want it, and to those who want all.

    `email` is its folder under templates/email/; `by` caused it and gets none.
    """
    path = reverse("admin:briefings_my_alarms")
    for user in _recipients(kind, about, concerned, by=by):
        emails.queue_email(
            email, to=user.email, context={**context, "alarms_url": settings.SITE_URL + path}
        )


def is_first(kind: AlarmKind, event: str) -> bool:
    """Whether this alarm is raised for the first time. Call it in the transaction of its emails.

    If two tasks ask at once, the second waits for the first.
    """
    _, is_new = RaisedAlarm.objects.get_or_create(kind=kind.name, event=event)
    return is_new


def writers_of(issue: Issue) -> list[User]:
    """Return the accounts of an issue's author and of whoever started it."""
    started = AuditLogEntry.objects.on(issue).filter(verb__in=CREATED).select_related("actor")
    people: list[Any] = [issue.author.account, *(entry.actor for entry in started)]
    return [user for user in people if user is not None]


def _recipients(
    kind: AlarmKind, about: Issue | Briefing, concerned: Iterable[User | None], *, by: Actor
) -> list[User]:
    choices = dict(AlarmChoice.objects.filter(kind=kind.name).values_list("user", "scope"))
    want_all = get_user_model().objects.filter(
        is_staff=True,
        pk__in=[pk for pk, scope in choices.items() if scope == AlarmScope.ALL],
    )
    wanted = {
        user.pk: user
        for user in concerned
        if user is not None and choices.get(user.pk) != AlarmScope.NONE
    }
    wanted |= {user.pk: user for user in want_all}
    reachable = [user for user in wanted.values() if user.is_active and user.email and user != by]
    # Whoever wrote or scheduled the issue may have lost their role since.
    return sorted((user for user in reachable if _may_see(user, about)), key=lambda user: user.pk)


def _may_see(user: User, about: Issue | Briefing) -> bool:
    if isinstance(about, Briefing):
        return briefings_for(user).filter(pk=about.pk).exists()
    return may_view_issue(user, about)
