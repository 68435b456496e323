"""From bytes to text: byte-order marks, the signatures of files that are not text, decoding."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """A codec, its name for people, and the length of its byte-order mark, which is not text."""

    codec: str
    label: str
    bom_bytes: int = 0


_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8 with a byte-order mark"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16 (little endian)"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16 (big endian)"),
)
WINDOWS_1252 = "cp1252"
# What to try, in this order, when nobody says how the bytes are encoded, or says it wrongly. The
# last fits any bytes: use it only where something must be shown.
FALLBACKS = (
    Encoding(codec="utf-8", label="UTF-8"),
    Encoding(codec=WINDOWS_1252, label="Windows-1252"),
    Encoding(codec="latin-1", label="Latin-1"),
)
# Codecs of Python's that are not character sets: they compute, some in quadratic time.
_NOT_CHARACTER_SETS = {
    *("idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem")
}


class FileKind(Enum):
    """A kind of file that is known by its first bytes and is not text."""

    ZIP = auto()  # .docx, .xlsx and .odt too
    OLE = auto()  # .doc and .xls, and Office files with a password
    RTF = auto()
    PDF = auto()
    SQLITE = auto()
    GZIP = auto()
    BZIP2 = auto()
    ZSTANDARD = auto()
    XZ = auto()
    PNG = auto()
    JPEG = auto()
    GIF = auto()
    RIFF = auto()  # WebP, AVI, WAV


_SIGNATURES = (
    (b"PK\x03\x04", FileKind.ZIP),
    (b"PK\x05\x06", FileKind.ZIP),  # an empty one
    (b"\xd0\xcf\x11\xe0", FileKind.OLE),
    (b"{\\rtf", FileKind.RTF),
    (b"%PDF", FileKind.PDF),
    (b"SQLite format 3", FileKind.SQLITE),
    (b"\x1f\x8b", FileKind.GZIP),
    (b"BZh", FileKind.BZIP2),
    (b"\x28\xb5\x2f\xfd", FileKind.ZSTANDARD),
    (b"\xfd7zXZ\x00", FileKind.XZ),
    (b"\x89PNG", FileKind.PNG),
    (b"\xff\xd8\xff", FileKind.JPEG),
    (b"GIF8", FileKind.GIF),
    (b"RIFF", FileKind.RIFF),
)


def file_kind(start: bytes) -> FileKind | None:
    """Return the kind of a file by its first bytes; None for text and for unknown kinds."""
    return next((kind for mark, kind in _SIGNATURES if start.startswith(mark)), None)


def encoding_by_mark(start: bytes) -> Encoding | None:
    """Return the encoding that a byte-order mark at the start declares; None without a mark."""
    for mark, codec, label in _BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return Encoding(codec=codec, label=label, bom_bytes=len(mark))
    return None


def decode_any(data: bytes, *, declared: str = "") -> str:
    """Return the text of any bytes: in the declared encoding, or else the first that fits."""
    is_japanese = b"\x1b$" in data or b"\x1b(" in data
    guesses = ["iso-2022-jp" if is_japanese else "", *(one.codec for one in FALLBACKS)]
    return decode_first(data, [declared.strip("\"' ").lower(), *guesses]) or ""


MAC_ROMAN = Encoding(codec="mac_roman", label="Mac Roman")
_SMALL = "a-záàâäãåçéèêëíìîïñóòôöõúùûüßæøœÿ"
_CAPITAL = "A-ZÁÀÂÄÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕÚÙÛÜÆØŒ"
_ANY = _SMALL + _CAPITAL
# Characters beyond ASCII where words have them.
_PLAUSIBLE = re.compile(
    rf"(?<=[{_ANY}])[áàâäãåçéèêëíìîïñóòôöõúùûüßæøœ](?![{_CAPITAL}])"
    rf"|(?<![{_ANY}])[ÁÀÂÄÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕÚÙÛÜÆØŒáàâäéèêíìîóòôöúùûüøæœ](?=[{_SMALL}])"
    r"|(?<=[A-Z])[ÁÀÂÄÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕÚÙÛÜÆØŒ](?![a-z])"
    rf"|(?<=[aeiouyáéíóúý])[šž]|(?<![{_ANY}])[ŠŽ](?=[aeiouyáéíóúý])"
    # Marks as typographers set them: O’Brien, d’Arc, Ada’s, 2019–2020, “so”.
    rf"|(?<![{_ANY}])[{_ANY}]{{1,2}}’(?=[{_ANY}])|’s\b|(?<=\d)–(?=\d)|(?<= )[–—](?= )"
    r"|“(?=\w)|(?<=[\w.!?])”"
)
# Capitals, other characters and marks inside a word, and control characters.
_IMPLAUSIBLE = re.compile(
    rf"(?<=[{_SMALL}])[^\x00-\x7f{_SMALL}šž’–—‘“”…®™]"
    rf"|[^\x00-\x7f{_ANY}’–—‘“”€£ŠŽšžŸ](?=[{_SMALL}])"
    rf"|(?<=[{_SMALL}]{{3}})’(?=[{_SMALL}]{{2}})|(?<=[{_SMALL}])[–—](?=[{_SMALL}])|[\x80-\x9f]"
)


def looks_like_mac_roman(data: bytes, *, other: Encoding) -> bool:
    """Whether bytes make better words in Mac Roman than in the other encoding that fits them.

    Where both make equally good words, lines that end in CR alone decide: only old Macs wrote them.
    """
    mac = _plausibility(data.decode("mac_roman"))
    windows = _plausibility(data.decode(other.codec))
    has_mac_lines = b"\r" in data and b"\n" not in data
    return mac >= windows if has_mac_lines and mac > 0 else mac > windows


def _plausibility(text: str) -> int:
    """Return how many characters beyond ASCII are where words have them, less those elsewhere."""
    return len(_PLAUSIBLE.findall(text)) - 2 * len(_IMPLAUSIBLE.findall(text))


def decode_first(data: bytes, encodings: Iterable[str]) -> str | None:
    """Return the text in the first of these encodings that fits all bytes; None if none does.

    Empty names, names that Python does not know and codecs that are not character sets are passed
    over, so a name that a sender wrote may be among them.
    """
    for encoding in filter(None, encodings):
        try:
            if codecs.lookup(encoding).name not in _NOT_CHARACTER_SETS:
                return data.decode(encoding)
        except (LookupError, ValueError):
            continue
    return None
