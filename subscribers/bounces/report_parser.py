"""Parse an incoming message into a `Report`.

Machine-readable parts are asked first, then headers, then free text, then the library flufl.bounce,
then the returned email. Parsing trusts nothing and changes nothing: delivery_lookup.py verifies the
token, suppression_policy.py acts.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection
from dataclasses import replace
from email import message_from_bytes
from email.utils import getaddresses

from flufl.bounce import all_failures

from subscribers.bounces.classification import classify
from subscribers.bounces.delivery_lookup import find_token, find_unsubscribe_token
from subscribers.bounces.delivery_status import (
    FAILED_ACTIONS,
    NOTICE_ACTIONS,
    RecipientFields,
    has_only_temporary_codes,
    is_notice,
    parse_delivery_status,
)
from subscribers.bounces.message_kind import (
    declares_delivery_status,
    has_answer_subject,
    has_auto_reply_text,
    is_about_our_email,
    is_auto_reply,
    is_auto_reply_for_person,
    is_challenge,
    is_feedback_report,
    is_from_mail_system,
    is_rejecting_receipt,
    is_unsubscribe_request,
    reports_delay,
    reports_delivery,
    returns_our_email,
)
from subscribers.bounces.message_parts import MAX_BYTES, MessageParts, split_message
from subscribers.bounces.provider_reports import (
    asks_to_unsubscribe,
    parse_feedback_report,
    parse_ses_notification,
)
from subscribers.bounces.recipient_addresses import (
    CONFIDENT_SCORE,
    Mention,
    find_recipients,
    parse_address_field,
    trim_address,
)
from subscribers.bounces.report import (
    MOST_SEVERE_FIRST,
    NOTICE_REASONS,
    MessageKind,
    Reason,
    RecipientResult,
    Report,
    classification_of,
    complaint_of,
)

log = logging.getLogger(__name__)

MAX_DIAGNOSTIC_CHARS = 500
MAX_FLUFL_BYTES = 60_000  # some of its expressions take long on long input
_RECIPIENT_FIELD = re.compile(r"(?im)^[ \t>]*(?:final|original)-recipient[ \t]*:")
_SENDER_HEADERS = (
    "from",
    "sender",
    "return-path",
    "reply-to",
    "errors-to",
    "x-sender",
    "resent-from",
)


def parse_report(message: bytes, *, recipient: str = "") -> Report:
    """Return what an incoming message says. Never raises: what cannot be parsed is UNREADABLE.

    `recipient` is the envelope recipient, where the mail server passes it on; its token counts
    first.
    """
    try:
        parts = split_message(message)
        raw = message[:MAX_BYTES]
        kind, results = _parse(parts, raw)
        return Report(
            kind=kind,
            results=results,
            token=find_token(parts, raw, recipient=recipient),
            unsubscribe_token=find_unsubscribe_token(parts),
            is_unsubscribe=kind == MessageKind.COMPLAINT and asks_to_unsubscribe(parts),
            message_id=parts.header("message-id")[:255],
            may_be_reply=may_be_written_by_person(parts),
            is_answer=has_answer_subject(parts),
        )
    except Exception:
        log.warning("could not parse an incoming message", exc_info=True)
        return Report(kind=MessageKind.UNREADABLE)


def may_be_written_by_person(parts: MessageParts) -> bool:
    """Whether neither headers nor a returned email of ours tell that a mail system wrote this.

    A person may forward a bounce with all that it returned.
    """
    return not (
        is_from_mail_system(parts)
        or is_auto_reply(parts)
        or declares_delivery_status(parts)
        or is_feedback_report(parts)
        or (returns_our_email(parts) and not has_answer_subject(parts))
        or parts.header("return-path") == "<>"
        or parts.header("x-failed-recipients")
    )


def _parse(parts: MessageParts, raw: bytes) -> tuple[MessageKind, tuple[RecipientResult, ...]]:
    if is_unsubscribe_request(parts):
        return MessageKind.COMPLAINT, _complaints_of(parts.original_recipients())
    provider_report = parse_feedback_report(parts) or parse_ses_notification(parts)
    if provider_report is not None:
        return provider_report
    if parts.is_receipt and not parts.delivery_statuses and not is_rejecting_receipt(parts):
        return MessageKind.AUTO_REPLY, ()
    recipients = _delivery_status_recipients(parts)
    if recipients:
        return _from_delivery_status(parts, recipients)
    if not (declares_delivery_status(parts) or is_about_our_email(parts)):
        return _kind_without_report(parts), ()
    if is_auto_reply_for_person(parts):
        return MessageKind.AUTO_REPLY, ()
    return _from_free_text(parts, raw)


def _complaints_of(addresses: list[str]) -> tuple[RecipientResult, ...]:
    return tuple(complaint_of(address) for address in addresses)


def _delivery_status_recipients(parts: MessageParts) -> list[RecipientFields]:
    """Return the machine-readable fields: from their own part, the text, or a forwarded report."""
    texts = [*parts.delivery_statuses]
    if not texts and _RECIPIENT_FIELD.search(parts.text):
        texts = [parts.text]
    recipients = [one for text in texts for one in parse_delivery_status(text)]
    may_be_forwarded = not recipients and (
        declares_delivery_status(parts) or is_about_our_email(parts)
    )
    if may_be_forwarded and _RECIPIENT_FIELD.search(parts.original):
        recipients = parse_delivery_status(parts.original)
    return recipients


def _kind_without_report(parts: MessageParts) -> MessageKind:
    """Return what a message is that reports no failure: a reply, an auto-reply or unreadable."""
    if is_auto_reply(parts) or parts.header("return-path") == "<>":
        return MessageKind.AUTO_REPLY
    if parts.header("precedence").lower() in {"bulk", "junk", "list"} or parts.headers.get(
        "list-id"
    ):
        return MessageKind.AUTO_REPLY
    if not (parts.headers.get("from") or parts.text.strip()):
        return MessageKind.UNREADABLE
    if is_challenge(parts):
        return MessageKind.AUTO_REPLY
    if (
        has_auto_reply_text(parts)
        and len(parts.text) < 4000
        and not parts.headers.get("in-reply-to")
    ):
        return MessageKind.AUTO_REPLY
    return MessageKind.REPLY


def _from_delivery_status(
    parts: MessageParts, recipients: list[RecipientFields]
) -> tuple[MessageKind, tuple[RecipientResult, ...]]:
    original_recipients = parts.original_recipients()
    alone = len(recipients) == 1
    named = [fields.address for fields in recipients if fields.address]
    results = []
    for fields in recipients:
        address = fields.address or _complete_address(fields.local_part, original_recipients, parts)
        if not address and (fields.action or fields.status or fields.diagnostic):
            mentions = _mentions(parts, original_recipients)
            address = mentions[0].address if mentions else ""
        # If the email was forwarded, we report both addresses: we cannot know which one is ours.
        results += [
            _result_from_fields(fields, name, parts, alone=alone, others=named)
            for name in (address, fields.forwarded_from)
            if name
        ]
    if not results:  # the token may still tell whose email it was
        results = [_result_from_fields(fields, "", parts, alone=alone) for fields in recipients]
    if is_notice(recipients) or (has_only_temporary_codes(recipients) and reports_delay(parts)):
        return MessageKind.NOTICE, _one_per_address(
            [replace(result, classification=None) for result in results]
        )
    failed = [result for result in results if result.reason not in NOTICE_REASONS]
    return MessageKind.BOUNCE, _one_per_address(failed or results)


def _complete_address(local_part: str, addresses: list[str], parts: MessageParts) -> str:
    """Return the full address of a recipient who is named by mailbox only; empty if unknown."""
    for address in addresses:
        if local_part and address.split("@")[0].lower() == local_part.lower():
            return address
    if failed := parse_address_field(parts.header("x-failed-recipients")):
        return failed
    return addresses[0] if len(addresses) == 1 else ""


def _mentions(parts: MessageParts, original_recipients: list[str]) -> list[Mention]:
    return find_recipients(
        parts.text,
        original_recipients=original_recipients,
        sender_addresses=_sender_addresses(parts),
    )


def _result_from_fields(
    fields: RecipientFields,
    address: str,
    parts: MessageParts,
    *,
    alone: bool,
    others: Collection[str] = (),
) -> RecipientResult:
    if fields.action in NOTICE_ACTIONS:
        reason = Reason.DELAYED if fields.action.startswith("delay") else Reason.DELIVERED
        return _result(address, reason, status=fields.status, diagnostic=fields.diagnostic)
    if fields.action not in FAILED_ACTIONS and fields.status.startswith("2"):
        return _result(address, Reason.DELIVERED, status=fields.status)
    beside = _words_beside(address, parts, others=others)
    context = _text_about(beside, parts, alone=alone)
    # Without a field for the server's words, those beside the address are what it said.
    diagnostic = fields.diagnostic or beside
    found = classify(diagnostic, status=fields.status, context=context, recipient=address)
    is_specific = fields.status and not fields.status.endswith(".0.0")
    return _result(
        address,
        found.reason,
        temporary=found.temporary,
        status=fields.status if is_specific else found.status,
        diagnostic=fields.diagnostic or context,
    )


def _text_about(beside: str, parts: MessageParts, *, alone: bool) -> str:
    """Return what the text says beside an address; all of the text if there is only one address."""
    return "\n".join(filter(None, [beside, parts.text if alone or not beside else ""]))


def _words_beside(address: str, parts: MessageParts, *, others: Collection[str] = ()) -> str:
    """Return what stands beside an address in the text; empty if it is not named.

    `others` failed as well: what stands beside them is not about this one.
    """
    return "\n".join(
        mention.reason
        for mention in _mentions(parts, [address, *others])
        if mention.address.lower() == address.lower()
    )


def _from_free_text(
    parts: MessageParts, raw: bytes
) -> tuple[MessageKind, tuple[RecipientResult, ...]]:
    addresses = _addresses_in_free_text(parts, raw)
    notice = _notice_reason(parts)
    if notice is not None:
        return MessageKind.NOTICE, _one_per_address(
            [_result(address, notice, diagnostic=text) for address, text in addresses]
        )
    results = []
    for address, text in addresses:
        context = parts.text if len(addresses) == 1 or not text else ""
        found = classify(text, context=context, recipient=address)
        if found.reason == Reason.UNCLEAR and len(addresses) > 1:
            found = classify(_lines_with(address, parts.text))
        if found.reason == Reason.UNCLEAR and len(addresses) > 1:
            found = classify("", context=parts.text)
        results.append(
            _result(
                address,
                found.reason,
                temporary=found.temporary,
                status=found.status,
                diagnostic=text or parts.text,
            )
        )
    return MessageKind.BOUNCE, _one_per_address(results)


def _lines_with(address: str, text: str) -> str:
    """Return the lines that name an address: a transcript says there what became of it."""
    return "\n".join(line for line in text.split("\n") if address.lower() in line.lower())


def _addresses_in_free_text(parts: MessageParts, raw: bytes) -> list[tuple[str, str]]:
    """Return the addresses that failed, each with the text about it."""
    original_recipients = parts.original_recipients()
    mentions = _mentions(parts, original_recipients)
    failed = [pair[1] for pair in getaddresses([parts.header("x-failed-recipients")]) if pair[1]]
    found = [
        (
            address,
            _text_about(
                _words_beside(address, parts, others=failed), parts, alone=len(failed) == 1
            ),
        )
        for address in failed
    ] or [(mention.address, mention.reason) for mention in mentions]
    best = max((mention.score for mention in mentions), default=None)
    if found and (best is None or best >= CONFIDENT_SCORE):
        return found
    senders = {address.lower() for address in _sender_addresses(parts)}
    others = [address for address in _flufl_addresses(raw) if address.lower() not in senders]
    return [(address, "") for address in others or original_recipients] or found


def _notice_reason(parts: MessageParts) -> Reason | None:
    if reports_delay(parts):
        return Reason.DELAYED
    return Reason.DELIVERED if reports_delivery(parts) else None


def _result(
    address: str,
    reason: Reason,
    *,
    temporary: bool = True,
    status: str = "",
    diagnostic: str = "",
) -> RecipientResult:
    return RecipientResult(
        address=address,
        classification=None
        if reason in NOTICE_REASONS
        else classification_of(reason, temporary=temporary),
        reason=reason,
        status=status,
        diagnostic=" ".join(diagnostic.split())[:MAX_DIAGNOSTIC_CHARS],
    )


def _one_per_address(results: list[RecipientResult]) -> tuple[RecipientResult, ...]:
    """Return one result for each address, the most severe."""
    order = [*MOST_SEVERE_FIRST, None]
    best: dict[str, RecipientResult] = {}
    for result in results:
        key = result.address.lower()
        if key not in best or order.index(result.classification) < order.index(
            best[key].classification
        ):
            best[key] = result
    return tuple(best.values())


def _flufl_addresses(raw: bytes) -> list[str]:
    """Return the failed addresses that flufl.bounce finds."""
    try:
        temporary, permanent = all_failures(message_from_bytes(raw[:MAX_FLUFL_BYTES]))
    except Exception:
        log.info("flufl.bounce could not parse a report", exc_info=True)
        return []
    names: list[bytes | str] = sorted({*temporary, *permanent})
    texts = [
        one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in names
    ]
    return [address for text in texts if (address := trim_address(text))]


def _sender_addresses(parts: MessageParts) -> set[str]:
    """Return the sender's own addresses: the report's recipient, the returned email's From."""
    fields = [parts.header(name) for name in ("to", "delivered-to", "from")]
    fields += [parts.original_header(name) for name in _SENDER_HEADERS]
    found = [pair[1] for pair in getaddresses([one for one in fields if one])]
    return set(found) - {""}
