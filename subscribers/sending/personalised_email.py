"""A letter built once for a dispatch, and addressed to each reader as bytes.

The MIME body has blanks where a reader's own words stand; each piece between them is encoded by
itself, so that no soft line break of quoted-printable (RFC 2045, section 6.7) falls into a mark.
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

from newsroom.email_headers import encode_recipient, encode_words, fold_sender
from newsroom.tokens import ROW_TOKEN_CHARS, SIGNED_ID_CHARS, sign_id
from subscribers.sending.issue_addresses import envelope_sender

if TYPE_CHECKING:
    from subscribers.models import Dispatch

MAX_LINE_OCTETS = 998  # RFC 5322, section 2.1.1


class Placeholder(StrEnum):
    """Stand-ins for a reader's own tokens: as long as the tokens, and no word of any article."""

    UNSUBSCRIBE = "xUNSUBSCRIBExTOKENx".ljust(ROW_TOKEN_CHARS, "x")
    PREFERENCES = "xPREFERENCESxTOKENx".ljust(ROW_TOKEN_CHARS, "x")
    VIEW = "xVIEWxINxBROWSERxTOKENx".ljust(SIGNED_ID_CHARS, "x")


# What stands in the head alone is marked by octets that no text in UTF-8 can hold.
DATE, RECIPIENT, MESSAGE_ID = b"\xff\x01", b"\xff\x02", b"\xff\x03"
_LINE_END = re.compile(r"\r\n|\r|\n")
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+")
_MARKS = _UNSUBSCRIBE, _PREFERENCES, _VIEW = tuple(mark.encode() for mark in Placeholder)
_ANY_MARK = re.compile(b"|".join(map(re.escape, (*_MARKS, DATE, RECIPIENT, MESSAGE_ID))))


class Recipient(NamedTuple):
    """One reader's copy: who gets it and what makes it theirs."""

    delivery: int
    subscriber: int
    address: str
    name: str
    unsubscribe: str
    preferences: str
    tries: int = 0


class PersonalisedEmail(NamedTuple):
    """What a transport needs for one letter, which is made only when its turn has come."""

    sender: str
    recipient: str
    utf8: bool
    form: bytes
    words: tuple[bytes, ...]

    def wire(self, after: bytes = b"") -> bytes:
        """Give the letter, dot-stuffed and ended with CRLF, with what is to be sent after it.

        A letter has tens of kilobytes: putting it together is the one copy that is made of it.
        """
        return self.form % (*self.words, after)


class Unmailable(Exception):
    """This letter cannot go this way; the message says why, to staff."""


class PreparedEmail:
    """A dispatch's letter in two dresses, each a form with blanks for a reader's own words."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._source = f"{dispatch.pk}:%d:{dispatch.content_hash}"
        self._host = settings.SITE_HOST
        self._sender = envelope_sender("%s")
        self._eight_bit = _cut(_message(dispatch, eight_bit=True))
        self._seven_bit = _cut(_message(dispatch, eight_bit=False))

    def message_id(self, subscriber: int) -> str:
        """Derive the Message-ID from dispatch and subscriber: a second copy bears the same one."""
        source = (self._source % subscriber).encode()
        return f"<{blake2b(source, digest_size=16).hexdigest()}@{self._host}>"

    def address(
        self, reader: Recipient, *, eight_bit: bool, utf8_addresses: bool, at: float
    ) -> PersonalisedEmail:
        """Put one reader's words into the letter, at a moment in seconds since 1970.

        Raises Unmailable for an address that the server cannot take.
        """
        recipient, utf8 = _wire_address(reader.address, utf8_addresses=utf8_addresses)
        words = {
            _UNSUBSCRIBE: reader.unsubscribe.encode(),
            _PREFERENCES: reader.preferences.encode(),
            _VIEW: sign_id("view", reader.delivery).encode(),
            DATE: _date(int(at)),
            RECIPIENT: encode_recipient(reader.name, recipient),
            MESSAGE_ID: self.message_id(reader.subscriber).encode(),
        }
        form, blanks = self._eight_bit if eight_bit else self._seven_bit
        return PersonalisedEmail(
            sender=self._sender % sign_id("bounce", reader.delivery),
            recipient=recipient,
            utf8=utf8,
            form=form,
            words=tuple([words[mark] for mark in blanks]),
        )


@lru_cache(maxsize=4)
def _date(second: int) -> bytes:
    """Write a moment as a Date line has it (RFC 5322, section 3.3); many letters share a second."""
    return format_datetime(datetime.fromtimestamp(second, UTC)).encode()


def _wire_address(address: str, *, utf8_addresses: bool) -> tuple[str, bool]:
    """Write an address as this server can read it: A-labels where the local part is ASCII."""
    if _PLAIN_ADDRESS.fullmatch(address):
        return address, False
    local, _, domain = address.rpartition("@")
    if any(char in address for char in "\r\n\0<> "):
        raise Unmailable("5.1.3 the address is malformed")
    if not local.isascii():
        if not utf8_addresses:
            raise Unmailable("5.6.7 our mail server does not take internationalised addresses")
        return address, True
    try:
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        raise Unmailable("5.1.2 the address's domain is malformed") from None
    return f"{local}@{ascii_domain}", False


def _message(dispatch: Dispatch, *, eight_bit: bool) -> bytes:
    """Build the whole letter, CRLF lines and marks in place, not yet dot-stuffed."""
    boundary = f"=_{dispatch.content_hash[:24]}"
    unsubscribe = f"{settings.SITE_URL}/unsubscribe/{Placeholder.UNSUBSCRIBE}/"
    head = [
        b"From: " + fold_sender(dispatch.sender),
        b"To: " + RECIPIENT,
        b"Subject: " + encode_words(dispatch.subject, used=9),
        b"Date: " + DATE,
        b"Message-ID: " + MESSAGE_ID,
        *([b"Reply-To: " + fold_sender(dispatch.reply_to)] if dispatch.reply_to else []),
        b"List-Id: " + fold_sender(dispatch.list_id),
        f"List-Unsubscribe: <{unsubscribe}>".encode(),
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


def _part(words: str, subtype: str, *, eight_bit: bool) -> bytes:
    """Make one body part in the plainest encoding that its lines and the server allow."""
    raw = "\r\n".join(_LINE_END.split(words.rstrip())).encode() + b"\r\n"
    if max(map(len, raw.split(b"\r\n"))) > MAX_LINE_OCTETS - 2 or not (eight_bit or raw.isascii()):
        encoding, raw = "quoted-printable", _quote_printable(raw)
    else:
        encoding = "7bit" if raw.isascii() else "8bit"
    head = (
        f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n"
    )
    return head.encode() + b"\r\n" + raw


def _quote_printable(raw: bytes) -> bytes:
    """Encode the pieces between the marks one by one, a soft break on either side of each mark."""
    pieces: list[bytes] = []
    last = 0
    for mark in _ANY_MARK.finditer(raw):
        pieces += [_quote_piece(raw[last : mark.start()]), b"=\r\n", mark[0], b"=\r\n"]
        last = mark.end()
    pieces.append(_quote_piece(raw[last:]))
    return b"".join(pieces)


def _quote_piece(piece: bytes) -> bytes:
    quoted = quopri.encodestring(piece.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    # A piece that ends at the margin would grow past it with the soft break that follows.
    if len(quoted) - (quoted.rfind(b"\n") + 1) > 75:
        last = 3 if quoted[-3:-2] == b"=" else 1  # an escape such as =C3 stays whole
        return quoted[:-last] + b"=\r\n" + quoted[-last:]
    return quoted


def _cut(message: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """Make a form for bytes formatting, with a blank at each mark and one behind the end.

    Dots are stuffed (RFC 5321, section 4.5.2); no mark's words begin with one.
    """
    form = message.replace(b"\r\n.", b"\r\n..").replace(b"%", b"%%")
    blanks = tuple(_ANY_MARK.findall(form))
    return _ANY_MARK.sub(b"%b", form) + b"%b", blanks


def fill_placeholders(words: str, reader: Recipient) -> str:
    """Put a reader's tokens into the frozen HTML or text, for the page that shows the letter."""
    for mark, token in (
        (Placeholder.UNSUBSCRIBE, reader.unsubscribe),
        (Placeholder.PREFERENCES, reader.preferences),
        (Placeholder.VIEW, sign_id("view", reader.delivery)),
    ):
        words = words.replace(mark, token)
    return words
