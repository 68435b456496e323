"""What readers answer by mail becomes a comment on the issue that they answer, for the desk.

Nothing is ever written back: a machine that answers machines makes loops (RFC 3834, section 2).
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses, parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError

from briefings.comment_submission import TooManyComments, take_by_mail
from briefings.models import Briefing, Issue, IssueState
from newsroom.email_addresses import normalise_address
from newsroom.tokens import SIGNED_ID_CHARS, verify_id
from subscribers.bounces.delivery_lookup import trace_seal
from subscribers.bounces.message_parts import MAX_OCTETS, read_header
from subscribers.bounces.reply_text import own_words
from subscribers.models import Delivery, Dispatch, Subscriber
from subscribers.sending.personalised_email import PreparedEmail

_TAG = re.compile(rf"\+([0-9a-fA-F]{{{SIGNED_ID_CHARS}}})@")
_VIEW = re.compile(rf"/view/([0-9a-f]{{{SIGNED_ID_CHARS}}})")
_RECIPIENTS = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
_ANSWER = re.compile(
    r"(?i)^(?:\s*(?:re|aw|sv|antw|odp|rv|tr|r|vs|fw|fwd|wg)\s*(?:\[\d+\])?\s*:)+\s*"
)
# Letters whose Message-ID is compared with what an answer refers to.
LATEST_DISPATCHES = 12


def take_reply(raw: bytes, *, recipient: str, at: datetime) -> str:
    """Make a comment of what a person answered; give back a word on what was done."""
    message = message_from_bytes(raw[: 5 * MAX_OCTETS])
    author = _author(message)
    if not author:
        return "no author"
    issue = find_issue(message, raw, author=author, recipient=recipient)
    if issue is None:
        return "no issue of ours"
    body = own_words(message)
    if not body:
        return "no words"
    name = read_header(message, "message-id") or hashlib.sha256(raw).hexdigest()
    key = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
    try:
        is_new = take_by_mail(body, email=author, issue=issue, key=key, at=at)
    except TooManyComments:
        return "too many"
    return "comment" if is_new else "known already"


def _author(message: Message) -> str:
    """Give the writer's address in the form that comments keep; empty when it is no person's."""
    written = parseaddr(read_header(message, "from"))[1]
    try:
        address = normalise_address(written)
    except ValidationError:
        return ""
    ours = {
        parseaddr(one)[1].lower() for one in (settings.DEFAULT_FROM_EMAIL, settings.BOUNCE_ADDRESS)
    }
    return "" if address.lower() in ours else address


def find_issue(message: Message, raw: bytes, *, author: str, recipient: str) -> Issue | None:
    """Find the issue that a letter answers, by the surest sign first.

    The tag in the address that it went to, the letter it refers to, the reader's own link in the
    quoted text, the briefing's address with the subject, the briefing's latest issue.
    """
    fields = [read_header(message, name) for name in _RECIPIENTS]
    addresses = [recipient, *(pair[1] for pair in getaddresses([one for one in fields if one]))]
    issue = (
        _by_tag(addresses)
        or _by_reference(message, author=author)
        or _by_link(raw)
        or _by_briefing(message, addresses)
    )
    return issue if issue is not None and issue.state == IssueState.PUBLISHED else None


def _by_tag(addresses: list[str]) -> Issue | None:
    for tag in _TAG.findall(" ".join(addresses)):
        number = verify_id("reply", tag.lower())
        if number is not None:
            return Issue.objects.filter(pk=number).first()
        if delivery := trace_seal(tag.lower()):
            return delivery.dispatch.issue
    return None


def _by_reference(message: Message, *, author: str) -> Issue | None:
    """Compare what it refers to with the Message-IDs of the letters that its author got lately."""
    told = f"{read_header(message, 'in-reply-to')} {read_header(message, 'references')}"
    if f"@{settings.SITE_HOST}>" not in told:
        return None
    subscriber = Subscriber.objects.at_address(author).first()
    if subscriber is None:
        return None
    latest = list(Dispatch.objects.order_by("-pk").values_list("pk", flat=True)[:LATEST_DISPATCHES])
    sent = Delivery.objects.filter(dispatch_id__in=latest, subscriber_id=subscriber.pk)
    for delivery in sent.select_related("dispatch__issue").order_by("-dispatch_id"):
        if PreparedEmail(delivery.dispatch).message_id(subscriber.pk) in told:
            return delivery.dispatch.issue
    return None


def _by_link(raw: bytes) -> Issue | None:
    text = raw.decode("latin-1").replace("=\r\n", "").replace("=\n", "")
    for found in _VIEW.findall(text)[:5]:
        number = verify_id("view", found)
        if number is None:
            continue
        delivery = Delivery.objects.filter(pk=number).select_related("dispatch__issue").first()
        if delivery is not None:
            return delivery.dispatch.issue
    return None


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
    subject = _ANSWER.sub("", read_header(message, "subject"))
    published = briefing.issues.filter(state=IssueState.PUBLISHED)
    same = published.filter(dispatch__subject=subject).order_by("-published_at").first()
    return same or published.order_by("-published_at").first()
