"""Which encoding a list is written in, and whether it is text at all."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from newsroom.invisible_characters import count_binary_characters
from newsroom.text_encodings import Encoding, FileKind, encoding_by_mark, file_kind
from subscribers.lists.import_errors import ImportRefused

CHUNK = 1 << 20  # bytes
SAMPLE = 1 << 16  # bytes
_AS_CSV = "Open it in a spreadsheet program and save it as CSV (UTF-8)."
# What a file is instead of a list, and what to do about it.
_NOT_LISTS = {
    FileKind.ZIP: (
        "a spreadsheet (.xlsx, .ods) or a ZIP archive",
        f"{_AS_CSV} Unpack an archive first.",
    ),
    FileKind.OLE: ("an old spreadsheet (.xls)", _AS_CSV),
    FileKind.GZIP: ("compressed (gzip)", "Unpack it first."),
    FileKind.BZIP2: ("compressed (bzip2)", "Unpack it first."),
    FileKind.ZSTANDARD: ("compressed (zstd)", "Unpack it first."),
    FileKind.XZ: ("compressed (xz)", "Unpack it first."),
    FileKind.PDF: ("a PDF", "Ask for the list as CSV."),
    FileKind.SQLITE: ("a database", "Export its table as CSV."),
    FileKind.PNG: ("a picture", "Choose the list."),
    FileKind.JPEG: ("a picture", "Choose the list."),
    FileKind.RTF: ("a text document (.rtf)", "Ask for the list as CSV."),
}
# Text that is not a list.
_OTHER_TEXT = (
    (b"<", "a web page or XML", "Ask for the list as CSV."),
    (b"{", "JSON", "Ask for the list as CSV."),
    (b"[{", "JSON", "Ask for the list as CSV."),
    (b"BEGIN:VCARD", "an address book (vCard)", "Ask for the list as CSV."),
)


def detect_encoding(file: BinaryIO) -> Encoding:
    """Try UTF-8 and UTF-16 with and without marks on the whole file, then Windows-1252, Latin-1.

    Raises ImportRefused for what is empty or no text.
    """
    file.seek(0)
    start = file.read(SAMPLE)
    if not start.strip():
        if not start or not file.read(CHUNK).strip():
            raise ImportRefused("The file is empty. Choose the file that has the list.")
        raise ImportRefused("The file begins with nothing but spaces. Choose the list itself.")
    if kind := _other_kind(start):
        what, advice = kind
        raise ImportRefused(f"The file is {what}, not a list as text. {advice}")
    if declared := encoding_by_mark(start):
        return _checked(file, start, declared)
    if guess := _unmarked_utf16(start):
        return _checked(file, start, guess)
    utf8 = Encoding(codec="utf-8", label="UTF-8")
    if (failed_at := _decodes(file, utf8)) is None:
        return _without_controls(start, utf8)
    _refuse_damaged_utf8(file, failed_at)
    windows = Encoding(codec="cp1252", label="Windows-1252")
    if _decodes(file, windows) is None:
        return _without_controls(start, windows)
    return _without_controls(start, Encoding(codec="latin-1", label="Latin-1"))


def _other_kind(start: bytes) -> tuple[str, str] | None:
    """Return what a file is instead of a list and what to do about it; None for a list."""
    if (kind := file_kind(start)) in _NOT_LISTS:
        return _NOT_LISTS[kind]
    return next((other[1:] for other in _OTHER_TEXT if start.startswith(other[0])), None)


def _refuse_damaged_utf8(file: BinaryIO, failed_at: int) -> None:
    """Tell UTF-8 with a fault from another encoding: in no other does a letter look like UTF-8.

    Read as another, every name with an accent would be spoilt for the sake of one.
    """
    line, is_ascii = 1, True
    file.seek(0)
    while failed_at > 0 and (chunk := file.read(min(CHUNK, failed_at))):
        failed_at -= len(chunk)
        line += chunk.count(b"\n")
        is_ascii = is_ascii and chunk.isascii()
    if not is_ascii:
        raise ImportRefused(
            f"The file is UTF-8, but line {line:,} is not: it was damaged, or joined together from"
            " lists of several programs. Mend that line, or save the list again as UTF-8."
        )


def _checked(file: BinaryIO, start: bytes, encoding: Encoding) -> Encoding:
    """Hold a file to what its mark says."""
    if (failed_at := _decodes(file, encoding)) is not None:
        raise ImportRefused(
            f"The file says that it is {encoding.label}, and is not from byte {failed_at:,} on."
            " Save it again where it was written, as UTF-8."
        )
    return _without_controls(start, encoding)


def _without_controls(start: bytes, encoding: Encoding) -> Encoding:
    """Refuse what decodes by chance: the first line of a list has no control characters."""
    text = start[encoding.bom_bytes :].decode(encoding.codec, "ignore")
    first = text.lstrip("\r\n").splitlines()[:1]
    if not first:
        raise ImportRefused("The file is empty. Choose the file that has the list.")
    if count_binary_characters(first[0]) or count_binary_characters(text) > len(text) // 50:
        raise ImportRefused(f"The file is no text that can be read here. {_AS_CSV}")
    return encoding


def _unmarked_utf16(start: bytes) -> Encoding | None:
    """Every other octet of a list in UTF-16 is zero, for its separators and most letters."""
    even, odd = start[0:4096:2], start[1:4096:2]
    if len(odd) > 3 and odd.count(0) > 0.4 * len(odd) and even.count(0) < 0.1 * len(even):
        return Encoding(codec="utf-16-le", label="UTF-16 (little endian), without a mark")
    if len(odd) > 3 and even.count(0) > 0.4 * len(even) and odd.count(0) < 0.1 * len(odd):
        return Encoding(codec="utf-16-be", label="UTF-16 (big endian), without a mark")
    return None


def _decodes(file: BinaryIO, encoding: Encoding) -> int | None:
    """Decode the whole file and keep nothing: None when all is well, else about where it failed."""
    decoder = codecs.getincrementaldecoder(encoding.codec)()
    file.seek(encoding.bom_bytes)
    at = encoding.bom_bytes
    try:
        while chunk := file.read(CHUNK):
            decoder.decode(chunk)
            at += len(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as failure:
        return at + failure.start
    return None
