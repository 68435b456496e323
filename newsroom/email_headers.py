"""Header fields: names and subjects in any script, encoded, folded, decoded (RFC 2047, 5322)."""

from __future__ import annotations

import re
from base64 import b64encode
from email.errors import MessageError
from email.header import decode_header
from email.utils import parseaddr
from functools import lru_cache

from newsroom.invisible_characters import one_line
from newsroom.text_encodings import decode_any

ENCODED_WORD_CHARS = 75  # RFC 2047, section 2
MAX_LINE = 78  # RFC 5322, section 2.1.1
# Fields whose value is `Name <address>`.
ADDRESS_FIELDS = {"from", "to", "reply-to", "sender", "list-id"}
# Fields of links and identifiers, which must not be encoded or divided.
LINK_FIELDS = {"list-unsubscribe", "list-help", "list-archive", "message-id", "references"}
_WRAP = len("=?utf-8?b??=")
MAX_DECODED_CHARS = 4000
_RAW_BYTES = re.compile("[\udc80-\udcff]+")
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")


def encode_words(words: str, *, used: int) -> bytes:
    """Return free text, folded, for a header line of which `used` bytes are taken already.

    Text that is not ASCII becomes encoded words of at most 75 characters. None of them ends inside
    a character (RFC 2047, sections 2 and 5).
    """
    words = one_line(words)
    if words.isascii() and "=?" not in words:
        return _fold(words, used=used)
    return _encode_long(words, used=used)


def _encode_long(words: str, *, used: int) -> bytes:
    pieces: list[str] = []
    piece = b""
    room = (min(ENCODED_WORD_CHARS, 77 - used) - _WRAP) // 4 * 3
    for char in words:
        encoded = char.encode()
        if len(piece) + len(encoded) > room:
            pieces.append(f"=?utf-8?b?{b64encode(piece).decode()}?=")
            piece, room = b"", (ENCODED_WORD_CHARS - _WRAP) // 4 * 3
        piece += encoded
    pieces.append(f"=?utf-8?b?{b64encode(piece).decode()}?=")
    return "\r\n ".join(pieces).encode()


def _fold(words: str, *, used: int) -> bytes:
    """Fold at spaces into lines of 78 bytes (RFC 5322, section 2.1.1).

    A word that is longer than a line is written in encoded words.
    """
    lines = [""]
    for word in words.split(" "):
        if len(word) > MAX_LINE - 1:
            return _encode_long(words, used=used)
        if used + len(lines[-1]) + len(word) + bool(lines[-1]) > MAX_LINE:
            lines.append(word)
            used = 1
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return "\r\n ".join(lines).encode()


def header_field(name: str, value: str) -> bytes:
    """Return a header field, encoded and folded, with its name and without its line end.

    A line is longer than 78 characters only if it is one address or link that nothing may divide.
    """
    if name.lower() in ADDRESS_FIELDS:
        written = fold_sender(value, used=len(name) + 2)
    elif name.lower() in LINK_FIELDS:
        written = "\r\n ".join(one_line(value).split(" ")).encode()
    else:
        written = encode_words(value, used=len(name) + 2)
    first = written.partition(b"\r\n")[0]
    if not first:  # the first word begins on the second line
        return f"{name}:".encode() + written
    space = b"\r\n " if len(name) + 2 + len(first) > MAX_LINE else b" "
    return f"{name}:".encode() + space + written


@lru_cache(maxsize=4096)
def _phrase(name: str, used: int) -> bytes:
    """Return a display name: as it is, quoted, or in encoded words."""
    name = one_line(name)
    if not name:
        return b""
    if not name.isascii() or "=?" in name:
        return encode_words(name, used=used)
    if _ATOM.fullmatch(name):
        return _fold(name, used=used)
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return _fold(f'"{quoted}"', used=used)


def encode_recipient(name: str, address: str, *, used: int = len("From: ")) -> bytes:
    """Return `Name <address>`, with the address on a second line if the first would be too long.

    `used` bytes of the first line are taken already.
    """
    phrase = _phrase(name, used)
    if not phrase:
        return address.encode()
    end = phrase.rfind(b"\n") + 1
    last = len(phrase) - end + (used if end == 0 else 0)
    space = b"\r\n " if last + len(address) + 3 > MAX_LINE else b" "
    return phrase + space + b"<" + address.encode() + b">"


def fold_sender(line: str, *, used: int) -> bytes:
    """Return a From or List-Id value, given as `Name <address>`, encoded and folded."""
    name, address = parseaddr(line)
    if not address:
        return one_line(line).encode()
    return encode_recipient(name, address, used=used) if name else f"<{address}>".encode()


def decode_words(value: str) -> str:
    """Return a header as it was received on one line, with its encoded words and raw bytes decoded.

    Raw bytes are surrogates in `value`, as Python's parser leaves them. What cannot be decoded
    stays as it is.
    """
    value = value[:MAX_DECODED_CHARS]
    try:
        pieces = decode_header(value)
        text = "".join(_decode_piece(piece, charset) for piece, charset in pieces)
    except (LookupError, ValueError, MessageError):
        text = value
    readable = _RAW_BYTES.sub(lambda raw: _decode_raw(raw[0]), text)
    return " ".join(readable.encode(errors="replace").decode().split())


def _decode_piece(piece: bytes | str, charset: str | None) -> str:
    if isinstance(piece, str):
        return piece
    if charset is None:  # between encoded words, as `decode_header` encodes it
        return piece.decode("raw-unicode-escape")
    return decode_any(piece, declared=charset)


def _decode_raw(surrogates: str) -> str:
    return decode_any(surrogates.encode("ascii", "surrogateescape"))
