"""The machine's part of a report: RFC 3464, as it is written and as it is met."""

from __future__ import annotations

import re
from dataclasses import dataclass

from subscribers.bounces.report_addresses import clean_address, local_of

# Any other word before a colon goes on with the line above: diagnostics are often wrapped.
_KNOWN = re.compile(
    r"""(?ix)^[ \t>|]*(
      reporting-mta|original-envelope-id|dsn-gateway|received-from-mta|arrival-date|
      original-recipient|final-recipient|action|status|remote-mta|remote-recipient|diagnostic-code|
      last-attempt-date|final-log-id|will-retry-until|content-[\w-]+|reporting-ua|
      x-[\w-]+|feedback-type|localized-[\w-]+|failure-[\w-]+|sender|smtp-[\w-]+
    )[ \t]*:[ \t]*(.*)$"""
)
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,4})(?![\d]|\.\d)")
_FAILING = re.compile(r"(?<![\d.\w])([45])\.(\d{1,2})\.(\d{1,3})(?!\d|\.\d)")
# RFC 3461, section 4.2: what some leave as it came in ORCPT.
_XTEXT = re.compile(r"\+(2B|3D)")
_WITHOUT_WORDS = re.compile(r"(?i)^\s*(?:smtp|x-\w+|rfc822|dns)?\s*;?\s*$")
MAX_RECIPIENTS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The fields about one recipient; `action` in small letters, `status` as RFC 3463 writes it.

    `other` is the address that the letter was first written to, where it was passed on.
    """

    address: str
    other: str
    local: str
    action: str
    status: str
    diagnostic: str
    remote: str


def read_status(text: str) -> list[Group]:
    """Read the groups about recipients; text that has none gives none."""
    groups: list[Group] = []
    fields: dict[str, str] = {}
    last, gap = "", False
    for line in [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        if len(groups) >= MAX_RECIPIENTS:
            break
        known = _KNOWN.match(line)
        if known:
            last = known[1].lower()
            if _begins_anew(last, fields, after_gap=gap):
                _close(fields, groups)
                fields = {}
            gap = False
            fields[last] = fields.get(last, "") or known[2].strip()
        elif not line.strip():
            gap, last = True, ""
        elif last:
            fields[last] = f"{fields[last]} {line.strip()}"[:4000]
    _close(fields, groups)
    return groups


def _begins_anew(name: str, fields: dict[str, str], *, after_gap: bool) -> bool:
    """Whether a field belongs to the next recipient.

    A blank line should end a group (RFC 3464, section 2.1), but some put one after each field, and
    others put none anywhere.
    """
    told = "action" in fields and bool({"final-recipient", "original-recipient"} & fields.keys())
    if name == "original-recipient":
        return told
    if name == "final-recipient" and after_gap and told:
        return True
    if name in {"final-recipient", "action"}:
        return name in fields
    return after_gap and name in fields and name in {"status", "diagnostic-code"}


def _close(fields: dict[str, str], groups: list[Group]) -> None:
    """Make a group of the fields gathered, if they are about a recipient."""
    named = [
        fields.get(name, "")
        for name in ("final-recipient", "original-recipient", "x-actual-recipient")
    ]
    if not any(named) and not ({"action", "diagnostic-code"} & fields.keys()):
        return
    addresses = [found for name in named[:2] if (found := clean_address(name))]
    if len(addresses) == 1 and not clean_address(named[0]):
        addresses = [_XTEXT.sub(lambda code: chr(int(code[1], 16)), addresses[0])]
    address = addresses[0] if addresses else clean_address(named[2])
    local = next((found for name in named if (found := local_of(name))), "")
    status = _STATUS.search(fields.get("status", ""))
    diagnostic = fields.get("diagnostic-code", "")
    if _WITHOUT_WORDS.match(diagnostic):
        diagnostic = ""
    action = re.match(r"[\s\"']*([A-Za-z]*)", fields.get("action", ""))
    groups.append(
        Group(
            address=address,
            other=next((one for one in addresses if one.lower() != address.lower()), ""),
            local=local,
            action=(action[1] if action else "").lower(),
            status=status[0] if status else "",
            diagnostic=diagnostic or _extra(fields),
            remote=fields.get("remote-mta", ""),
        )
    )


def _extra(fields: dict[str, str]) -> str:
    """Some gateways put the reason into fields of their own."""
    names = (
        "x-supplementary-info",
        "x-notes",
        "x-display-name",
        "x-postfix-diagnostic",
        "x-reason",
    )
    words = [fields[name] for name in names if fields.get(name)]
    comment = re.search(r"\(([^()]{4,300})\)", fields.get("status", ""))
    return " ".join([*words, *([comment[1]] if comment else [])])


def find_status(text: str) -> str:
    """Give the first enhanced code of class 4 or 5 (RFC 3463) in words, empty if there is none."""
    found = _FAILING.search(text)
    return found[0] if found else ""
