"""A subscriber as the preview of an issue shows them: their address, and whether they get it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import dateformat, timezone

from briefings.permissions import may_view_addresses
from briefings.preview_recipient import Lookup, PreviewRecipient
from newsroom.email_addresses import normalise_address, readable_address
from subscribers.models import Subscriber, Subscription
from subscribers.models.suppression import is_suppressed

if TYPE_CHECKING:
    from briefings.models import Issue
    from newsroom.audit_log import Actor


def subscriber_lookup(user: Actor, issue: Issue) -> Lookup | None:
    """Return what finds a subscriber by address; `settings.SUBSCRIBER_LOOKUP` names this."""
    if not may_view_addresses(user):
        return None
    return lambda address: _recipient(issue, address)


def _recipient(issue: Issue, address: str) -> PreviewRecipient:
    try:
        normal = normalise_address(address)
    except ValidationError as error:
        raise LookupError(" ".join(error.messages)) from None
    subscriber = Subscriber.objects.at_address(normal).first()
    if subscriber is None:
        raise LookupError(f"{readable_address(normal)} is not the address of a subscriber.")
    return PreviewRecipient(
        name=subscriber.name,
        address=subscriber.readable_address,
        notice=_why_not(subscriber, issue),
    )


def _why_not(subscriber: Subscriber, issue: Issue) -> str:
    """Return why this subscriber would not get the issue; empty if they would."""
    if is_suppressed(subscriber.address):
        return "They would not get this issue: we must not write to this address."
    if not Subscription.objects.active().filter(subscriber=subscriber, briefing=issue.briefing_id):
        return f"They would not get this issue: they do not subscribe to {issue.briefing}."
    if day := subscriber.resumes_on(at=issue.publish_at or timezone.now()):
        return (
            "They would not get this issue: their emails are paused until"
            f" {dateformat.format(day, 'j F Y')}."
        )
    return ""
