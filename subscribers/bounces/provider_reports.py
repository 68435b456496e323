"""Parse what providers report: complaints (RFC 5965 and earlier), and Amazon SES notifications."""

from __future__ import annotations

import json
import re
from typing import Any

from subscribers.bounces.classification import classify
from subscribers.bounces.message_kind import is_feedback_report, is_unsubscribe_request
from subscribers.bounces.message_parts import MessageParts
from subscribers.bounces.message_phrases import phrases
from subscribers.bounces.recipient_addresses import parse_address_field
from subscribers.bounces.report import MessageKind, RecipientResult, classification_of, complaint_of

# Feedback types that come from a reader's click (RFC 5965, section 7.3; RFC 6430); a virus is
# reported by a scanner.
COMPLAINT_TYPES = {
    "abuse",
    "fraud",
    "opt-out",
    "opt-out-list",
    "other",
    "miscategorized",
    "complaint",
    "complaints",
    "spam",
    "junk",
    "unsubscribe",
    "",
}
UNSUBSCRIBE_TYPES = {"opt-out-list", "unsubscribe"}
_EARLY_COMPLAINT_SUBJECT = phrases("early_complaint_subject", before="^")
_FEEDBACK_TYPE = re.compile(r"(?im)^[ \t]*feedback-type[ \t]*:[ \t]*([\w-]*)")
# A complaint that somebody attached to an email of their own.
_ATTACHED_FEEDBACK = re.compile(
    r"(?i)content-type:\s{0,4}(?:message/|text/x-message-)feedback-report"
)
_COMPLAINT_RECIPIENT = re.compile(
    r"(?im)^[ \t]*(?:original-rcpt-to|removal-recipient|final-recipient|original-recipient"
    r"|redacted-address|recipient)[ \t]*:[ \t]*(.+)$"
)
_SES_NOTIFICATION = re.compile(
    r'"(?:notificationType|eventType)"\s*:\s*"(Bounce|Complaint|Delivery)"'
)
_SES_FEEDBACK_TYPE = re.compile(r'"complaintFeedbackType"\s*:\s*"([\w-]*)"')
_SES_TRANSIENT = re.compile(r'"bounceType"\s*:\s*"Transient"')
_SES_RECIPIENT_LISTS = {"Bounce": "bouncedRecipients", "Complaint": "complainedRecipients"}


def parse_feedback_report(
    parts: MessageParts,
) -> tuple[MessageKind, tuple[RecipientResult, ...]] | None:
    """Return the complaint in a feedback report; None when there is none.

    Reports of failed authentication (RFC 6591) and "not spam" are feedback, not complaints.
    """
    feedback = parts.feedback_report
    if not feedback and _FEEDBACK_TYPE.search(parts.text):
        feedback = parts.text
    if not feedback and _ATTACHED_FEEDBACK.search(parts.original):
        feedback = parts.original
    if not feedback and not is_feedback_report(parts) and not _is_early_complaint(parts):
        return None
    feedback_type = _FEEDBACK_TYPE.search(feedback)
    if feedback_type and feedback_type[1].lower() not in COMPLAINT_TYPES:
        return MessageKind.NOTICE, ()
    named = [parse_address_field(value) for value in _COMPLAINT_RECIPIENT.findall(feedback)]
    hotmail = parse_address_field(
        parts.original_header("x-hmxmroriginalrecipient")
        or parts.header("x-hmxmroriginalrecipient")
    )
    found = [one for one in [*named, hotmail] if one] or parts.original_recipients()
    return MessageKind.COMPLAINT, tuple(complaint_of(address) for address in dict.fromkeys(found))


def asks_to_unsubscribe(parts: MessageParts) -> bool:
    """Whether a complaint asks for no more than to unsubscribe from the list."""
    feedback_type = _FEEDBACK_TYPE.search(parts.feedback_report)
    return is_unsubscribe_request(parts) or bool(
        feedback_type and feedback_type[1].lower() in UNSUBSCRIBE_TYPES
    )


def _is_early_complaint(parts: MessageParts) -> bool:
    """Whether the message is a complaint in a format from before RFC 5965."""
    return bool(
        (parts.original and _EARLY_COMPLAINT_SUBJECT.match(parts.header("subject")))
        or parts.original_headers.get("x-hmxmroriginalrecipient")
        or parts.headers.get("x-hmxmroriginalrecipient")
    )


def parse_ses_notification(
    parts: MessageParts,
) -> tuple[MessageKind, tuple[RecipientResult, ...]] | None:
    """Return what an Amazon SES notification sent by email says; None when there is none.

    Its text is JSON, which may be cut or wrapped.
    """
    text = parts.text.replace('\\"', '"')
    notification = _SES_NOTIFICATION.search(text)
    if not notification:
        return None
    if notification[1] == "Delivery":
        return MessageKind.NOTICE, ()
    complained = notification[1] == "Complaint"
    feedback_type = _SES_FEEDBACK_TYPE.search(text)
    if complained and feedback_type and feedback_type[1].lower() not in COMPLAINT_TYPES:
        return MessageKind.NOTICE, ()
    transient = _SES_TRANSIENT.search(text) is not None
    rows = _ses_recipients(text, _SES_RECIPIENT_LISTS[notification[1]])
    return (MessageKind.COMPLAINT if complained else MessageKind.BOUNCE), tuple(
        complaint_of(row["emailAddress"][:320])
        if complained
        else _ses_bounce(row, transient=transient)
        for row in rows
        if isinstance(row, dict) and isinstance(row.get("emailAddress"), str)
    )


def _ses_recipients(text: str, name: str) -> list[Any]:
    """Return the list under this key, decoded by itself; empty if it cannot be."""
    position = text.find(f'"{name}"')
    start = text.find("[", position) if position >= 0 else -1
    if start < 0:
        return []
    try:
        rows, _ = json.JSONDecoder().raw_decode(text[start:])
    except (ValueError, RecursionError):
        return []
    return rows if isinstance(rows, list) else []


def _ses_bounce(row: dict[str, Any], *, transient: bool) -> RecipientResult:
    diagnostic = str(row.get("diagnosticCode") or "")[:500]
    status = str(row.get("status") or "")[:12]
    found = classify(diagnostic, status=status, recipient=row["emailAddress"][:320])
    return RecipientResult(
        address=row["emailAddress"][:320],
        classification=classification_of(found.reason, temporary=found.temporary or transient),
        reason=found.reason,
        status=found.status,
        diagnostic=diagnostic,
    )
