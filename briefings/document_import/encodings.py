"""Bytes to text, in the encodings that office programs write."""

import codecs
import re

from briefings.document_import.documents import DocumentRefused

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS = re.compile("[\x00-\x08\x0e-\x19\x1b-\x1f]")
_DECLARED = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w-]{3,20})", re.IGNORECASE)
# Only alphabets: some of Python's codecs unpack or compute.
_ALPHABETS = ("windows-125", "iso-8859-", "koi8-", "shift_jis", "gb", "big5", "euc-")


def decode(data: bytes, *, name: str) -> str:
    """Decode UTF-8, UTF-16 with its mark, a page's declared alphabet, or cp1252, in this order."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _checked(_strict(data[len(mark) :], encoding), name=name)
    return _checked(
        _strict(data, "utf-8") or _strict(data, _declared(data)) or _strict(data, "cp1252"),
        name=name,
    )


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding) if encoding else None
    except (UnicodeDecodeError, LookupError):
        return None


def _declared(data: bytes) -> str:
    found = _DECLARED.search(data, 0, 4_096)
    encoding = found[1].decode("ascii", "replace").lower() if found else ""
    return encoding if encoding.startswith(_ALPHABETS) else ""


def _checked(text: str | None, *, name: str) -> str:
    """Refuse what decodes by chance: text holds no control characters but tabs and line ends."""
    if text is None or _CONTROLS.search(text):
        raise DocumentRefused(
            f"{name} holds bytes that are no text in any encoding known here."
            " Open it where it was written and save it as UTF-8 text, HTML, Markdown or .docx."
        )
    return text
