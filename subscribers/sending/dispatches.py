"""The life of a dispatch: an approved issue is published and its content frozen, then sent."""

from __future__ import annotations

import logging
from datetime import timedelta
from email.utils import parseaddr
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from briefings import issue_steps
from briefings.approval_loss import void_approval
from briefings.models import Issue
from briefings.next_drafts import make_next_draft
from briefings.preflight import blocking_findings
from briefings.quotations.last_check import refuse_gone_quotations
from briefings.rendering.issue_email import EmailLinks, render_issue_email
from newsroom.site_address import ascii_address
from newsroom.transitions import TransitionRefused
from newsroom.wake_ups import wake
from subscribers.models import RETRY_FOR, Dispatch
from subscribers.sending import alerts, daily_limits, leases, ledger, outages
from subscribers.sending.issue_addresses import reply_address
from subscribers.sending.list_headers import list_id
from subscribers.sending.personalised_email import Placeholder

if TYPE_CHECKING:
    from datetime import datetime

    from newsroom.audit_log import Actor

log = logging.getLogger(__name__)


def publish_due(*, at: datetime) -> list[Dispatch]:
    """Publish each scheduled issue whose send time has passed; one that fails stops no other.

    An issue that is more than `LATE_WINDOW` late is not sent: after an outage, only a person can
    tell whether it still should be. Nor is one that findings of preflight block, which
    was scheduled before preflight knew of them. Both are unscheduled, and staff who may send are
    emailed.
    """
    made = []
    too_late = at - timedelta(seconds=settings.LATE_WINDOW)
    for issue in Issue.objects.due(at=at).for_page():
        try:
            with outages.watch(f"the publication of {issue}"):
                if issue.publish_at is not None and issue.publish_at < too_late:
                    alerts.unschedule_and_alert(issue, before=too_late)
                elif found := blocking_findings(issue, publish_at=None):
                    alerts.stop_and_alert(issue, [str(finding) for finding in found])
                else:
                    made.append(publish(issue, at=at))
        except TransitionRefused as refusal:
            log.warning("%s was not published: %s", issue, refusal)
            void_approval(issue, by=None)
        except Exception:
            log.exception("%s could not be published; we will try again", issue)
    return made


def publish(issue: Issue, *, at: datetime, by: Actor = None) -> Dispatch:
    """Publish a scheduled issue and freeze its content into a dispatch, both or neither.

    The draft of the briefing's next issue is made, too.
    Raises TransitionRefused if the issue is not scheduled, has changed since its approval, or
    quotes a reader who took that back a moment ago.
    """
    with transaction.atomic():
        issue.publish(at=at, by=by)
        refuse_gone_quotations(issue)
        dispatch = freeze(issue, at=at)
        make_next_draft(issue.briefing, at=at)
        transaction.on_commit(wake_dispatching)
    return dispatch


def freeze(issue: Issue, *, at: datetime) -> Dispatch:
    """Return a new dispatch with the content of a published issue as it is now."""
    email = render_issue_email(issue, links=links_with_placeholders())
    return Dispatch.objects.create(
        issue=issue,
        subject=email.subject,
        html=email.html,
        text=email.text,
        content_hash=issue.approved_hash,
        created_at=at,
        deadline=at + RETRY_FOR,
        **sender_fields(issue),
    )


def sender_fields(issue: Issue) -> dict[str, str]:
    """Return who an issue's emails are from, where replies go, and their list, for a dispatch."""
    briefing = issue.briefing
    reply_to = briefing.reply_address or reply_address(issue) or briefing.lead.contact
    return {
        "sender": _sender(issue),
        "reply_to": ascii_address(reply_to),
        "list_id": list_id(briefing),
    }


def send_now(issue: Issue, *, at: datetime, by: Actor) -> Dispatch:
    """Publish an approved or scheduled issue at once. Raises TransitionRefused.

    As every way to schedule, it refuses an issue that findings of preflight block.
    """
    with transaction.atomic():
        issue_steps.schedule(issue, publish_at=at, by=by, at=at)
        return publish(issue, at=at, by=by)


def links_with_placeholders() -> EmailLinks:
    """Return the links of an issue email, with placeholders for each recipient's own tokens."""
    site = settings.SITE_URL
    return EmailLinks(
        unsubscribe=f"{site}/unsubscribe/{Placeholder.UNSUBSCRIBE}/",
        preferences=f"{site}/preferences/{Placeholder.PREFERENCES}/",
        view=f"{site}/view/{Placeholder.VIEW}/",
        subscribe=f"{site}/subscribe/",
        comments=f"{site}/comments/from-email/{Placeholder.COMMENTS}/",
    )


def _sender(issue: Issue) -> str:
    """Return the From line: the briefing's title with the site's own address."""
    _, address = parseaddr(ascii_address(settings.DEFAULT_FROM_EMAIL))
    title = issue.briefing.title.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{title}" <{address}>'


def wake_dispatching() -> None:
    """Have a worker advance live dispatches now, without waiting for Celery beat."""
    wake("subscribers.sending.tasks.advance_dispatches")


def advance(*, at: datetime) -> list[Dispatch]:
    """Advance every live dispatch, and return those that need workers now.

    Starts new dispatches, reclaims the leases of dead workers, and marks dispatches as sent when
    everything is settled. Running it twice, or in two places at once, changes nothing.
    """
    leases.reclaim(at=at)
    daily_limits.reclaim(at=at)
    with_work = []
    for dispatch in Dispatch.objects.live().select_related("issue__briefing"):
        try:
            with outages.watch(outages.of_dispatch(dispatch)):
                if dispatch.filled_at is None:
                    start(dispatch, at=at)
                if ledger.has_work(dispatch.pk):
                    with_work.append(dispatch)
                else:
                    ledger.finish_if_settled(dispatch)
        except Exception:
            log.exception("%s could not be advanced; we will try again", dispatch)
    for dispatch in Dispatch.objects.late(at=at).select_related("issue__briefing"):
        try:
            alerts.alert_of_late_dispatch(dispatch)
        except Exception:
            log.exception("%s is late, and nobody could be told; we will try again", dispatch)
    return with_work


def start(dispatch: Dispatch, *, at: datetime) -> int:
    """Fill a dispatch's ledger and let sending start; return the number of rows added."""
    with transaction.atomic():
        added = ledger.fill(dispatch)
        dispatch.start_sending(at=at)
    dispatch.refresh_from_db(fields=["state", "filled_at"])
    return added
