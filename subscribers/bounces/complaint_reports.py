"""Complaints: the abuse reporting format (RFC 5965) and what large providers sent before it."""

from __future__ import annotations

import re

from subscribers.bounces.message_kind import COMPLAINTS, is_old_complaint
from subscribers.bounces.message_parts import Opened
from subscribers.bounces.report import Failure, Reason, Verdict
from subscribers.bounces.report_addresses import clean_address

_TYPE = re.compile(r"(?im)^[ \t]*feedback-type[ \t]*:[ \t]*([\w-]*)")
# A complaint that somebody attached to a letter of their own.
_PASSED_ON = re.compile(r"(?i)content-type:\s{0,4}(?:message/|text/x-message-)feedback-report")
_RECIPIENT = re.compile(
    r"(?im)^[ \t]*(?:original-rcpt-to|removal-recipient|final-recipient|original-recipient"
    r"|redacted-address|recipient)[ \t]*:[ \t]*(.+)$"
)


def read_complaint(opened: Opened) -> tuple[bool, tuple[Failure, ...]] | None:
    """Tell whether a reader complained, and who; None when the message is no feedback at all.

    Reports on failed authentication (RFC 6591) and "not spam" are feedback and no complaints.
    """
    feedback = opened.feedback
    if not feedback and _TYPE.search(opened.prose):
        feedback = opened.prose
    if not feedback and _PASSED_ON.search(opened.original):
        feedback = opened.original
    declared = str(opened.head.get_param("report-type", "") or "").lower() == "feedback-report"
    if not feedback and not declared and not is_old_complaint(opened):
        return None
    told = _TYPE.search(feedback)
    if told and told[1].lower() not in COMPLAINTS:
        return False, ()
    named = [clean_address(value) for value in _RECIPIENT.findall(feedback)]
    hotmail = clean_address(
        opened.original_header("x-hmxmroriginalrecipient")
        or opened.header("x-hmxmroriginalrecipient")
    )
    found = [one for one in [*named, hotmail] if one] or opened.original_recipients()
    return True, tuple(
        Failure(address=address, verdict=Verdict.COMPLAINT, reason=Reason.COMPLAINT)
        for address in dict.fromkeys(found)
    )
