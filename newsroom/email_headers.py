"""Header values: names and subjects in any script, encoded, folded, decoded (RFC 2047, 5322)."""

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
_WRAP = len("=?utf-8?b??=")
MAX_DECODED_CHARS = 4000
_RAW_BYTES = re.compile("[\udc80-\udcff]+")
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")


def encode_words(words: str, *, used: int) -> bytes:
    """Return free text, folded, for a header line of which `used` bytes are taken already.

    Text that is not ASCII becomes encoded words of at most 75 characters, of which none ends inside
    a character (RFC 2047, sections 2 and 5).
    """
    words = one_line(words)
    if words.isascii() and "=?" not in words:
        return _fold(words, used=used)
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
    """Fold at spaces into lines of 78 bytes (RFC 5322, section 2.1.1) where no word is longer."""
    lines = [""]
    for word in words.split(" "):
        if lines[-1] and used + len(lines[-1]) + 1 + len(word) > 77:
            lines.append(word)
            used = 1
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    if any(len(line) > 900 for line in lines):
        return _encode_long(words)
    return "\r\n ".join(lines).encode()


def _encode_long(words: str) -> bytes:
    room = (ENCODED_WORD_CHARS - _WRAP) // 4 * 3
    chunks = (words[start : start + room] for start in range(0, len(words), room))
    return b"\r\n ".join(b"=?utf-8?b?" + b64encode(chunk.encode()) + b"?=" for chunk in chunks)


@lru_cache(maxsize=4096)
def _phrase(name: str) -> bytes:
    """Return a display name: as it is, quoted, or in encoded words."""
    name = one_line(name)
    if not name:
        return b""
    if not name.isascii() or "=?" in name:
        return encode_words(name, used=6)
    if _ATOM.fullmatch(name):
        return _fold(name, used=6)
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'.encode()


def encode_recipient(name: str, address: str) -> bytes:
    """Return `Name <address>`, with the address on a second line if the first would be too long."""
    phrase = _phrase(name)
    if not phrase:
        return address.encode()
    last = phrase[phrase.rfind(b"\n") + 1 :]
    space = b"\r\n " if len(last) + len(address) + 10 > 78 else b" "
    return phrase + space + b"<" + address.encode() + b">"


def fold_sender(line: str) -> bytes:
    """Return a From or List-Id value, given as `Name <address>`, encoded and folded."""
    name, address = parseaddr(line)
    if not address:
        return one_line(line).encode()
    return encode_recipient(name, address) if name else f"<{address}>".encode()


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
