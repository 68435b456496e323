"""A part of a Word document, looked through before a library builds a tree of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from briefings.document_import.documents import DocumentRefused

MAX_DEPTH = 200
MAX_ELEMENTS = 80_000  # about four seconds of reading
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main "


@dataclass(slots=True)
class Part:
    """How large a part is, and the words of its paragraphs."""

    elements: int = 0
    paragraphs: list[str] = field(default_factory=list)


def scan(xml: bytes, *, name: str) -> Part:
    """Count a part's elements and collect its paragraphs; refuse entities and deep nesting."""
    parser = _Parser(name=name)
    try:
        parser.expat.Parse(xml, True)
    except expat.ExpatError as broken:
        raise DocumentRefused(
            f"{name} is a damaged Word document. Open it in Word, save it anew and try again."
        ) from broken
    return parser.part


def check_size(elements: int, *, name: str) -> None:
    """Refuse a document, or a part of one, with too many elements."""
    if elements > MAX_ELEMENTS:
        raise DocumentRefused(
            f"{name} is too long or too intricate to be an issue."
            " Copy the article alone into a new document and import that."
        )


class _Parser:
    def __init__(self, *, name: str) -> None:
        self.name = name
        self.part = Part()
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
            f"{self.name} declares entities, which no Word document does."
            " Open it in Word, save it anew and try again."
        )

    def _start(self, tag: str, _: object) -> None:
        self.part.elements += 1
        self._depth += 1
        check_size(self.part.elements, name=self.name)
        if self._depth > MAX_DEPTH:
            raise DocumentRefused(
                f"{self.name} is nested more than {MAX_DEPTH} deep, which no issue needs."
                " Copy the article alone into a new document and import that."
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
