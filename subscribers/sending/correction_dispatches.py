"""Send a correction to the subscribers who were sent the issue, once, through the same ledger."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from django.db import transaction

from briefings.rendering.correction_email import render_correction_email
from newsroom import audit_log
from newsroom.transitions import TransitionRefused
from subscribers.models import RETRY_FOR, Dispatch
from subscribers.sending import dispatches, ledger

if TYPE_CHECKING:
    from datetime import datetime

    from briefings.models import Correction
    from newsroom.audit_log import Actor


def count_recipients(correction: Correction) -> int:
    """Return how many subscribers would get a correction if it were sent now."""
    issue_dispatch = Dispatch.objects.of_issues().filter(issue=correction.issue_id).first()
    if issue_dispatch is None:
        return 0
    return ledger.readers_of(issue_dispatch).count()


def why_not(correction: Correction) -> str:
    """Return why a correction cannot be sent; empty if it can."""
    if not correction.note:
        return "This fix has no note for readers, so there is nothing to send."
    if not Dispatch.objects.of_issues().filter(issue=correction.issue_id).exists():
        return "The issue was not sent by email, so nobody has it to be corrected."
    return ""


def send_correction(correction: Correction, *, at: datetime, by: Actor) -> Dispatch:
    """Make the dispatch of a correction, or return the one that it has already.

    Two people who do so at once get the same dispatch. Raises TransitionRefused.
    """
    with transaction.atomic():
        correction.issue.lock()
        if existing := Dispatch.objects.filter(correction=correction).first():
            return existing
        if reason := why_not(correction):
            raise TransitionRefused(reason)
        if not count_recipients(correction):
            raise TransitionRefused("Nobody was sent this issue, so nobody would get this.")
        dispatch = _freeze(correction, at=at)
        audit_log.record("sent a correction", correction.issue, by=by, dispatch=dispatch.pk)
        transaction.on_commit(dispatches.wake_dispatching)
    return dispatch


def _freeze(correction: Correction, *, at: datetime) -> Dispatch:
    """Return a new dispatch with the email of a correction as it is now."""
    links = dispatches.links_with_placeholders()
    email = render_correction_email(correction, links=links)
    words = json.dumps([email.subject, email.html, email.text], ensure_ascii=False)
    return Dispatch.objects.create(
        issue=correction.issue,
        correction=correction,
        subject=email.subject,
        html=email.html,
        text=email.text,
        content_hash=hashlib.sha256(words.encode()).hexdigest(),
        created_at=at,
        deadline=at + RETRY_FOR,
        **dispatches.sender_fields(correction.issue),
    )
