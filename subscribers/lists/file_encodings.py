"""Detect the encoding of a list, and refuse files that are not text."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from newsroom.invisible_characters import count_binary_characters
from newsroom.text_encodings import (
    FALLBACKS,
    MAC_ROMAN,
    Encoding,
    FileKind,
    encoding_by_mark,
    file_kind,
    looks_like_mac_roman,
)
from subscribers.lists.import_errors import ImportRefused

CHUNK = 1 << 20  # bytes
SAMPLE = 1 << 16  # bytes
_SAVE_AS_CSV = "Open it in a spreadsheet program and save it as CSV (UTF-8)."
_GET_CSV = "Ask for the list as a CSV file."
_UNPACK = "Unpack it first."
_CHOOSE_LIST = "Choose the file that contains the list."
_EMPTY = f"The file is empty. {_CHOOSE_LIST}"
# What a file is instead of a list, and what to do about it.
_NOT_LISTS = {
    FileKind.ZIP: (
        "a spreadsheet (.xlsx, .ods) or a ZIP archive",
        f"{_SAVE_AS_CSV} Unpack an archive first.",
    ),
    FileKind.OLE: ("an old spreadsheet (.xls)", _SAVE_AS_CSV),
    FileKind.GZIP: ("compressed (gzip)", _UNPACK),
    FileKind.BZIP2: ("compressed (bzip2)", _UNPACK),
    FileKind.ZSTANDARD: ("compressed (zstd)", _UNPACK),
    FileKind.XZ: ("compressed (xz)", _UNPACK),
    FileKind.PDF: ("a PDF", _GET_CSV),
    FileKind.SQLITE: ("a database", "Export its table as CSV."),
    FileKind.PNG: ("a picture", _CHOOSE_LIST),
    FileKind.JPEG: ("a picture", _CHOOSE_LIST),
    FileKind.RTF: ("a text document (.rtf)", _GET_CSV),
}
# Text that is not a list, by how it starts.
_OTHER_TEXT = (
    (b"<", "a web page or XML", _GET_CSV),
    (b"{", "JSON", _GET_CSV),
    (b"[{", "JSON", _GET_CSV),
    (b"BEGIN:VCARD", "an address book (vCard)", _GET_CSV),
)


def detect_encoding(file: BinaryIO) -> Encoding:
    """Return the encoding in which the whole file can be decoded.

    Tried are UTF-8 and UTF-16, with a byte-order mark or without, then the other `FALLBACKS`,
    unless Mac Roman makes better words.
    Raises ImportRefused for a file that is empty or not text.
    """
    file.seek(0)
    start = file.read(SAMPLE)
    if not start.strip():
        if not start or not file.read(CHUNK).strip():
            raise ImportRefused(_EMPTY)
        raise ImportRefused(f"The file starts with nothing but spaces. {_CHOOSE_LIST}")
    if kind := _other_kind(start):
        what, advice = kind
        raise ImportRefused(f"The file is {what}, not a text file with a list. {advice}")
    if declared := encoding_by_mark(start):
        return _require_declared(file, start, declared)
    if guess := _utf16_without_mark(start):
        return _require_declared(file, start, guess)
    utf8, *others = FALLBACKS
    if (failed_at := _failure_position(file, utf8)) is None:
        return _require_text(start, utf8)
    _refuse_damaged_utf8(file, failed_at)
    fitting = next((one for one in others if _failure_position(file, one) is None), others[-1])
    if looks_like_mac_roman(_bytes_beyond_ascii(file), other=fitting):
        return _require_text(start, MAC_ROMAN)
    return _require_text(start, fitting)


def _bytes_beyond_ascii(file: BinaryIO) -> bytes:
    """Return some of the lines that are not ASCII, wherever in the file they are."""
    file.seek(0)
    found = bytearray()
    while len(found) < SAMPLE and (chunk := file.read(CHUNK)):
        if chunk.isascii():
            continue
        lines = chunk.replace(b"\r", b"\n").split(b"\n")
        ends = b"\r" if b"\r" in chunk and b"\n" not in chunk else b"\n"
        found += b"".join(line + ends for line in lines if not line.isascii())
    return bytes(found[:SAMPLE])


def _other_kind(start: bytes) -> tuple[str, str] | None:
    """Return what a file is instead of a list and what to do about it; None for a list."""
    if (kind := file_kind(start)) in _NOT_LISTS:
        return _NOT_LISTS[kind]
    return next((other[1:] for other in _OTHER_TEXT if start.startswith(other[0])), None)


def _refuse_damaged_utf8(file: BinaryIO, failed_at: int) -> None:
    """Refuse a file that has UTF-8 characters beyond ASCII before the byte that is not UTF-8.

    Those would not look like UTF-8 in another encoding, so the file is UTF-8 with damage. Read in
    another encoding, every name with an accent would be garbled.
    """
    line, is_ascii = 1, True
    file.seek(0)
    while failed_at > 0 and (chunk := file.read(min(CHUNK, failed_at))):
        failed_at -= len(chunk)
        line += chunk.count(b"\n")
        is_ascii = is_ascii and chunk.isascii()
    if not is_ascii:
        raise ImportRefused(
            f"The file is UTF-8, but line {line:,} is not. The file may be damaged, or joined from"
            " lists of several programs. Fix that line, or save the list again as UTF-8."
        )


def _require_declared(file: BinaryIO, start: bytes, encoding: Encoding) -> Encoding:
    """Return the encoding of a byte-order mark. Raises ImportRefused if the file is not in it."""
    if (failed_at := _failure_position(file, encoding)) is not None:
        raise ImportRefused(
            f"The file says that it is {encoding.label}, but from byte {failed_at:,} on it is not."
            " Save the list again as UTF-8, in the program that wrote it."
        )
    return _require_text(start, encoding)


def _require_text(start: bytes, encoding: Encoding) -> Encoding:
    """Return the encoding. Raises ImportRefused for binary files, which decode by chance."""
    text = start[encoding.bom_bytes :].decode(encoding.codec, "ignore")
    first_line = text.lstrip("\r\n").splitlines()[:1]
    if not first_line:
        raise ImportRefused(_EMPTY)
    if count_binary_characters(first_line[0]) or count_binary_characters(text) > len(text) // 50:
        raise ImportRefused(f"We cannot read this file as text. {_SAVE_AS_CSV}")
    return encoding


def _utf16_without_mark(start: bytes) -> Encoding | None:
    """Return UTF-16 for a file in which every other byte is zero, as in separators and ASCII."""
    even, odd = start[0:4096:2], start[1:4096:2]
    if len(odd) > 3 and odd.count(0) > 0.4 * len(odd) and even.count(0) < 0.1 * len(even):
        return Encoding(codec="utf-16-le", label="UTF-16 (little endian), without a mark")
    if len(odd) > 3 and even.count(0) > 0.4 * len(even) and odd.count(0) < 0.1 * len(odd):
        return Encoding(codec="utf-16-be", label="UTF-16 (big endian), without a mark")
    return None


def _failure_position(file: BinaryIO, encoding: Encoding) -> int | None:
    """Return about where decoding the whole file fails, in bytes; None when it does not."""
    decoder = codecs.getincrementaldecoder(encoding.codec)()
    file.seek(encoding.bom_bytes)
    position = encoding.bom_bytes
    try:
        while chunk := file.read(CHUNK):
            decoder.decode(chunk)
            position += len(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as failure:
        return position + failure.start
    return None
