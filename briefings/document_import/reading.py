"""A document's bytes to an issue's parts: which kind it is, and who reads it."""

from __future__ import annotations

import re
from pathlib import PurePath

from briefings.document_import.blocks import Reading
from briefings.document_import.documents import MAX_CHARACTERS, DocumentRefused, ImportedDocument
from briefings.document_import.encodings import decode
from briefings.document_import.markdown import read_markdown
from briefings.document_import.plain import read_plain
from briefings.document_import.structure import arrange
from briefings.document_import.web import read_page
from briefings.document_import.word import read_word

MAX_BYTES = 10_000_000
# Kinds that are known by how they begin, and what to do with them.
_OTHERS = (
    (b"\xd0\xcf\x11\xe0", "an old Word document (.doc) or one locked with a password",
     "Open it in Word and save it as .docx without a password."),
    (b"%PDF", "a PDF", "Save the text it was made from as .docx, or copy it into a text file."),
    (b"{\\rtf", "a rich-text file (.rtf)", "Open it in Word and save it as .docx."),
    (b"\x89PNG", "a picture", "Choose the document that has the text."),
    (b"\xff\xd8\xff", "a picture", "Choose the document that has the text."),
    (b"GIF8", "a picture", "Choose the document that has the text."),
    (b"RIFF", "a picture or a film", "Choose the document that has the text."),
)  # fmt: skip
_PAGE = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype\s+html|html|body|head)\b", re.IGNORECASE
)


def read_document(data: bytes, *, name: str, masthead: str = "") -> ImportedDocument:
    """Read text, HTML, Markdown or .docx; `name` tells the kind by its ending.

    `masthead` is the briefing's title: above the headline it is left out. Changes nothing.
    Raises DocumentRefused with a sentence for the editor.
    """
    called = _called(name)
    if len(data) > MAX_BYTES:
        raise DocumentRefused(
            f"{called} has more than {MAX_BYTES // 1_000_000} MB, which no issue needs."
            " Take the pictures out, or copy the article into a new document."
        )
    if not data.strip():
        raise DocumentRefused(f"{called} is empty. Choose the document that has the text.")
    return arrange(_read(data, name=name, called=called), name=called, masthead=masthead)


def _read(data: bytes, *, name: str, called: str) -> Reading:
    for start, kind, advice in _OTHERS:
        if data.startswith(start):
            raise DocumentRefused(f"{called} is {kind}. {advice}")
    ending = PurePath(name).suffix.lower()
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return read_word(data, name=called)
    if ending in {".docx", ".docm", ".doc", ".dotx"}:
        raise DocumentRefused(
            f"{called} is no Word document, whatever its name says."
            " Open it where it was written and save it as .docx."
        )
    text = decode(data, name=called)
    if ending in {".html", ".htm", ".xhtml"} or _PAGE.match(text):
        return read_page(text, name=called)
    if len(text) > MAX_CHARACTERS:
        raise DocumentRefused(
            f"{called} has {len(text):,} characters; up to {MAX_CHARACTERS:,} can be read."
            " Import one issue at a time."
        )
    if ending in {".md", ".markdown", ".mdown"}:
        return read_markdown(text, name=called)

    return read_plain(text)


def _called(name: str) -> str:
    """A document's name as messages say it: without folders, in quotation marks, not too long."""
    last = re.split(r"[/\\]", "".join(sign for sign in name if sign.isprintable()))[-1]
    return f"“{last[-80:]}”" if last and last != "-" else "The document"
