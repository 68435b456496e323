"""A message taken apart for reading, whatever state its MIME structure is in.

Reports come from forty years of mail systems. Here the parts are sorted by what they are for: what
was written for people, what for machines, and what is left of the letter that came back.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from email import message_from_bytes, message_from_string
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses

from newsroom.text_encodings import decode_first

MAX_OCTETS = 1_000_000
MAX_PROSE_CHARS = 60_000
MAX_PARTS = 200

# Embedded messages are kept as leaves: their own structure is of no interest, and often broken.
_EMBEDDED = re.compile(rb"(?im)^(content-type:[ \t]*(?:\r?\n[ \t]+)?)message/")
_EMBEDDED_AS = rb"\1text/x-message-"
_STATUS_TYPES = {
    "text/x-message-delivery-status",
    "text/x-message-global-delivery-status",
    "text/x-message-delivery",
}
_FEEDBACK_TYPES = {"text/x-message-feedback-report"}
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
# Where mail systems that know no MIME begin to quote the letter.
_ORIGINAL_BEGINS = re.compile(
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
_BREAKING_TAGS = re.compile(r"(?i)<(?:br|/?p|/?div|/?tr|/?li|/?h\d|/?table|/?pre|hr)\b[^>]{0,500}>")
_HIDDEN = (("<style", "</style"), ("<script", "</script"), ("<title", "</title"), ("<!--", "-->"))
_TAG = re.compile(r"<[A-Za-z/!][^<>]{0,2000}>")
_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]*)[ \t]*:[ \t]*(.*)$")


@dataclass(slots=True)
class Opened:
    """The parts of a message by what they are for."""

    head: Message
    prose: str = ""
    statuses: list[str] = field(default_factory=list)
    feedback: str = ""
    is_receipt: bool = False
    original: str = ""
    original_head: Message = field(default_factory=Message)
    has_attachment_only: bool = False

    def header(self, name: str) -> str:
        """One of the report's own fields, decoded, on one line; empty when it has none."""
        return read_header(self.head, name)

    def original_header(self, name: str) -> str:
        """One of the returned letter's fields."""
        return read_header(self.original_head, name)

    def original_recipients(self) -> list[str]:
        """Whom the returned letter was written to, as far as it says."""
        names = ("x-envelope-to", "envelope-to", "x-rcpt-to", "to", "apparently-to", "cc", "bcc")
        fields = [read_header(self.original_head, name) for name in names]
        found = [pair[1] for pair in getaddresses([one for one in fields if one])]
        return list(dict.fromkeys(address for address in found if "@" in address))


def open_message(raw: bytes) -> Opened:
    """Take a message apart. What cannot be made out is prose."""
    raw = raw[:MAX_OCTETS].lstrip(b"\r\n \t\xef\xbb\xbf")
    if raw.startswith((b">From ", b"From ")):
        raw = raw[raw.find(b"\n") + 1 :]
    top = message_from_bytes(_EMBEDDED.sub(_EMBEDDED_AS, raw))
    opened = Opened(head=top)
    plain: list[str] = []
    rich: list[str] = []
    for number, part in enumerate(top.walk()):
        if number > MAX_PARTS:
            break
        if not part.is_multipart():
            _sort_leaf(part, opened, plain=plain, rich=rich)
    prose = "\n".join(plain)
    if len(prose.strip()) < 40 and rich:
        prose = "\n".join([*plain, *map(strip_tags, rich)])
    _divide(prose.replace("\r\n", "\n").replace("\r", "\n")[:MAX_PROSE_CHARS], opened)
    opened.original_head = message_from_string(_head_of(opened.original))
    return opened


def _sort_leaf(part: Message, opened: Opened, *, plain: list[str], rich: list[str]) -> None:
    kind = part.get_content_type()
    if kind in _STATUS_TYPES:
        opened.statuses.append(text_of(part))
    elif kind in _FEEDBACK_TYPES:
        opened.feedback = opened.feedback or text_of(part)
    elif kind in _RECEIPT_TYPES:
        opened.is_receipt = True
    elif kind in _ORIGINAL_TYPES:
        opened.original = opened.original or text_of(part).lstrip()
    elif kind == "text/html":
        rich.append(text_of(part))
    elif (kind.startswith("text/") or part.get_content_maintype() == "multipart") and (
        not opened.original
    ):
        plain.append(text_of(part))


def _divide(prose: str, opened: Opened) -> None:
    """Cut the quoted letter off the words for people."""
    begins = _ORIGINAL_BEGINS.search(prose)
    if begins is None:
        opened.prose = prose
        return
    opened.prose = prose[: begins.start()]
    if not opened.original:
        opened.original = prose[begins.start() :]
    if not opened.prose.strip():  # the report begins with what looks like a letter
        opened.prose = prose


def _head_of(original: str) -> str:
    """Give the header lines at the beginning of a returned letter."""
    lines = original.replace("\r\n", "\n").split("\n")
    start = next((n for n, line in enumerate(lines[:40]) if _starts_head(lines, n)), None)
    if start is None:
        return ""
    head: list[str] = []
    for line in lines[start : start + 400]:
        stripped = line.removeprefix("> ").removeprefix(">")
        if not stripped.strip():
            break
        if _FIELD.match(stripped) or (head and stripped[:1] in {" ", "\t"}):
            head.append(stripped)
    return "\n".join(head) + "\n\n"


def _starts_head(lines: list[str], number: int) -> bool:
    line = lines[number].removeprefix("> ").removeprefix(">")
    return bool(_FIELD.match(line)) and "://" not in line[:8]


def text_of(part: Message) -> str:
    """Read a leaf as text, by its own word on charset and encoding or in spite of it."""
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        payload = None
    if not isinstance(payload, bytes):
        raw = part.get_payload()
        return raw if isinstance(raw, str) else ""
    return decode(payload, str(part.get_param("charset", "") or ""))


def decode(raw: bytes, charset: str) -> str:
    """Decode by the named charset, or by the first that fits."""
    named = charset.strip("\"' ").lower()
    guesses = ["utf-8", "latin-1"]
    if b"\x1b$" in raw or b"\x1b(" in raw:
        guesses.insert(0, "iso-2022-jp")
    return decode_first(raw, [named, *guesses]) or ""


def read_header(head: Message, name: str) -> str:
    """Read one field, decoded, on one line."""
    value = head.get(name)
    if value is None:
        return ""
    try:
        pieces = decode_header(str(value)[:4000])
        words = "".join(
            decode(piece, charset or "") if isinstance(piece, bytes) else piece
            for piece, charset in pieces
        )
    except (ValueError, LookupError):
        words = str(value)[:4000]
    return " ".join(words.split())


def strip_tags(markup: str) -> str:
    """Make text of HTML: for reading, never for showing."""
    markup = markup[: 4 * MAX_PROSE_CHARS]
    for opening, closing in _HIDDEN:
        markup = _cut_out(markup, opening, closing)
    words = _TAG.sub(" ", _BREAKING_TAGS.sub("\n", markup))
    return html.unescape(words).replace("\xa0", " ")


def _cut_out(markup: str, opening: str, closing: str) -> str:
    """Remove what stands between two marks; what is never closed, to the end."""
    small = markup.lower()
    if len(small) != len(markup):  # a sign that is longer in small letters
        small = markup
    kept: list[str] = []
    place = 0
    while (start := small.find(opening, place)) >= 0:
        kept.append(markup[place:start])
        end = small.find(closing, start)
        if end < 0:
            return "".join(kept)
        place = end + len(closing)
    return "".join([*kept, markup[place:]])
