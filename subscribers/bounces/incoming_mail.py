"""Process one incoming message, from its bytes to what we do about it."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from datetime import datetime

from newsroom.email_addresses import address_key
from subscribers.bounces.delivery_lookup import find_delivery
from subscribers.bounces.replies import (
    ReplyAction,
    is_to_reply_address,
    record_reply,
    replied_delivery,
    returned_delivery,
)
from subscribers.bounces.report import (
    MOST_SEVERE_FIRST,
    MessageKind,
    Reason,
    RecipientResult,
    Report,
    complaint_of,
)
from subscribers.bounces.report_parser import parse_report
from subscribers.bounces.suppression_policy import (
    ReceivedEvent,
    apply_policy,
    read_policy,
    record_unsubscribe,
)
from subscribers.models import (
    BounceAction,
    BounceClassification,
    BounceSource,
    Delivery,
    Subscriber,
    Subscription,
)

log = logging.getLogger(__name__)

NO_DELIVERY = "no matching delivery"
ALREADY_RECORDED = "already recorded"
UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessedMessage:
    """What a message says, and what we did about it.

    `action` is a BounceAction or ReplyAction, NO_DELIVERY, ALREADY_RECORDED or UNSUBSCRIBED.
    """

    report: Report
    action: str


def process_message(
    message: bytes, *, provider: str, recipient: str = "", at: datetime
) -> ProcessedMessage:
    """Parse a message and act on it. Processing it again changes nothing.

    `recipient` is the envelope recipient, where the mail server passes it on.
    """
    report = parse_report(message, recipient=recipient)
    if _is_written_by_person(report, message, recipient=recipient):
        report = replace(report, kind=MessageKind.REPLY, results=())
    action: str = BounceAction.NOTHING.value
    if report.kind == MessageKind.REPLY:
        action = record_reply(message, recipient=recipient, at=at).value
    elif report.kind in {MessageKind.BOUNCE, MessageKind.COMPLAINT}:
        action = _act_on_report(report, message, provider=provider, recipient=recipient, at=at)
    log.info("incoming message: %s, action: %s", report.kind, action)
    return ProcessedMessage(report=report, action=action)


def _is_written_by_person(report: Report, message: bytes, *, recipient: str) -> bool:
    """Whether what looks like a bounce is what a person writes about one, or forwards.

    No mail system sends one to an address for replies. At a return address it is a person's if its
    subject is a reply's or that of a forwarded email, and it does not name the email's own reader.
    """
    if report.kind not in {MessageKind.BOUNCE, MessageKind.NOTICE} or not report.may_be_reply:
        return False
    if is_to_reply_address(message, recipient=recipient):
        return True
    if not report.is_answer:
        return False
    delivery = returned_delivery(message, recipient=recipient)
    if delivery is None:
        return find_delivery(report) is None
    reader = Subscriber.objects.filter(pk=delivery.subscriber_id).first()
    key = address_key(reader.address) if reader else ""
    return reader is not None and all(
        address_key(result.address) != key for result in report.results
    )


def preview_message(message: bytes) -> ProcessedMessage:
    """Return what `process_message` would do if a real delivery matched. Changes nothing."""
    report = parse_report(message)
    if report.kind == MessageKind.REPLY or _is_written_by_person(report, message, recipient=""):
        return ProcessedMessage(report=report, action=ReplyAction.COMMENT.value)
    if report.kind not in {MessageKind.BOUNCE, MessageKind.COMPLAINT}:
        return ProcessedMessage(report=report, action=BounceAction.NOTHING.value)
    if report.is_unsubscribe:
        return ProcessedMessage(report=report, action=UNSUBSCRIBED)
    rule = read_policy()[_classification(_result_for_delivery(report, None))]
    action = BounceAction.SUPPRESSED if rule.emails == 1 else BounceAction.COUNTED
    return ProcessedMessage(report=report, action=action.value)


def _act_on_report(
    report: Report, message: bytes, *, provider: str, recipient: str, at: datetime
) -> str:
    """Record what a bounce or complaint says about a delivery.

    Some systems send a bounce to the address for replies. Whoever was forwarded an email has that,
    so such a bounce counts, but never suppresses by itself.
    """
    delivery = find_delivery(report)
    is_proved = delivery is not None
    if delivery is None and report.kind == MessageKind.BOUNCE:
        delivery = replied_delivery(message, recipient=recipient)
    if delivery is not None and report.is_unsubscribe:
        ended = record_unsubscribe(
            delivery.subscriber_id,
            delivery.dispatch.issue.briefing_id,
            source="an email that asks to unsubscribe",
            at=at,
        )
        return UNSUBSCRIBED if ended else ALREADY_RECORDED
    if delivery is None and report.kind == MessageKind.COMPLAINT and report.unsubscribe_token:
        return _unsubscribe(report.unsubscribe_token, at=at)
    if delivery is None:
        why = "its token matches no email that we sent" if report.token else "it has no token"
        log.warning("ignored a %s: %s", report.kind, why)
        return NO_DELIVERY
    result = _result_for_delivery(report, delivery)
    classification = _classification(result)
    if classification == BounceClassification.HARD and not is_proved:
        classification = BounceClassification.SOFT
    event = ReceivedEvent(
        source=BounceSource.MAIL,
        provider=provider,
        event_id=report.message_id or hashlib.sha256(message).hexdigest(),
        classification=classification,
        reason=result.reason,
        status=result.status,
        diagnostic=result.diagnostic,
    )
    action = apply_policy(event, delivery, at=at)
    return ALREADY_RECORDED if action is None else action.value


def _unsubscribe(token: str, *, at: datetime) -> str:
    """Unsubscribe from the briefing whose unsubscribe token a complaint quotes.

    That is what anybody with the token can do. It does not suppress the address: whoever was
    forwarded an email has the token, too, and could forge the complaint.
    """
    subscription = Subscription.objects.with_token(token).first()
    if subscription is None:
        return NO_DELIVERY
    ended = record_unsubscribe(
        subscription.subscriber_id, subscription.briefing_id, source="complaint", at=at
    )
    return UNSUBSCRIBED if ended else ALREADY_RECORDED


def _result_for_delivery(report: Report, delivery: Delivery | None) -> RecipientResult:
    """Return the result that counts for this delivery.

    Each email goes to one subscriber. What a report says about the subscriber's address counts.
    Where it only names others (a forwarded email, a forgery), the most severe result counts.
    """
    if report.kind == MessageKind.COMPLAINT:
        return complaint_of("")
    failed = [result for result in report.results if result.classification is not None]
    if delivery is not None:
        subscriber = Subscriber.objects.filter(pk=delivery.subscriber_id).first()
        key = address_key(subscriber.address) if subscriber else ""
        failed = [result for result in failed if address_key(result.address) == key] or failed
    unexplained = RecipientResult(
        address="", classification=BounceClassification.SOFT, reason=Reason.UNCLEAR
    )
    return min(
        failed,
        key=lambda result: MOST_SEVERE_FIRST.index(_classification(result)),
        default=unexplained,
    )


def _classification(result: RecipientResult) -> BounceClassification:
    """Return the classification of a failed result; `_result_for_delivery` returns no other."""
    assert result.classification is not None  # noqa: S101  (for the type)
    return result.classification
