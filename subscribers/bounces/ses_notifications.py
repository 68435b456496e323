"""Notifications of Amazon SES that come as mail, with JSON for words."""

from __future__ import annotations

import json
import re
from typing import Any

from subscribers.bounces.classification import judge
from subscribers.bounces.message_kind import COMPLAINTS
from subscribers.bounces.message_parts import Opened
from subscribers.bounces.report import Failure, Kind, Reason, Verdict, verdict_of

_NOTIFICATION = re.compile(r'"(?:notificationType|eventType)"\s*:\s*"(Bounce|Complaint|Delivery)"')
_FEEDBACK = re.compile(r'"complaintFeedbackType"\s*:\s*"([\w-]*)"')
_LISTS = {"Bounce": "bouncedRecipients", "Complaint": "complainedRecipients"}


def read_notification(opened: Opened) -> tuple[Kind, tuple[Failure, ...]] | None:
    """Read what the JSON says of whom; None when the message holds no such notification."""
    text = opened.prose.replace('\\"', '"')
    told = _NOTIFICATION.search(text)
    if not told:
        return None
    if told[1] == "Delivery":
        return Kind.NOTICE, ()
    complained = told[1] == "Complaint"
    feedback = _FEEDBACK.search(text)
    if complained and feedback and feedback[1].lower() not in COMPLAINTS:
        return Kind.NOTICE, ()
    transient = re.search(r'"bounceType"\s*:\s*"Transient"', text) is not None
    rows = _recipients(text, _LISTS[told[1]])
    return (Kind.COMPLAINT if complained else Kind.BOUNCE), tuple(
        _failure(row, complained=complained, transient=transient)
        for row in rows
        if isinstance(row, dict) and isinstance(row.get("emailAddress"), str)
    )


def _recipients(text: str, name: str) -> list[Any]:
    """Decode the one list that matters; what is around it may be cut or wrapped."""
    place = text.find(f'"{name}"')
    begin = text.find("[", place) if place >= 0 else -1
    if begin < 0:
        return []
    try:
        rows, _ = json.JSONDecoder().raw_decode(text[begin:])
    except (ValueError, RecursionError):
        return []
    return rows if isinstance(rows, list) else []


def _failure(row: dict[str, Any], *, complained: bool, transient: bool) -> Failure:
    address = row["emailAddress"][:320]
    if complained:
        return Failure(address=address, verdict=Verdict.COMPLAINT, reason=Reason.COMPLAINT)
    words = str(row.get("diagnosticCode") or "")[:500]
    judged = judge(words, status=str(row.get("status") or "")[:12])
    return Failure(
        address=address,
        verdict=verdict_of(judged.reason, temporary=judged.temporary or transient),
        reason=judged.reason,
        status=judged.status,
        diagnostic=words,
    )
