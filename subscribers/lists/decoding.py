"""Which encoding a list is written in, and whether it is text at all."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import BinaryIO

from subscribers.lists.import_errors import ImportRefused

CHUNK = 1 << 20  # bytes
SAMPLE = 1 << 16  # bytes
_AS_CSV = "Open it in a spreadsheet program and save it as CSV (UTF-8)."
# Kinds that are known by how they begin, and what to do with them.
_OTHERS = (
    (
        b"PK\x03\x04",
        "a spreadsheet (.xlsx, .ods) or a ZIP archive",
        f"{_AS_CSV} Unpack an archive first.",
    ),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet (.xls)", _AS_CSV),
    (b"\x1f\x8b", "compressed (gzip)", "Unpack it first."),
    (b"BZh", "compressed (bzip2)", "Unpack it first."),
    (b"\x28\xb5\x2f\xfd", "compressed (zstd)", "Unpack it first."),
    (b"\xfd7zXZ\x00", "compressed (xz)", "Unpack it first."),
    (b"%PDF", "a PDF", "Ask for the list as CSV."),
    (b"SQLite format 3", "a database", "Export its table as CSV."),
    (b"\x89PNG", "a picture", "Choose the list."),
    (b"\xff\xd8\xff\xe0", "a picture", "Choose the list."),
    (b"{\\rtf", "a text document (.rtf)", "Ask for the list as CSV."),
    (b"<", "a web page or XML", "Ask for the list as CSV."),
    (b"{", "JSON", "Ask for the list as CSV."),
    (b"[{", "JSON", "Ask for the list as CSV."),
    (b"BEGIN:VCARD", "an address book (vCard)", "Ask for the list as CSV."),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8 with a byte order mark"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16 (little endian)"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16 (big endian)"),
)
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """A codec, its name for people, and the octets of its mark, which are no text."""

    codec: str
    words: str
    mark: int = 0


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
    for signature, kind, advice in _OTHERS:
        if start.startswith(signature):
            raise ImportRefused(f"The file is {kind}, not a list as text. {advice}")
    for mark, codec, words in _MARKS:
        if start.startswith(mark):
            encoding = Encoding(codec=codec, words=words, mark=len(mark))
            return _checked(file, start, encoding)
    if guess := _unmarked_utf16(start):
        return _checked(file, start, guess)
    utf8 = Encoding(codec="utf-8", words="UTF-8")
    if (failed_at := _decodes(file, utf8)) is None:
        return _without_controls(start, utf8)
    _refuse_damaged_utf8(file, failed_at)
    windows = Encoding(codec="cp1252", words="Windows-1252")
    if _decodes(file, windows) is None:
        return _without_controls(start, windows)
    return _without_controls(start, Encoding(codec="latin-1", words="Latin-1"))


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
            f"The file says that it is {encoding.words}, and is not from byte {failed_at:,} on."
            " Save it again where it was written, as UTF-8."
        )
    return _without_controls(start, encoding)


def _without_controls(start: bytes, encoding: Encoding) -> Encoding:
    """Refuse what decodes by chance: the first line of a list has no control characters."""
    text = start[encoding.mark :].decode(encoding.codec, "ignore")
    first = text.lstrip("\r\n").splitlines()[:1]
    if not first:
        raise ImportRefused("The file is empty. Choose the file that has the list.")
    if _CONTROLS.search(first[0]) or len(_CONTROLS.findall(text)) > len(text) // 50:
        raise ImportRefused(f"The file is no text that can be read here. {_AS_CSV}")
    return encoding


def _unmarked_utf16(start: bytes) -> Encoding | None:
    """Every other octet of a list in UTF-16 is zero, for its separators and most letters."""
    even, odd = start[0:4096:2], start[1:4096:2]
    if len(odd) > 3 and odd.count(0) > 0.4 * len(odd) and even.count(0) < 0.1 * len(even):
        return Encoding(codec="utf-16-le", words="UTF-16 (little endian), without a mark")
    if len(odd) > 3 and even.count(0) > 0.4 * len(even) and odd.count(0) < 0.1 * len(odd):
        return Encoding(codec="utf-16-be", words="UTF-16 (big endian), without a mark")
    return None


def _decodes(file: BinaryIO, encoding: Encoding) -> int | None:
    """Decode the whole file and keep nothing: None when all is well, else about where it failed."""
    decoder = codecs.getincrementaldecoder(encoding.codec)()
    file.seek(encoding.mark)
    at = encoding.mark
    try:
        while chunk := file.read(CHUNK):
            decoder.decode(chunk)
            at += len(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as failure:
        return at + failure.start
    return None
