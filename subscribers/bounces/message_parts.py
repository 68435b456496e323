"""Split an incoming message into the parts that matter, however broken its MIME structure is.

Reports come from forty years of mail systems. The parts are sorted by purpose: text for people,
machine-readable reports, and what is left of the returned email.
"""

from __future__ import annotations

import quopri
import re
from dataclasses import dataclass, field
from email import message_from_bytes, message_from_string
from email.message import Message
from email.utils import getaddresses

from newsroom.email_headers import decode_words
from newsroom.html_tree import Element, parse
from newsroom.text_encodings import decode_any

MAX_BYTES = 1_000_000
MAX_TEXT_CHARS = 60_000
MAX_PARTS = 200

# Embedded messages stay whole: we do not need their structure, and it is often broken.
_EMBEDDED = re.compile(rb"(?im)^(content-type:[ \t]*(?:\r?\n[ \t]+)?)message/")
_EMBEDDED_AS = rb"\1text/x-message-"
_DELIVERY_STATUS_TYPES = {
    "text/x-message-delivery-status",
    "text/x-message-global-delivery-status",
    "text/x-message-delivery",
}
_FEEDBACK_REPORT_TYPES = {"text/x-message-feedback-report"}
_RECEIPT_TYPES = {
    "text/x-message-disposition-notification",
    "text/x-message-global-disposition-notification",
}
_ORIGINAL_TYPES = {
    "text/x-message-rfc822",
    "text/x-message-global",
    "text/x-message-partial",
    "text/x-message-rfc822-headers",
    "text/x-message-global-headers",
    "text/rfc822-headers",
    "text/rfc822-header",
    "text/rfc822",
}
# Where mail systems that do not use MIME start to quote the returned email.
_ORIGINAL_STARTS = re.compile(
    r"""(?imx)^(?:
      [>|\ \t]*(?:received|return-path|x-original-to|delivered-to|envelope-to):[ \t]\S[^\n]*\n
        (?=(?:[>| \t]|[\w-]+:))
    | [-=*_#\ \t]{2,}[^\n]{0,30}(?:original|returned|undelivered|rejected|unsent|failed|bounced)
        [ ](?:message|e-?mail|mail)\b(?![ ]was|[ ]id)[^\n]*\n
    | [-=*_#\ \t]*(?:[^\n]{0,40}below[ ]this[ ]line|this[ ]is[ ]a[ ]copy[ ]of|
        [^\n]{0,20}copy[ ]of[ ](?:the|your)[ ](?:original[ ])?message|
        (?:the[ ])?(?:(?:original|returned|your)[ ])?message[ ](?:text[ ]|headers?[ ])?follows|
        the[ ]header[ ]of[ ]the[ ]original|(?:the[ ])?(?:original|returned)[ ]message[ ]headers?|
        headers[ ]of[ ]the[ ](?:original|returned)|the[ ]first[ ]\d+[ ](?:lines|bytes)[ ]of|
        (?:unsent|unmodified|undeliver\w+)[ ]message|start[ ]of[ ](?:the[ ])?(?:original|returned)|
        begin[ ](?:original|returned|message)|message[ ]header[s]?:|
        returned[ ]message[ ]follows|\*+[ ]*original[ ]message|original[ ]message:?[ ]*$|
        (?:ursprüngliche[ ]nachricht|元のメッセージ|送信されたメール))[^\n]*\n
    )"""
)
# An equals sign as quoted-printable writes it, and any other.
_QUOTED_EQUALS = re.compile(r"=(?:[0-9A-F]{2}|\n)")
# HTML elements that stand on lines of their own, and those whose content is not shown.
_ON_OWN_LINES = {
    *("br", "hr", "p", "div", "tr", "li", "table", "pre", "h1", "h2", "h3", "h4", "h5", "h6")
}
_NOT_SHOWN = {"style", "script", "title"}
_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]*)[ \t]*:[ \t]*(.*)$")


@dataclass(slots=True)
class MessageParts:
    """The parts of an incoming message, by purpose.

    `text` is what was written for people. `original` is what is left of the returned email.
    """

    headers: Message
    text: str = ""
    delivery_statuses: list[str] = field(default_factory=list)
    feedback_report: str = ""
    is_receipt: bool = False
    original: str = ""
    original_headers: Message = field(default_factory=Message)

    def header(self, name: str) -> str:
        """Return one header of the message, decoded, on one line; empty if it is missing."""
        return decoded_header(self.headers, name)

    def original_header(self, name: str) -> str:
        """Return one header of the returned email, decoded, on one line; empty if it is missing."""
        return decoded_header(self.original_headers, name)

    def original_recipients(self) -> list[str]:
        """Return the addresses that the returned email was sent to, as far as its headers say."""
        names = ("x-envelope-to", "envelope-to", "x-rcpt-to", "to", "apparently-to", "cc", "bcc")
        fields = [self.original_header(name) for name in names]
        found = [pair[1] for pair in getaddresses([one for one in fields if one])]
        return list(dict.fromkeys(address for address in found if "@" in address))


def split_message(raw: bytes) -> MessageParts:
    """Return the parts of a message. What is not recognised counts as text."""
    raw = raw[:MAX_BYTES].lstrip(b"\r\n \t\xef\xbb\xbf")
    if raw.startswith((b">From ", b"From ")):
        raw = raw[raw.find(b"\n") + 1 :]
    message = message_from_bytes(_EMBEDDED.sub(_EMBEDDED_AS, raw))
    parts = MessageParts(headers=message)
    plain: list[str] = []
    html_parts: list[str] = []
    for number, part in enumerate(message.walk()):
        if number > MAX_PARTS:
            break
        if not part.is_multipart():
            _sort_part(part, parts, plain=plain, html_parts=html_parts)
    text = "\n".join(plain)
    if len(text.strip()) < 40 and html_parts:
        text = "\n".join([*plain, *map(html_to_text, html_parts)])
    _split_off_original(text.replace("\r\n", "\n").replace("\r", "\n")[:MAX_TEXT_CHARS], parts)
    parts.original_headers = message_from_string(_header_lines(parts.original))
    return parts


def _sort_part(
    part: Message, parts: MessageParts, *, plain: list[str], html_parts: list[str]
) -> None:
    content_type = part.get_content_type()
    if content_type in _DELIVERY_STATUS_TYPES:
        parts.delivery_statuses.append(part_text(part))
    elif content_type in _FEEDBACK_REPORT_TYPES:
        parts.feedback_report = parts.feedback_report or part_text(part)
    elif content_type in _RECEIPT_TYPES:
        parts.is_receipt = True
    elif content_type in _ORIGINAL_TYPES:
        parts.original = parts.original or part_text(part).lstrip()
    elif content_type == "text/html":
        html_parts.append(part_text(part))
    elif (content_type.startswith("text/") or part.get_content_maintype() == "multipart") and (
        not parts.original
    ):
        plain.append(part_text(part))


def _split_off_original(text: str, parts: MessageParts) -> None:
    """Set `text` without the quoted email, and `original` if no part of its own held it."""
    start = _ORIGINAL_STARTS.search(text)
    if start is None:
        parts.text = _unquote_printable(text)
        return
    parts.text = _unquote_printable(text[: start.start()])
    if not parts.original:
        parts.original = text[start.start() :]
    if not parts.text.strip():  # the report itself starts with what looks like headers
        parts.text = _unquote_printable(text)


def _unquote_printable(text: str) -> str:
    """Return text that is quoted-printable without saying so, decoded; other text as it is.

    In quoted-printable, every equals sign starts an escape or ends its line.
    """
    escapes = len(_QUOTED_EQUALS.findall(text))
    if not escapes or escapes != text.count("="):
        return text
    try:
        return quopri.decodestring(text.encode()).decode()
    except UnicodeDecodeError:
        return text


def _header_lines(original: str) -> str:
    """Return the header lines at the start of a returned email."""
    lines = original.replace("\r\n", "\n").split("\n")
    start = next((n for n, line in enumerate(lines[:40]) if _is_header_line(line)), None)
    if start is None:
        return ""
    kept: list[str] = []
    for line in lines[start : start + 400]:
        unquoted = line.removeprefix("> ").removeprefix(">")
        if not unquoted.strip():
            break
        if _FIELD.match(unquoted) or (kept and unquoted[:1] in {" ", "\t"}):
            kept.append(unquoted)
    return "\n".join(kept) + "\n\n"


def _is_header_line(line: str) -> bool:
    unquoted = line.removeprefix("> ").removeprefix(">")
    return bool(_FIELD.match(unquoted)) and "://" not in unquoted[:8]


def part_text(part: Message) -> str:
    """Return a part as text, even where its charset or encoding is wrong."""
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        payload = None
    if not isinstance(payload, bytes):
        raw = part.get_payload()
        return raw if isinstance(raw, str) else ""
    return decode_any(payload, declared=str(part.get_param("charset", "") or ""))


def decoded_header(message: Message, name: str) -> str:
    """Return one header, decoded, on one line; empty if it is missing."""
    values = (value for key, value in message.raw_items() if key.lower() == name.lower())
    return decode_words(str(next(values, "")))


def html_to_text(markup: str) -> str:
    """Return the text of some HTML, each element apart: for parsing, never for display."""
    return tree_to_text(parse(markup[: 4 * MAX_TEXT_CHARS], repair=True))


def tree_to_text(root: Element) -> str:
    """Return the text of an HTML tree, each element apart."""
    return _text_of_html(root).replace("\xa0", " ")


def _text_of_html(node: Element | str) -> str:
    if isinstance(node, str):
        return node
    if node.tag in _NOT_SHOWN:
        return ""
    inner = "".join(map(_text_of_html, node.children))
    separator = "\n" if node.tag in _ON_OWN_LINES else " "
    return f"{separator}{inner}{separator}" if node.tag else inner
