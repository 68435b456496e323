"""Parse delivery status notifications (RFC 3464), as mail systems really write them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from subscribers.bounces.recipient_addresses import bare_local_part, parse_address_field

MAX_RECIPIENTS = 500
FAILED_ACTIONS = {"failed", "failure", "fail", "undeliverable", "error", "expired"}
NOTICE_ACTIONS = {"delayed", "delivered", "relayed", "expanded", "deliverable", "delivery", "delay"}
# A line with any other word before a colon continues the one above: diagnostics are often wrapped.
_FIELD = re.compile(
    r"""(?ix)^[ \t>|]*(
      reporting-mta|original-envelope-id|dsn-gateway|received-from-mta|arrival-date|
      original-recipient|final-recipient|action|status|remote-mta|remote-recipient|diagnostic-code|
      last-attempt-date|final-log-id|will-retry-until|content-[\w-]+|reporting-ua|
      x-[\w-]+|feedback-type|localized-[\w-]+|failure-[\w-]+|sender|smtp-[\w-]+
    )[ \t]*:[ \t]*(.*)$"""
)
_STATUS_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,4})(?![\d]|\.\d)")
# RFC 3461, section 4.2: escapes that some leave as they came in ORCPT.
_XTEXT_ESCAPE = re.compile(r"\+(2B|3D)")
_TYPE_ONLY = re.compile(r"(?i)^\s*(?:smtp|x-\w+|rfc822|dns)?\s*;?\s*$")
# Some gateways put the reason into fields of their own.
_EXTRA_DIAGNOSTIC_FIELDS = (
    "x-supplementary-info",
    "x-notes",
    "x-display-name",
    "x-postfix-diagnostic",
    "x-reason",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientFields:
    """The fields about one recipient (RFC 3464, section 2.3).

    `forwarded_from` is the address that the email was first sent to, where it was passed on;
    `local_part` a mailbox name without a domain; `action` is in lower case.
    """

    address: str
    forwarded_from: str
    local_part: str
    action: str
    status: str
    diagnostic: str


def parse_delivery_status(text: str) -> list[RecipientFields]:
    """Return the fields of each recipient; an empty list if the text has none."""
    recipients: list[RecipientFields] = []
    fields: dict[str, str] = {}
    name, after_blank = "", False
    for line in [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        if len(recipients) >= MAX_RECIPIENTS:
            break
        field = _FIELD.match(line)
        if field:
            name = field[1].lower()
            if _starts_next_recipient(name, fields, after_blank=after_blank):
                recipients += _recipient(fields)
                fields = {}
            after_blank = False
            fields[name] = fields.get(name, "") or field[2].strip()
        elif not line.strip():
            name, after_blank = "", True
        elif name:
            fields[name] = f"{fields[name]} {line.strip()}"[:4000]
    return recipients + _recipient(fields)


def is_notice(recipients: list[RecipientFields]) -> bool:
    """Whether all recipients are reported as delayed or delivered, and none as failed."""
    reported = [one for one in recipients if one.action or one.status]
    return bool(reported) and all(
        one.action in NOTICE_ACTIONS
        or (one.action not in FAILED_ACTIONS and one.status.startswith("2"))
        for one in reported
    )


def has_only_temporary_codes(recipients: list[RecipientFields]) -> bool:
    """Whether there is no known action and only class 4: a delay, or an attempt given up."""
    return all(
        one.action not in {*FAILED_ACTIONS, *NOTICE_ACTIONS} and one.status.startswith("4")
        for one in recipients
    )


def _starts_next_recipient(name: str, fields: dict[str, str], *, after_blank: bool) -> bool:
    """Whether a field belongs to the next recipient.

    A blank line should end a recipient's fields (RFC 3464, section 2.1), but some put one after
    each field, and others put none anywhere.
    """
    complete = "action" in fields and bool(
        {"final-recipient", "original-recipient"} & fields.keys()
    )
    if name == "original-recipient":
        return complete
    if name == "final-recipient" and after_blank and complete:
        return True
    if name in {"final-recipient", "action"}:
        return name in fields
    return after_blank and name in fields and name in {"status", "diagnostic-code"}


def _recipient(fields: dict[str, str]) -> list[RecipientFields]:
    """Return the collected fields as one recipient; nothing if they are not about a recipient."""
    named = [
        fields.get(name, "")
        for name in ("final-recipient", "original-recipient", "x-actual-recipient")
    ]
    if not any(named) and not ({"action", "diagnostic-code"} & fields.keys()):
        return []
    addresses = [found for value in named[:2] if (found := parse_address_field(value))]
    if len(addresses) == 1 and not parse_address_field(named[0]):
        addresses = [_XTEXT_ESCAPE.sub(lambda code: chr(int(code[1], 16)), addresses[0])]
    address = addresses[0] if addresses else parse_address_field(named[2])
    status = _STATUS_CODE.search(fields.get("status", ""))
    diagnostic = fields.get("diagnostic-code", "")
    if _TYPE_ONLY.match(diagnostic):
        diagnostic = ""
    action = re.match(r"[\s\"']*([A-Za-z]*)", fields.get("action", ""))
    return [
        RecipientFields(
            address=address,
            forwarded_from=next((one for one in addresses if one.lower() != address.lower()), ""),
            local_part=next((found for value in named if (found := bare_local_part(value))), ""),
            action=(action[1] if action else "").lower(),
            status=status[0] if status else "",
            diagnostic=diagnostic or _extra_diagnostic(fields),
        )
    ]


def _extra_diagnostic(fields: dict[str, str]) -> str:
    texts = [fields[name] for name in _EXTRA_DIAGNOSTIC_FIELDS if fields.get(name)]
    comment = re.search(r"\(([^()]{4,300})\)", fields.get("status", ""))
    return " ".join([*texts, *([comment[1]] if comment else [])])
