"""Turn what readers reply by email into comments on the issue, for moderation.

Only an author who is not proved gets an email, to confirm the comment. Otherwise nothing is sent
back: a machine that answers machines makes loops (RFC 3834, section 2).
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses
from enum import StrEnum

from django.core.exceptions import ValidationError

from briefings.comment_submission import TooManyComments, submit_emailed_comment
from briefings.models import Briefing, Issue, IssueState
from newsroom.email_addresses import address_key
from newsroom.site_address import site_host
from newsroom.tokens import SIGNED_ID_CHARS, verify_id
from subscribers.bounces.author_proof import passes_dmarc, read_author
from subscribers.bounces.clipping_mail import find_tray, record_clippings
from subscribers.bounces.delivery_lookup import delivery_with_token
from subscribers.bounces.message_kind import ANSWER_PREFIXES
from subscribers.bounces.message_parts import MAX_BYTES, decoded_header
from subscribers.bounces.own_names import own_addresses
from subscribers.bounces.reply_text import reply_text
from subscribers.models import Delivery, Dispatch, Subscriber, Suppression
from subscribers.sending.issue_addresses import REPLY_PURPOSE
from subscribers.sending.personalised_email import PreparedEmail


class ReplyAction(StrEnum):
    """What we did with a reply."""

    COMMENT = "comment"
    UNCONFIRMED = "comment, once its author has confirmed it"
    SUPPRESSED = "suppressed address"
    ALREADY_RECORDED = "already recorded"
    NO_AUTHOR = "no author address"
    NO_ISSUE = "no matching issue"
    NO_TEXT = "no text"
    RATE_LIMITED = "too many replies"
    CLIPPINGS = "links for the clippings tray"
    NO_CLIPPINGS = "no links, or not from proved staff, for the clippings tray"


# Dispatches whose Message-IDs are compared with what a reply refers to.
RECENT_DISPATCHES = 12

_TOKEN = re.compile(rf"\+([0-9a-fA-F]{{{SIGNED_ID_CHARS}}})@")
_VIEW_TOKEN = re.compile(rf"/view/([0-9a-f]{{{SIGNED_ID_CHARS}}})")
_RECIPIENT_HEADERS = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to")


def record_reply(raw: bytes, *, recipient: str, at: datetime) -> ReplyAction:
    """Make a comment of what a person replied; return what was done."""
    message = message_from_bytes(raw[: 5 * MAX_BYTES])
    author = _author(message)
    if not author:
        return ReplyAction.NO_AUTHOR
    tray = find_tray(_TOKEN.findall(" ".join(_recipients(message, recipient))))
    if tray is not None:
        kept = record_clippings(message, tray, author=author, subject=_subject(message), at=at)
        return ReplyAction.CLIPPINGS if kept else ReplyAction.NO_CLIPPINGS
    issue = find_issue(message, raw, author=author, recipient=recipient)
    if issue is None:
        return ReplyAction.NO_ISSUE
    body = reply_text(message)
    if not body:
        return ReplyAction.NO_TEXT
    message_id = decoded_header(message, "message-id") or hashlib.sha256(raw).hexdigest()
    key = hashlib.sha256(message_id.encode("utf-8", "replace")).hexdigest()
    is_proved = _is_from_its_reader(message, recipient, author=author) or passes_dmarc(
        message, author=author
    )
    if not is_proved and Suppression.objects.at_address(author).exists():
        return ReplyAction.SUPPRESSED
    try:
        is_new = submit_emailed_comment(
            body, email=author, issue=issue, key=key, at=at, is_proved=is_proved
        )
    except TooManyComments:
        return ReplyAction.RATE_LIMITED
    if not is_new:
        return ReplyAction.ALREADY_RECORDED
    return ReplyAction.COMMENT if is_proved else ReplyAction.UNCONFIRMED


def is_to_reply_address(raw: bytes, *, recipient: str) -> bool:
    """Whether a message was sent to an address that only replies to an issue have."""
    tokens = _TOKEN.findall(" ".join(_recipients(message_from_bytes(raw[:MAX_BYTES]), recipient)))
    purposes = (REPLY_PURPOSE, "reply")
    return any(
        verify_id(purpose, one.lower()) is not None for one in tokens for purpose in purposes
    )


def returned_delivery(raw: bytes, *, recipient: str) -> Delivery | None:
    """Return the delivery to whose return address a message was sent."""
    addresses = _recipients(message_from_bytes(raw[:MAX_BYTES]), recipient)
    return _delivery_by_token(addresses, purposes=("bounce",))


def replied_delivery(raw: bytes, *, recipient: str) -> Delivery | None:
    """Return the delivery to whose address for replies a message was sent that returns its email.

    The email's Message-ID, which who is forwarded its text does not have, has to be in it.
    """
    addresses = _recipients(message_from_bytes(raw[:MAX_BYTES]), recipient)
    delivery = _delivery_by_token(addresses, purposes=(REPLY_PURPOSE,))
    if delivery is None:
        return None
    message_id = PreparedEmail(delivery.dispatch).message_id(delivery.subscriber_id)
    return delivery if message_id.encode() in raw[:MAX_BYTES] else None


def _author(message: Message) -> str:
    """Return the author's normalised address; empty when it is doubtful or one of our own."""
    try:
        address = read_author(message)
    except ValidationError:
        return ""
    return "" if address.lower() in own_addresses() else address


def find_issue(message: Message, raw: bytes, *, author: str, recipient: str) -> Issue | None:
    """Return the published issue that a reply is about; None if it is about none of ours.

    The surest evidence comes first: the token in the address it was sent to, the email it refers
    to, the "View in browser" link in the quoted text, the briefing's address and the subject, the
    briefing's latest issue.
    """
    addresses = _recipients(message, recipient)
    issue = (
        _by_token(addresses)
        or _by_reference(message, author=author)
        or _by_view_link(raw)
        or _by_briefing(message, addresses)
    )
    return issue if issue is not None and issue.state == IssueState.PUBLISHED else None


def _recipients(message: Message, recipient: str) -> list[str]:
    fields = [decoded_header(message, name) for name in _RECIPIENT_HEADERS]
    return [recipient, *(pair[1] for pair in getaddresses([one for one in fields if one]))]


def _is_from_its_reader(message: Message, recipient: str, *, author: str) -> bool:
    """Whether the reply was sent to the address that was in this author's own email.

    Whoever was forwarded the email may know that address, too, but writes from another.
    """
    delivery = _delivery_by_token(_recipients(message, recipient))
    if delivery is None:
        return False
    reader = Subscriber.objects.filter(pk=delivery.subscriber_id).first()
    return reader is not None and address_key(reader.address) == address_key(author)


def _delivery_by_token(
    addresses: list[str], *, purposes: tuple[str, ...] = (REPLY_PURPOSE, "bounce")
) -> Delivery | None:
    for token in _TOKEN.findall(" ".join(addresses)):
        for purpose in purposes:
            if delivery := delivery_with_token(token.lower(), purpose=purpose):
                return delivery
    return None


def _by_token(addresses: list[str]) -> Issue | None:
    if delivery := _delivery_by_token(addresses):
        return delivery.dispatch.issue
    for token in _TOKEN.findall(" ".join(addresses)):  # emails from before each had its own
        issue_id = verify_id("reply", token.lower())
        if issue_id is not None:
            return Issue.objects.filter(pk=issue_id).first()
    return None


def _by_reference(message: Message, *, author: str) -> Issue | None:
    """Compare the Message-IDs that it refers to with those its author was sent lately."""
    references = f"{decoded_header(message, 'in-reply-to')} {decoded_header(message, 'references')}"
    if f"@{site_host()}>" not in references:
        return None
    subscriber = Subscriber.objects.at_address(author).first()
    if subscriber is None:
        return None
    recent = list(Dispatch.objects.order_by("-pk").values_list("pk", flat=True)[:RECENT_DISPATCHES])
    sent = Delivery.objects.filter(dispatch_id__in=recent, subscriber_id=subscriber.pk)
    for delivery in sent.select_related("dispatch__issue").order_by("-dispatch_id"):
        if PreparedEmail(delivery.dispatch).message_id(subscriber.pk) in references:
            return delivery.dispatch.issue
    return None


def _by_view_link(raw: bytes) -> Issue | None:
    text = raw.decode("latin-1").replace("=\r\n", "").replace("=\n", "")
    for token in _VIEW_TOKEN.findall(text)[:5]:
        delivery_id = verify_id("view", token)
        if delivery_id is None:
            continue
        delivery = Delivery.objects.filter(pk=delivery_id).select_related("dispatch__issue").first()
        if delivery is not None:
            return delivery.dispatch.issue
    return None


def _subject(message: Message) -> str:
    """Return the subject without “Re:” and “Fwd:”."""
    return ANSWER_PREFIXES.sub("", decoded_header(message, "subject")).strip()


def _by_briefing(message: Message, addresses: list[str]) -> Issue | None:
    lower = {address.lower() for address in addresses if address}
    briefing = next(
        (
            one
            for one in Briefing.objects.exclude(reply_address="")
            if one.reply_address.lower() in lower
        ),
        None,
    )
    if briefing is None:
        return None
    subject = _subject(message)
    published = briefing.issues.filter(state=IssueState.PUBLISHED)
    same = published.filter(dispatches__subject=subject).order_by("-published_at").first()
    return same or published.order_by("-published_at").first()
