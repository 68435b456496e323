"""An issue email: prepared once for a dispatch, then personalised for each recipient as bytes.

The MIME message has placeholders for a recipient's own words. Text between two placeholders is
encoded by itself, so that no soft line break of quoted-printable (RFC 2045, section 6.7) falls into
a placeholder.
"""

from __future__ import annotations

import quopri
import re
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings

from newsroom.email_headers import encode_recipient, header_field
from newsroom.site_address import site_host
from newsroom.tokens import ROW_TOKEN_CHARS, SIGNED_ID_CHARS, sign_id
from subscribers.sending.issue_addresses import REPLY_PURPOSE, envelope_sender, issue_token_in

if TYPE_CHECKING:
    from subscribers.models import Dispatch

# What the token of the link to the comments is signed for: its owner can sign in with it.
COMMENTS_PURPOSE = "comments from email"
MAX_LINE_BYTES = 998  # RFC 5322, section 2.1.1


class Placeholder(StrEnum):
    """Stand-ins for a recipient's tokens: as long as the tokens, and not a word of any article."""

    UNSUBSCRIBE = "xUNSUBSCRIBExTOKENx".ljust(ROW_TOKEN_CHARS, "x")
    PREFERENCES = "xPREFERENCESxTOKENx".ljust(ROW_TOKEN_CHARS, "x")
    VIEW = "xVIEWxINxBROWSERxTOKENx".ljust(SIGNED_ID_CHARS, "x")
    COMMENTS = "xCOMMENTSxTOKENx".ljust(SIGNED_ID_CHARS, "x")


_UNSUBSCRIBE, _PREFERENCES, _VIEW, _COMMENTS = (placeholder.encode() for placeholder in Placeholder)
# Placeholders of the headers alone are bytes that no UTF-8 text can contain.
_DATE, _RECIPIENT, _MESSAGE_ID, _REPLY = b"\xff\x01", b"\xff\x02", b"\xff\x03", b"\xff\x04"
_PLACEHOLDERS = (
    *(_UNSUBSCRIBE, _PREFERENCES, _VIEW, _COMMENTS),
    *(_DATE, _RECIPIENT, _MESSAGE_ID, _REPLY),
)
_ANY_PLACEHOLDER = re.compile(b"|".join(map(re.escape, _PLACEHOLDERS)))
_LINE_END = re.compile(r"\r\n|\r|\n")
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+")


class Recipient(NamedTuple):
    """Who one delivery goes to, and what is theirs alone in it."""

    delivery: int
    subscriber: int
    address: str
    name: str
    unsubscribe: str  # the token of the subscription
    preferences: str  # the token of the subscriber
    tries: int = 0


class PersonalisedEmail(NamedTuple):
    """One recipient's email: its envelope, and the content that `wire` puts together."""

    mail_from: str
    rcpt_to: str
    utf8: bool  # the recipient's address needs SMTPUTF8
    template: bytes
    words: tuple[bytes, ...]

    def wire(self, after: bytes = b"") -> bytes:
        """Return the message as SMTP sends it: dot-stuffed, ended with CRLF, followed by `after`.

        An email has tens of kilobytes; this is the only time that they are copied.
        """
        return self.template % (*self.words, after)


class CannotSend(Exception):
    """The address cannot be sent to through this server; the message says why, to staff."""


class PreparedEmail:
    """A dispatch's email, once with 8-bit bodies and once without, ready for each recipient."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._message_id_source = f"{dispatch.pk}:%d:{dispatch.content_hash}"
        self._host = site_host()
        self._mail_from = envelope_sender("%s")
        self._eight_bit = _to_template(_message(dispatch, eight_bit=True))
        self._seven_bit = _to_template(_message(dispatch, eight_bit=False))

    def message_id(self, subscriber: int) -> str:
        """Return the Message-ID of a delivery: an email that is sent again has the same one."""
        source = (self._message_id_source % subscriber).encode()
        return f"<{blake2b(source, digest_size=16).hexdigest()}@{self._host}>"

    def personalise(
        self, recipient: Recipient, *, eight_bit: bool, utf8_addresses: bool, at: float
    ) -> PersonalisedEmail:
        """Return one recipient's email, dated at a moment in seconds since 1970.

        Raises CannotSend for an address that the server cannot take.
        """
        address, utf8 = _wire_address(recipient.address, utf8_addresses=utf8_addresses)
        words = {
            _UNSUBSCRIBE: recipient.unsubscribe.encode(),
            _PREFERENCES: recipient.preferences.encode(),
            _VIEW: sign_id("view", recipient.delivery).encode(),
            _COMMENTS: sign_id(COMMENTS_PURPOSE, recipient.delivery).encode(),
            _DATE: _date_header(int(at)),
            _RECIPIENT: encode_recipient(recipient.name, address),
            _MESSAGE_ID: self.message_id(recipient.subscriber).encode(),
            _REPLY: sign_id(REPLY_PURPOSE, recipient.delivery).encode(),
        }
        template, placeholders = self._eight_bit if eight_bit else self._seven_bit
        return PersonalisedEmail(
            mail_from=self._mail_from % sign_id("bounce", recipient.delivery),
            rcpt_to=address,
            utf8=utf8,
            template=template,
            words=tuple([words[placeholder] for placeholder in placeholders]),
        )


@lru_cache(maxsize=4)
def _date_header(second: int) -> bytes:
    """Return a moment as in a Date header (RFC 5322, section 3.3); many emails share a second."""
    return format_datetime(datetime.fromtimestamp(second, UTC)).encode()


def _wire_address(address: str, *, utf8_addresses: bool) -> tuple[str, bool]:
    """Return an address as this server can read it, and whether that needs SMTPUTF8.

    A domain beyond ASCII is written in A-labels if the local part is ASCII.
    """
    if _PLAIN_ADDRESS.fullmatch(address):
        return address, False
    local, _, domain = address.rpartition("@")
    if any(char in address for char in "\r\n\0<> "):
        raise CannotSend("5.1.3 the address is malformed")
    if not local.isascii():
        if not utf8_addresses:
            raise CannotSend("5.6.7 our mail server does not take internationalised addresses")
        return address, True
    try:
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        raise CannotSend("5.1.2 the address's domain is malformed") from None
    return f"{local}@{ascii_domain}", False


def _message(dispatch: Dispatch, *, eight_bit: bool) -> bytes:
    """Return the whole message with CRLF line ends and placeholders, not yet dot-stuffed."""
    boundary = f"=_{dispatch.content_hash[:24]}"
    unsubscribe = f"{settings.SITE_URL}/unsubscribe/{Placeholder.UNSUBSCRIBE}/"
    head = [
        header_field("From", dispatch.sender),
        b"To: " + _RECIPIENT,
        header_field("Subject", dispatch.subject),
        b"Date: " + _DATE,
        b"Message-ID: " + _MESSAGE_ID,
        *_reply_to(dispatch.reply_to),
        header_field("List-Id", dispatch.list_id),
        header_field("List-Unsubscribe", f"<{unsubscribe}>"),
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        b"Precedence: bulk",
        b"MIME-Version: 1.0",
        b"Content-Type: multipart/alternative;\r\n boundary=" + f'"{boundary}"'.encode(),
    ]
    opening = f"--{boundary}\r\n".encode()
    return b"".join(
        [
            b"\r\n".join(head) + b"\r\n\r\n",
            opening + _part(dispatch.text, "plain", eight_bit=eight_bit),
            opening + _part(dispatch.html, "html", eight_bit=eight_bit),
            f"--{boundary}--\r\n".encode(),
        ]
    )


def _reply_to(address: str) -> list[bytes]:
    """Return the Reply-To field, with a placeholder for the token of each subscriber's own."""
    if not address:
        return []
    field = header_field("Reply-To", address)
    token = issue_token_in(address)
    return [field.replace(token.encode(), _REPLY) if token else field]


def _part(text: str, subtype: str, *, eight_bit: bool) -> bytes:
    """Return one body part in the plainest encoding that its lines and the server allow."""
    raw = "\r\n".join(_LINE_END.split(text.rstrip())).encode() + b"\r\n"
    if max(map(len, raw.split(b"\r\n"))) > MAX_LINE_BYTES - 2 or not (eight_bit or raw.isascii()):
        encoding, raw = "quoted-printable", _quote_printable(raw)
    else:
        encoding = "7bit" if raw.isascii() else "8bit"
    head = (
        f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n"
    )
    return head.encode() + b"\r\n" + raw


def _quote_printable(raw: bytes) -> bytes:
    """Encode the text between placeholders, with a soft line break on either side of each."""
    pieces: list[bytes] = []
    last = 0
    for found in _ANY_PLACEHOLDER.finditer(raw):
        pieces += [_quote_piece(raw[last : found.start()]), b"=\r\n", found[0], b"=\r\n"]
        last = found.end()
    pieces.append(_quote_piece(raw[last:]))
    return b"".join(pieces)


def _quote_piece(piece: bytes) -> bytes:
    quoted = quopri.encodestring(piece.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    # The soft line break that follows would make a full line too long.
    if len(quoted) - (quoted.rfind(b"\n") + 1) > 75:
        last = 3 if quoted[-3:-2] == b"=" else 1  # an escape such as =C3 stays whole
        return quoted[:-last] + b"=\r\n" + quoted[-last:]
    return quoted


def _to_template(message: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """Return a template for bytes formatting, and its placeholders in their order.

    The template has one more place at its end, for what `wire` sends after it. Dots are stuffed
    (RFC 5321, section 4.5.2); a placeholder's words never begin with one.
    """
    template = message.replace(b"\r\n.", b"\r\n..").replace(b"%", b"%%")
    placeholders = tuple(_ANY_PLACEHOLDER.findall(template))
    return _ANY_PLACEHOLDER.sub(b"%b", template) + b"%b", placeholders


def fill_placeholders(text: str, recipient: Recipient) -> str:
    """Return frozen HTML or text with a recipient's tokens, for the page that shows the email."""
    for placeholder, token in (
        (Placeholder.UNSUBSCRIBE, recipient.unsubscribe),
        (Placeholder.PREFERENCES, recipient.preferences),
        (Placeholder.VIEW, sign_id("view", recipient.delivery)),
        (Placeholder.COMMENTS, sign_id(COMMENTS_PURPOSE, recipient.delivery)),
    ):
        text = text.replace(placeholder, token)
    return text
