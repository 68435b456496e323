"""Word documents (.docx) to blocks, by way of HTML."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

import mammoth

from briefings.document_import.blocks import Reading, leaves
from briefings.document_import.documents import DocumentRefused
from briefings.document_import.web import read_page
from briefings.document_import.wordxml import Part, check_size, scan

MAX_PARTS = 2_000
MAX_XML = 20_000_000  # bytes, unpacked

_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p.strapline:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
p[style-name='Block Text'] => blockquote > p:fresh
r[style-name='Emphasis'] => em
u => u
strike => s
"""
_BACK_TO_TEXT = re.compile(r' ?<a href="#(?:foot|end)note-ref-\d{1,9}">↑</a>')
_NOTE_MARK = re.compile(r"\[\d{1,3}\]")
_XML = re.compile(r"\.(?:xml|rels)$", re.IGNORECASE)
_ELSEWHERE = re.compile(r"^word/(?:(header|footer)\d*|comments)\.xml$")


def read_word(data: bytes, *, name: str) -> Reading:
    """Read a .docx; what it holds outside its running text is named as left out."""
    parts = _unpack(data, name=name)
    scanned = {path: scan(xml, name=name) for path, xml in parts.items()}
    check_size(sum(part.elements for part in scanned.values()), name=name)
    html = _BACK_TO_TEXT.sub("", _convert(_repack(parts), name=name))
    reading = read_page(html, name=name)
    reading.left_out += _unread(scanned, reading)
    return reading


def _unpack(data: bytes, *, name: str) -> dict[str, bytes]:
    """Read the XML parts within bounds; pictures stay packed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_kind({entry.filename for entry in entries}, name=name)
            wanted = [entry for entry in entries if _XML.search(entry.filename)]
            size = sum(entry.file_size for entry in wanted)
            if len(entries) > MAX_PARTS or size > MAX_XML:
                raise DocumentRefused(
                    f"{name} unpacks to more than an issue can need ({len(entries):,} parts,"
                    f" {size / 1_000_000:,.0f} MB of text). Save it anew in Word and try again."
                )
            return {entry.filename: archive.read(entry) for entry in wanted}
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        OSError,
        RuntimeError,  # what zipfile says to a password
        UnicodeDecodeError,
        ValueError,
    ) as broken:
        raise DocumentRefused(
            f"{name} is a damaged or locked Word document."
            " Open it in Word, save it anew without a password and try again."
        ) from broken


def _check_kind(paths: set[str], *, name: str) -> None:
    if any(path.startswith("word/") for path in paths):
        return
    kinds = {
        "xl/": "an Excel workbook",
        "ppt/": "a PowerPoint presentation",
        "content.xml": "an OpenDocument file",
    }
    kind = next(
        (kind for start, kind in kinds.items() if any(path.startswith(start) for path in paths)),
        "a zip archive",
    )
    raise DocumentRefused(f"{name} is {kind} and no Word document. Save the text as .docx.")


def _repack(parts: dict[str, bytes]) -> io.BytesIO:
    """Pack what has been checked, so that nothing else can be reached."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, xml in parts.items():
            archive.writestr(path, xml)
    packed.seek(0)
    return packed


def _convert(packed: io.BytesIO, *, name: str) -> str:
    try:
        result = mammoth.convert_to_html(
            packed,
            style_map=_STYLES,
            include_embedded_style_map=False,
            convert_image=mammoth.images.img_element(lambda _: {"src": ""}),
        )
    except Exception as broken:
        raise DocumentRefused(
            f"{name} is no Word document that can be read, or a damaged one."
            " Open it in Word, save it anew as .docx and try again."
        ) from broken
    return str(result.value)


def _unread(scanned: dict[str, Part], reading: Reading) -> list[str]:
    """Name the words of headers, footers, comments, and of whatever the converter passed over."""
    read = {_letters(words) for words in leaves(reading.blocks)}
    everything = "".join(map(_letters, leaves(reading.blocks)))
    named: dict[str, None] = {}
    for path, part in scanned.items():
        elsewhere = _ELSEWHERE.match(path)
        if elsewhere is None and path != "word/document.xml":
            continue
        for words in part.paragraphs:
            letters = _letters(words)
            if letters and letters not in read and letters not in everything:
                where = (
                    {"header": "Page header: ", "footer": "Page footer: "}.get(
                        elsewhere[1] or "", "Comment in the margin: "
                    )
                    if elsewhere
                    else ""
                )
                named[f"{where}{words}"] = None
    return list(named)


def _letters(words: str) -> str:
    """Letters and digits alone, without the marks of notes, by which words are found again."""
    return "".join(sign for sign in _NOTE_MARK.sub("", words) if sign.isalnum())
