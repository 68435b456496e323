"""From the bytes of a message that came back to a report in our words.

The machine's part is asked first, then the fields, then the words for people, then a library with
other people's experience (flufl.bounce), then the letter that came back. Reading believes nothing
and does nothing: see tracing.py and acting.py.
"""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from email import message_from_bytes
from email.utils import getaddresses

from flufl.bounce import all_failures

from subscribers.bounces.classification import judge
from subscribers.bounces.complaint_reports import read_complaint
from subscribers.bounces.delivery_status import Group, read_status
from subscribers.bounces.embedded_tokens import find_seal, find_unsubscribe
from subscribers.bounces.free_text import find_recipients
from subscribers.bounces.message_kind import (
    FAILED_ACTIONS,
    QUIET_ACTIONS,
    answers_for_person,
    is_automatic,
    is_challenge,
    is_delay,
    is_delivered,
    is_quiet,
    is_refusal,
    is_status_report,
    looks_returned,
    speaks_of_absence,
)
from subscribers.bounces.message_parts import MAX_OCTETS, Opened, open_message
from subscribers.bounces.report import Failure, Kind, Reason, Report, Verdict, verdict_of
from subscribers.bounces.report_addresses import clean_address, trim_address
from subscribers.bounces.ses_notifications import read_notification

log = logging.getLogger(__name__)

MAX_DIAGNOSTIC = 500
MAX_FOR_FLUFL = 60_000  # octets; some of its expressions take long over much
_HAS_FIELDS = re.compile(r"(?im)^[ \t>]*(?:final|original)-recipient[ \t]*:")
_SENDER_FIELDS = (
    "from",
    "sender",
    "return-path",
    "reply-to",
    "errors-to",
    "x-sender",
    "resent-from",
)


def read_report(message: bytes, *, recipient: str = "") -> Report:
    """Read any message that came back. Never raises: what cannot be read is UNREADABLE.

    `recipient` is the envelope's, where the mail server tells it; its token comes first.
    """
    try:
        opened = open_message(message)
        return _read(opened, message[:MAX_OCTETS], recipient=recipient)
    except Exception:
        log.warning("a message that came back could not be read", exc_info=True)
        return Report(kind=Kind.UNREADABLE)


def _read(opened: Opened, raw: bytes, *, recipient: str) -> Report:
    kind, failures = _recognise(opened, raw)
    return Report(
        kind=kind,
        failures=failures,
        token=find_seal(opened, raw, recipient=recipient),
        unsubscribe=find_unsubscribe(opened),
        message_id=opened.header("message-id")[:255],
        reporter=opened.header("from")[:255],
    )


def _recognise(opened: Opened, raw: bytes) -> tuple[Kind, tuple[Failure, ...]]:
    complaint = read_complaint(opened)
    if complaint is not None:
        complained, failures = complaint
        return (Kind.COMPLAINT if complained else Kind.NOTICE), failures
    notification = read_notification(opened)
    if notification is not None:
        return notification
    if opened.is_receipt and not opened.statuses and not is_refusal(opened):
        return Kind.AUTOMATIC, ()
    groups = _groups(opened)
    if groups:
        return _from_status(opened, groups)
    if not (is_status_report(opened) or looks_returned(opened)):
        return _without_report(opened), ()
    if answers_for_person(opened):
        return Kind.AUTOMATIC, ()
    return _from_words(opened, raw)


def _groups(opened: Opened) -> list[Group]:
    """Read the machine's part: where it should stand, in the words, or in a report passed on."""
    texts = [*opened.statuses]
    if not texts and _HAS_FIELDS.search(opened.prose):
        texts = [opened.prose]
    groups = [group for text in texts for group in read_status(text)]
    passed_on = not groups and (is_status_report(opened) or looks_returned(opened))
    if passed_on and _HAS_FIELDS.search(opened.original):
        groups = read_status(opened.original)
    return groups


def _without_report(opened: Opened) -> Kind:
    """Tell a person from a machine where nothing says that a letter came back."""
    if is_automatic(opened) or opened.header("return-path") == "<>":
        return Kind.AUTOMATIC
    if opened.header("precedence").lower() in {"bulk", "junk", "list"} or opened.head.get(
        "list-id"
    ):
        return Kind.AUTOMATIC
    if not (opened.head.get("from") or opened.prose.strip()):
        return Kind.UNREADABLE
    if is_challenge(opened):
        return Kind.AUTOMATIC
    if (
        speaks_of_absence(opened)
        and len(opened.prose) < 4000
        and not opened.head.get("in-reply-to")
    ):
        return Kind.AUTOMATIC
    return Kind.REPLY


def _from_status(opened: Opened, groups: list[Group]) -> tuple[Kind, tuple[Failure, ...]]:
    known = opened.original_recipients()
    quiet = is_quiet(groups) or (_says_no_action(groups) and is_delay(opened))
    failures = []
    for group in groups:
        address = group.address or _complete(group.local, known, opened)
        if not address and (group.action or group.status or group.diagnostic):
            address = next(iter(_from_prose(opened)), "")
        # Of a letter that was passed on, both names are told: which of them is ours is not known.
        failures += [
            _failure_of(group, name, opened, alone=len(groups) == 1)
            for name in (address, group.other)
            if name
        ]
    if not failures:  # the letter's own token may still tell who it was
        failures = [_failure_of(group, "", opened, alone=len(groups) == 1) for group in groups]
    if quiet:
        return Kind.NOTICE, _unique([replace(one, verdict=Verdict.NOTICE) for one in failures])
    failing = [one for one in failures if one.reason not in {Reason.DELAYED, Reason.DELIVERED}]
    return Kind.BOUNCE, _unique(failing or failures)


def _says_no_action(groups: list[Group]) -> bool:
    """Whether class 4 is all that is told: a letter that is late, or one that was given up."""
    return all(
        group.action not in {*FAILED_ACTIONS, *QUIET_ACTIONS} and group.status.startswith("4")
        for group in groups
    )


def _complete(local: str, known: list[str], opened: Opened) -> str:
    """Find the address of a recipient who is named by mailbox only."""
    for address in known:
        if local and address.split("@")[0].lower() == local.lower():
            return address
    if failed := clean_address(opened.header("x-failed-recipients")):
        return failed
    return known[0] if len(known) == 1 else ""


def _from_prose(opened: Opened) -> list[str]:
    found = find_recipients(opened.prose, known=opened.original_recipients(), ours=_ours(opened))
    return [mention.address for mention in found]


def _failure_of(group: Group, address: str, opened: Opened, *, alone: bool) -> Failure:
    if group.action in QUIET_ACTIONS:
        reason = Reason.DELAYED if group.action.startswith("delay") else Reason.DELIVERED
        return _failure(
            address, reason, temporary=True, status=group.status, words=group.diagnostic
        )
    if group.action not in FAILED_ACTIONS and group.status.startswith("2"):
        return _failure(address, Reason.DELIVERED, temporary=True, status=group.status, words="")
    context = _words_about(address, opened, alone=alone)
    judged = judge(group.diagnostic, status=group.status, context=context)
    return _failure(
        address,
        judged.reason,
        temporary=judged.temporary,
        status=group.status
        if group.status and not group.status.endswith(".0.0")
        else judged.status,
        words=group.diagnostic or context,
    )


def _words_about(address: str, opened: Opened, *, alone: bool) -> str:
    """What the words for people say of an address; all of them where it is the only one."""
    found = find_recipients(opened.prose, known=[address], ours=_ours(opened))
    about = [one.reason for one in found if one.address.lower() == address.lower()]
    return "\n".join([*about, *([opened.prose] if alone or not about else [])])


def _from_words(opened: Opened, raw: bytes) -> tuple[Kind, tuple[Failure, ...]]:
    known, ours = opened.original_recipients(), _ours(opened)
    mentions = find_recipients(opened.prose, known=known, ours=ours)
    failed = [pair[1] for pair in getaddresses([opened.header("x-failed-recipients")]) if pair[1]]
    pairs = [(address, _words_about(address, opened, alone=len(failed) == 1)) for address in failed]
    if not pairs:
        pairs = [(mention.address, mention.reason) for mention in mentions]
    if not pairs or max((one.weight for one in mentions), default=9) < 4:
        others = [one for one in _ask_flufl(raw) if one.lower() not in {o.lower() for o in ours}]
        pairs = [(address, "") for address in others or known] or pairs
    quiet = _quiet_reason(opened)
    failures = []
    for address, words in pairs:
        if quiet is not None:
            failures.append(_failure(address, quiet, temporary=True, status="", words=words))
            continue
        judged = judge(words, context=opened.prose if len(pairs) == 1 or not words else "")
        if judged.reason == Reason.UNCLEAR and len(pairs) > 1:
            judged = judge("", context=opened.prose)
        failures.append(
            _failure(
                address,
                judged.reason,
                temporary=judged.temporary,
                status=judged.status,
                words=words or opened.prose,
            )
        )
    return (Kind.BOUNCE if quiet is None else Kind.NOTICE), _unique(failures)


def _quiet_reason(opened: Opened) -> Reason | None:
    if is_delay(opened):
        return Reason.DELAYED
    return Reason.DELIVERED if is_delivered(opened) else None


def _failure(address: str, reason: Reason, *, temporary: bool, status: str, words: str) -> Failure:
    return Failure(
        address=address,
        verdict=verdict_of(reason, temporary=temporary),
        reason=reason,
        status=status,
        diagnostic=" ".join(words.split())[:MAX_DIAGNOSTIC],
    )


def _unique(failures: list[Failure]) -> tuple[Failure, ...]:
    """Keep one failure for each address, the gravest."""
    order = ["hard", "full", "policy", "soft", "complaint", "notice"]
    best: dict[str, Failure] = {}
    for one in failures:
        key = one.address.lower()
        if key not in best or order.index(one.verdict) < order.index(best[key].verdict):
            best[key] = one
    return tuple(best.values())


def _ask_flufl(raw: bytes) -> list[str]:
    try:
        temporary, permanent = all_failures(message_from_bytes(raw[:MAX_FOR_FLUFL]))
    except Exception:
        log.info("flufl.bounce could not read a report", exc_info=True)
        return []
    names: list[bytes | str] = sorted({*temporary, *permanent})
    words = [
        one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in names
    ]
    return [address for word in words if (address := trim_address(word))]


def _ours(opened: Opened) -> set[str]:
    """Addresses that are the sender's: the report's own recipient, the letter's From."""
    fields = [opened.header(name) for name in ("to", "delivered-to", "from")]
    fields += [opened.original_header(name) for name in _SENDER_FIELDS]
    found = [pair[1] for pair in getaddresses([one for one in fields if one])]
    return set(found) - {""}
