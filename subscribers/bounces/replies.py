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
from email.utils import getaddresses, parseaddr
from enum import StrEnum

from django.conf import settings
from django.core.exceptions import ValidationError

from briefings.comment_submission import TooManyComments, submit_emailed_comment
from briefings.models import Briefing, Issue, IssueState
from newsroom.tokens import SIGNED_ID_CHARS, verify_id
from subscribers.bounces.author_proof import passes_dmarc, read_author
from subscribers.bounces.delivery_lookup import delivery_with_token
from subscribers.bounces.message_parts import MAX_BYTES, decoded_header, html_to_text, part_text
from subscribers.bounces.message_phrases import alternatives, phrases
from subscribers.models import Delivery, Dispatch, Subscriber, Suppression
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


# Dispatches whose Message-IDs are compared with what a reply refers to.
RECENT_DISPATCHES = 12
MAX_REPLY_CHARS = 200_000

_TOKEN = re.compile(rf"\+([0-9a-fA-F]{{{SIGNED_ID_CHARS}}})@")
_VIEW_TOKEN = re.compile(rf"/view/([0-9a-f]{{{SIGNED_ID_CHARS}}})")
_RECIPIENT_HEADERS = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
_REPLY_PREFIXES = re.compile(
    r"(?i)^(?:\s*(?:re|aw|sv|antw|odp|rv|tr|r|vs|fw|fwd|wg)\s*(?:\[\d+\])?\s*:)+\s*"
)

# "On Monday, 12 November, Ada wrote:", over up to four lines.
_INTRODUCTION = phrases(
    "quote_intro_verb",
    before=rf"^[ \t]*(?:{alternatives('quote_intro_start')})(?s:.{{3,300}}?)",
    after=r"(?s:.{0,160})[:：][ \t]*$",
)
# "Ada wrote:", which is a sentence of the reply itself unless quoted lines follow.
_SHORT_INTRODUCTION = phrases(
    "quote_intro_verb", before=r"^[^\n]{3,160}", after=r"[ ]?[:：][ \t]*$"
)
_SEPARATOR = phrases("quote_separator", before=r"^[ \t]*", after=r"[ \t]*$")
_QUOTED_FROM = phrases("quoted_from_header", before=r"^[ \t>*]*", after=r"[ *]*[:：]\*?[ \t]*\S")
_QUOTED_HEADER = phrases("quoted_header", before=r"^[ \t>*]*", after=r"[ *]*[:：]")
_SIGNATURE = re.compile(r"^(?:--|—|__)[ \t]*$")
_DEVICE_SIGNATURE = phrases("device_signature", before=r"^[ \t]*", after=r".{0,80}$")
# Where email programs start to quote the email that is replied to, in HTML.
_QUOTED_HTML = phrases(
    "quoted_html",
    before=r"""<(?:div|blockquote|span|section)\b[^>]{0,300}?(?:class|id|name)=["']?[^"'>]{0,80}?""",
)
_BLOCKQUOTE = re.compile(r"(?is)<blockquote\b[^>]{0,500}>.*?(?:</blockquote>|\Z)")
_BLANK_LINES = re.compile(r"\n{3,}")


def record_reply(raw: bytes, *, recipient: str, at: datetime) -> ReplyAction:
    """Make a comment of what a person replied; return what was done."""
    message = message_from_bytes(raw[: 5 * MAX_BYTES])
    author = _author(message)
    if not author:
        return ReplyAction.NO_AUTHOR
    issue = find_issue(message, raw, author=author, recipient=recipient)
    if issue is None:
        return ReplyAction.NO_ISSUE
    body = reply_text(message)
    if not body:
        return ReplyAction.NO_TEXT
    message_id = decoded_header(message, "message-id") or hashlib.sha256(raw).hexdigest()
    key = hashlib.sha256(message_id.encode("utf-8", "replace")).hexdigest()
    is_proved = _has_signed_recipient(message, recipient) or passes_dmarc(message, author=author)
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


def _author(message: Message) -> str:
    """Return the author's normalised address; empty when it is doubtful or one of our own."""
    try:
        address = read_author(message)
    except ValidationError:
        return ""
    ours = {
        parseaddr(one)[1].lower() for one in (settings.DEFAULT_FROM_EMAIL, settings.BOUNCE_ADDRESS)
    }
    return "" if address.lower() in ours else address


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


def _has_signed_recipient(message: Message, recipient: str) -> bool:
    return _by_token(_recipients(message, recipient)) is not None


def _by_token(addresses: list[str]) -> Issue | None:
    for token in _TOKEN.findall(" ".join(addresses)):
        issue_id = verify_id("reply", token.lower())
        if issue_id is not None:
            return Issue.objects.filter(pk=issue_id).first()
        if delivery := delivery_with_token(token.lower()):
            return delivery.dispatch.issue
    return None


def _by_reference(message: Message, *, author: str) -> Issue | None:
    """Compare the Message-IDs that it refers to with those its author was sent lately."""
    references = f"{decoded_header(message, 'in-reply-to')} {decoded_header(message, 'references')}"
    if f"@{settings.SITE_HOST}>" not in references:
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
    subject = _REPLY_PREFIXES.sub("", decoded_header(message, "subject"))
    published = briefing.issues.filter(state=IssueState.PUBLISHED)
    same = published.filter(dispatch__subject=subject).order_by("-published_at").first()
    return same or published.order_by("-published_at").first()


def reply_text(message: Message) -> str:
    """Return what the author of a reply added, as plain text; empty if that is nothing."""
    plain, markup = _bodies(message)
    return strip_quoted_text(plain) or strip_quoted_text(html_to_text(_without_quoted_html(markup)))


def _bodies(message: Message) -> tuple[str, str]:
    """Return the first plain text and the first HTML that are not attachments."""
    found = {"text/plain": "", "text/html": ""}
    for number, part in enumerate(message.walk()):
        if number > 100:
            break
        content_type = part.get_content_type()
        attached = part.get_content_disposition() == "attachment" or part.get_filename()
        if (
            content_type in found
            and not found[content_type]
            and not attached
            and not part.is_multipart()
        ):
            found[content_type] = part_text(part)[:MAX_REPLY_CHARS]
    return found["text/plain"], found["text/html"]


def _without_quoted_html(markup: str) -> str:
    quoted = _QUOTED_HTML.search(markup)
    if quoted:
        markup = markup[: quoted.start()]
    return _BLOCKQUOTE.sub("\n", markup)


def strip_quoted_text(text: str) -> str:
    """Return a plain text reply without the quoted email and without the signature."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    kept: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        if line.lstrip(" ").startswith((">", "|>")):
            number += 1
            continue
        introduction = _introduction_length(lines, number)
        if introduction:
            number += introduction
            if not _quoted_lines_follow(lines, number):
                break
            continue
        if _starts_quoted_email(lines, number) or (
            _SIGNATURE.match(line) and _is_last_block(lines, number)
        ):
            break
        kept.append(line)
        number += 1
    return _trim_end(kept)


def _introduction_length(lines: list[str], number: int) -> int:
    """Return how many lines "On Monday, Ada wrote:" takes up from this line; 0 if it is not one."""
    if not lines[number].strip():
        return 0
    for length in (1, 2, 3, 4):
        piece = lines[number : number + length]
        if any(not line.strip() for line in piece):
            return 0
        text = "\n".join(piece)
        dated = re.search(r"\d|@", text) and len(text) < 500 and _INTRODUCTION.match(text)
        short = length == 1 and _SHORT_INTRODUCTION.match(text)
        if dated or (short and _quoted_lines_follow(lines, number + 1)):
            return length
    return 0


def _quoted_lines_follow(lines: list[str], number: int) -> bool:
    """Whether the email is quoted line by line, so that answers may stand in between."""
    ahead = next((line for line in lines[number : number + 6] if line.strip()), "")
    return ahead.lstrip(" ").startswith(">")


def _starts_quoted_email(lines: list[str], number: int) -> bool:
    """Whether the email that is replied to starts here, with its headers, as Outlook copies it."""
    if _SEPARATOR.match(lines[number]):
        return True
    if not _QUOTED_FROM.match(lines[number]):
        return False
    return sum(bool(_QUOTED_HEADER.match(line)) for line in lines[number + 1 : number + 6]) >= 2


def _is_last_block(lines: list[str], number: int) -> bool:
    """Whether no quoted lines follow: then a signature ends the reply."""
    return not any(line.startswith(">") for line in lines[number + 1 :])


def _trim_end(lines: list[str]) -> str:
    while lines and (not lines[-1].strip() or _DEVICE_SIGNATURE.match(lines[-1])):
        lines.pop()
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
