"""Read Word documents (.docx), by way of HTML."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from html import escape
from xml.parsers import expat

import mammoth

from briefings.document_import.blocks import DocumentRefused, SourceDocument, paragraph_texts
from briefings.document_import.html_source import read_html
from briefings.document_import.pictures import EmbeddedPicture
from briefings.document_import.word_markup import LIST_NUMBER, prepare_markup
from briefings.document_import.word_pictures import PICTURE, WordPicture
from briefings.images import MAX_BYTES as MAX_PICTURE_BYTES
from briefings.images import ImageRefused

MAX_PARTS = 2_000
MAX_XML = 20_000_000  # bytes, unpacked
MAX_XML_DEPTH = 200
MAX_ELEMENTS = 80_000  # about four seconds of reading

# What zipfile raises for a damaged archive; RuntimeError stands for a password.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError),
    *(UnicodeDecodeError, ValueError),
)
_PICTURE_SRC = "word-picture-"
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
_FOOTNOTE_BACKLINK = re.compile(r' ?<a href="#(?:foot|end)note-ref-\d{1,9}">↑</a>')
_NUMBERED_ITEM = re.compile(f"<li>{LIST_NUMBER.pattern}")
_FOOTNOTE_NUMBER = re.compile(r"\[\d{1,3}\]")
# The parts that are read; properties, templates and the data of add-ins are not the text.
_XML_PART = re.compile(
    r"^(?:\[Content_Types\]\.xml|_rels/\.rels"
    r"|word/(?:_rels/[^/]+\.rels|(?:charts/chart|diagrams/data)\d*\.xml|(?:document|styles|numbering"
    r"|footnotes|endnotes|comments|header|footer)\d*\.xml))$",
    re.IGNORECASE,
)
_MARKS = re.compile(f"\ue0f0[^\ue0f1]*\ue0f1|{PICTURE.pattern}")
_WHERE_OUTSIDE = {
    "header": "Page header: ",
    "footer": "Page footer: ",
    "comments": "Comment in the margin: ",
    "footnotes": "Note to words that are left out: ",
    "endnotes": "Note to words that are left out: ",
}
_OUTSIDE_BODY = re.compile(r"^word/(header|footer|comments|footnotes|endnotes)\d*\.xml$")


def read_word(data: bytes, *, name: str) -> SourceDocument:
    """Return the blocks of a .docx; what it holds outside its body is named as left out."""
    parts = _unpack(data, name=name)
    elements = sum(_scan(xml, name=name).elements for xml in parts.values())
    _check_elements(elements, name=name)
    prepared = prepare_markup(parts)
    html = _FOOTNOTE_BACKLINK.sub("", _convert(_repack(prepared.parts), name=name))
    document = read_html(
        _with_pictures(_with_list_numbers(html), prepared.pictures),
        name=name,
        embedded={
            f"{_PICTURE_SRC}{number}": EmbeddedPicture(
                name=picture.path,
                read=partial(_read_picture, data, picture.path),
                crop=picture.crop,
            )
            for number, picture in enumerate(prepared.pictures)
            if picture.path
        },
    )
    scanned = {path: _scan(xml, name=name) for path, xml in prepared.parts.items()}
    document.left_out += [
        *prepared.left_out,
        *_missing_pictures(html, prepared.pictures),
        *_missing_text(scanned, document),
    ]
    return document


def _with_pictures(html: str, pictures: list[WordPicture]) -> str:
    """Put an `img` in the place of each mark."""

    def image(found: re.Match[str]) -> str:
        number = int(found[1])
        if number >= len(pictures):
            return ""
        src = pictures[number].address or f"{_PICTURE_SRC}{number}"
        return f'<img src="{escape(src)}" alt="{escape(pictures[number].alt)}">'

    return PICTURE.sub(image, html)


def _missing_pictures(html: str, pictures: list[WordPicture]) -> Iterator[str]:
    """Name the pictures in drawings that the converter does not read."""
    seen = {int(found[1]) for found in PICTURE.finditer(html)}
    named = {pictures[number] for number in seen if number < len(pictures)}
    for picture in pictures:
        if picture not in named:
            named.add(picture)
            yield (
                f"A picture{f' ({picture.alt[:200]})' if picture.alt else ''} in a drawing. Upload"
                " it in the editor where it belongs."
            )


def _read_picture(data: bytes, path: str) -> bytes:
    """Return a picture's bytes, or one more than an image may have."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(path) as part:
            return part.read(MAX_PICTURE_BYTES + 1)
    except (KeyError, *_DAMAGE) as broken:
        raise ImageRefused(
            f"“{path.rpartition('/')[2]}” is missing or damaged in the document. Upload it in the"
            " editor."
        ) from broken


def _with_list_numbers(html: str) -> str:
    """Turn the numbers at the start of list items into attributes of the items."""
    numbered = _NUMBERED_ITEM.sub(r'<li value="\2" type="\3">\1', html)
    return LIST_NUMBER.sub(r"\1", numbered)


def _unpack(data: bytes, *, name: str) -> dict[str, bytes]:
    """Return the XML parts, up to a limit; pictures stay packed until one is read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_kind({entry.filename for entry in entries}, name=name)
            wanted = [entry for entry in entries if _XML_PART.search(entry.filename)]
            size = sum(entry.file_size for entry in wanted)
            if len(entries) > MAX_PARTS or size > MAX_XML:
                raise DocumentRefused(
                    f"{name} is too large when unpacked ({len(entries):,} parts,"
                    f" {size / 1_000_000:,.0f} MB of text). Copy the article alone into a new"
                    " document and import that."
                )
            return {entry.filename: archive.read(entry) for entry in wanted}
    except _DAMAGE as broken:
        raise DocumentRefused(
            f"{name} is damaged or locked with a password."
            " Open it in Word, save it without a password and try again."
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
    raise DocumentRefused(f"{name} is {kind}, not a Word document. Save the text as .docx.")


def _repack(parts: dict[str, bytes]) -> io.BytesIO:
    """Return an archive of the checked parts alone, so that the converter reaches nothing else."""
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
            # Pictures have become marks. Any left is never opened: it may be a file of ours.
            convert_image=mammoth.images.img_element(lambda _: {"src": ""}),
        )
    except Exception as broken:
        raise DocumentRefused(
            f"{name} cannot be read as a Word document."
            " Open it in Word, save it as .docx again and try again."
        ) from broken
    return str(result.value)


def _missing_text(scanned: dict[str, _Part], document: SourceDocument) -> list[str]:
    """Return the text of headers, footers and comments, and what the converter passed over."""
    read = {_alphanumeric(words) for words in paragraph_texts(document.blocks)}
    everything = "".join(map(_alphanumeric, paragraph_texts(document.blocks)))
    named: dict[str, None] = {}
    for path, part in scanned.items():
        outside = _OUTSIDE_BODY.match(path)
        if outside is None and path != "word/document.xml":
            continue
        for words in part.paragraphs:
            key = _alphanumeric(words)
            if key and key not in read and key not in everything:
                where = _WHERE_OUTSIDE[outside[1]] if outside else ""
                named[f"{where}{_MARKS.sub('', words)}"] = None
    return list(named)


def _alphanumeric(text: str) -> str:
    """Return the letters and digits alone, without footnote numbers, to compare texts by."""
    return "".join(
        char for char in _MARKS.sub("", _FOOTNOTE_NUMBER.sub("", text)) if char.isalnum()
    )


# --- a part, looked through before the converter builds a tree of it --------------------------

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main "


@dataclass(slots=True)
class _Part:
    """How many elements a part has, and the text of its paragraphs."""

    elements: int = 0
    paragraphs: list[str] = field(default_factory=list)


def _scan(xml: bytes, *, name: str) -> _Part:
    """Count a part's elements and collect its paragraphs; refuse entities and deep nesting."""
    scanner = _PartScanner(name=name)
    try:
        scanner.expat.Parse(xml, True)
    except expat.ExpatError as broken:
        raise DocumentRefused(
            f"{name} is a damaged Word document. Open it in Word, save it again and try again."
        ) from broken
    return scanner.part


def _check_elements(elements: int, *, name: str) -> None:
    """Refuse a document, or a part of one, with too many elements."""
    if elements > MAX_ELEMENTS:
        raise DocumentRefused(
            f"{name} is too long or too complex to be an issue."
            " Copy the article alone into a new document and import that."
        )


class _PartScanner:
    """Reads a part without building a tree of it."""

    def __init__(self, *, name: str) -> None:
        self.name = name
        self.part = _Part()
        self.expat = expat.ParserCreate(namespace_separator=" ")
        self.expat.buffer_text = True
        self.expat.StartDoctypeDeclHandler = self._doctype
        self.expat.StartElementHandler = self._start
        self.expat.EndElementHandler = self._end
        self.expat.CharacterDataHandler = self._text
        self._depth = 0
        self._paragraphs: list[list[str]] = []
        self._in_text = False

    def _doctype(self, *_: object) -> None:
        raise DocumentRefused(
            f"{self.name} declares XML entities, which Word documents never do."
            " Open it in Word, save it again and try again."
        )

    def _start(self, tag: str, _: object) -> None:
        self.part.elements += 1
        self._depth += 1
        _check_elements(self.part.elements, name=self.name)
        if self._depth > MAX_XML_DEPTH:
            raise DocumentRefused(
                f"{self.name} has elements nested more than {MAX_XML_DEPTH} deep. Copy the article"
                " alone into a new document and import that."
            )
        if tag in {f"{_WORD}p", f"{_STRICT}p"}:
            self._paragraphs.append([])
        self._in_text = tag in {f"{_WORD}t", f"{_STRICT}t"}

    def _end(self, tag: str) -> None:
        self._depth -= 1
        self._in_text = False
        if tag in {f"{_WORD}p", f"{_STRICT}p"} and self._paragraphs:
            words = " ".join("".join(self._paragraphs.pop()).split())
            if words:
                self.part.paragraphs.append(words)
        elif tag in {f"{_WORD}tab", f"{_WORD}br"} and self._paragraphs:
            self._paragraphs[-1].append(" ")

    def _text(self, text: str) -> None:
        if self._in_text and self._paragraphs:
            self._paragraphs[-1].append(text)
