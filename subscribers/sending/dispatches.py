"""From an approved issue to a dispatch: publishing freezes the words, in one transaction."""

from __future__ import annotations

import logging
from datetime import timedelta
from email.utils import parseaddr
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from briefings.models import Issue
from briefings.rendering.issue_email import EmailLinks, render_issue_email
from newsroom import emails
from newsroom.transitions import TransitionRefused
from newsroom.wake_ups import wake
from subscribers.models import Dispatch
from subscribers.sending import alerts, leases, ledger
from subscribers.sending.issue_addresses import reply_address
from subscribers.sending.list_headers import list_id
from subscribers.sending.personalised_email import Placeholder

if TYPE_CHECKING:
    from datetime import datetime

    from newsroom.audit_log import Actor

log = logging.getLogger(__name__)

TRY_FOR = timedelta(hours=48)


def links_with_placeholders() -> EmailLinks:
    """Give the letter's links with marks where each reader's own tokens will stand."""
    site = settings.SITE_URL
    return EmailLinks(
        unsubscribe=f"{site}/unsubscribe/{Placeholder.UNSUBSCRIBE}/",
        preferences=f"{site}/preferences/{Placeholder.PREFERENCES}/",
        view=f"{site}/view/{Placeholder.VIEW}/",
        subscribe=f"{site}/subscribe/",
    )


def publish(issue: Issue, *, at: datetime, by: Actor = None) -> Dispatch:
    """Publish a scheduled issue and freeze its words into a dispatch, both or neither.

    Raises TransitionRefused when the issue is not scheduled or not as it was approved.
    """
    with transaction.atomic():
        issue.publish(at=at, by=by)
        letter = render_issue_email(issue, links=links_with_placeholders())
        briefing = issue.briefing
        dispatch = Dispatch.objects.create(
            issue=issue,
            subject=letter.subject,
            html=letter.html,
            text=letter.text,
            content_hash=issue.approved_hash,
            sender=_sender(issue),
            reply_to=(briefing.reply_address or reply_address(issue) or briefing.lead.contact),
            list_id=list_id(briefing),
            created_at=at,
            deadline=at + TRY_FOR,
        )
        transaction.on_commit(wake_dispatching)
    return dispatch


def send_now(issue: Issue, *, at: datetime, by: Actor) -> Dispatch:
    """Publish an approved or scheduled issue at once. Raises TransitionRefused."""
    with transaction.atomic():
        issue.schedule(publish_at=at, by=by)
        return publish(issue, at=at, by=by)


def send_proof(issue: Issue, *, to: str) -> None:
    """Let the letter as it stands leave to one member of staff; its links lead to the site only."""
    site = settings.SITE_URL
    links = EmailLinks(
        unsubscribe=f"{site}/preferences/",
        preferences=f"{site}/preferences/",
        view=site + issue.get_absolute_url(),
        subscribe=f"{site}/subscribe/",
    )
    letter = render_issue_email(issue, links=links)
    emails.queue_rendered_email(
        "proof",
        to=to,
        subject=f"[Proof] {letter.subject}",
        text=letter.text,
        html=letter.html,
        headers={"Auto-Submitted": "auto-generated"},
    )


def _sender(issue: Issue) -> str:
    """The briefing's title before the site's own address."""
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    title = issue.briefing.title.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{title}" <{address}>'


def wake_dispatching() -> None:
    """Have live dispatches looked after now instead of at the beat's next turn."""
    wake("subscribers.sending.tasks.advance_dispatches")


def publish_due(*, at: datetime) -> list[Dispatch]:
    """Publish each scheduled issue whose slot has come; one that cannot go stops no other.

    An issue that is more than `LATE_WINDOW` late is not sent: after an outage, or from a restored
    backup, only a person can tell whether it still should be. It is unscheduled, and those who may
    send are told.
    """
    made = []
    in_time = at - timedelta(seconds=settings.LATE_WINDOW)
    for issue in Issue.objects.due(at=at).for_page():
        try:
            if issue.publish_at is not None and issue.publish_at < in_time:
                alerts.report_missed_slot(issue, before=in_time)
            else:
                made.append(publish(issue, at=at))
        except TransitionRefused as refusal:
            log.warning("%s was not published: %s", issue, refusal)
            issue.void_approval(by=None)
        except Exception:
            log.exception("%s could not be published; it will be tried again", issue)
    return made


def start(dispatch: Dispatch, *, at: datetime) -> int:
    """Fill a dispatch's ledger and let sending start; give back the number of rows added."""
    with transaction.atomic():
        added = ledger.fill(dispatch)
        dispatch.start_sending(at=at)
    dispatch.refresh_from_db(fields=["state", "filled_at"])
    return added


def advance(*, at: datetime) -> list[Dispatch]:
    """Look after every live dispatch; give back those that need a worker now.

    Fills what is new, takes back what dead workers held, calls finished what is settled. Running
    twice, or in two places, changes nothing.
    """
    leases.reclaim(at=at)
    waiting = []
    for dispatch in Dispatch.objects.live().select_related("issue__briefing"):
        try:
            if dispatch.filled_at is None:
                start(dispatch, at=at)
            if ledger.has_work(dispatch.pk):
                waiting.append(dispatch)
            else:
                ledger.finish(dispatch)
        except Exception:
            log.exception("%s could not be tended; it will be tried again", dispatch)
    return waiting
