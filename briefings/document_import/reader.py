"""Read a document: choose its source, then find head, foot and sections in its blocks."""

from __future__ import annotations

import re
from pathlib import PurePath

from briefings.document_import.block_html import section_html
from briefings.document_import.blocks import (
    Block,
    Heading,
    ListBlock,
    SourceDocument,
    SourceRole,
    text_of,
)
from briefings.document_import.foot import Foot, read_foot
from briefings.document_import.head import read_head
from briefings.document_import.html_source import read_html
from briefings.document_import.imported_document import (
    MAX_CHARACTERS,
    MAX_TITLE,
    DocumentRefused,
    ImportedDocument,
    ImportedSection,
)
from briefings.document_import.markdown_source import read_markdown
from briefings.document_import.sections import (
    demote_long_headings,
    make_section,
    mark_headings,
    split_sections,
)
from briefings.document_import.short_lines import is_boilerplate, split_short_lines
from briefings.document_import.text_source import read_text
from briefings.document_import.typed_lists import collect_lists
from briefings.document_import.word_source import read_word
from briefings.models import SectionKind
from briefings.richtext import MAX_BODY_CHARS
from newsroom.invisible_characters import count_binary_characters, remove_unprintable
from newsroom.text_encodings import FileKind, decode_first, encoding_by_mark, file_kind

MAX_BYTES = 10_000_000
MAX_BLOCKS = 5_000
MAX_SECTIONS = 100
BLOCKS_AT_FOOT = 8

_CHOOSE_THE_TEXT = "Choose the document that has the text."
# What a file is instead of a document that can be read, and what to do about it.
_NOT_READABLE = {
    FileKind.OLE: "an old Word document (.doc), or a document locked with a password. Open it in"
    " Word and save it as .docx without a password.",
    FileKind.PDF: "a PDF. Save the document it was made from as .docx, or copy the text into a new"
    " file.",
    FileKind.RTF: "a rich text file (.rtf). Open it in Word and save it as .docx.",
    FileKind.PNG: f"a picture. {_CHOOSE_THE_TEXT}",
    FileKind.JPEG: f"a picture. {_CHOOSE_THE_TEXT}",
    FileKind.GIF: f"a picture. {_CHOOSE_THE_TEXT}",
    FileKind.RIFF: f"a picture or a video. {_CHOOSE_THE_TEXT}",
}
_UNTITLED = "Untitled issue"
_HTML_START = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype\s+html|html|body|head)\b", re.IGNORECASE
)
_HTML_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w-]{3,20})", re.IGNORECASE)
_CHARSETS = ("windows-125", "iso-8859-", "koi8-", "shift_jis", "gb", "big5", "euc-")


def read_document(data: bytes, *, name: str, briefing_title: str = "") -> ImportedDocument:
    """Return a text, HTML, Markdown or Word document as the parts of an issue.

    The extension of `name` tells the format. `briefing_title` is left out where it stands above
    the headline. Changes nothing. Raises DocumentRefused with a message for the editor.
    """
    shown_name = _shown_name(name)
    if len(data) > MAX_BYTES:
        raise DocumentRefused(
            f"{shown_name} is larger than {MAX_BYTES // 1_000_000} MB."
            " Take the pictures out, or copy the article into a new document."
        )
    if not data.strip():
        raise DocumentRefused(f"{shown_name} is empty. {_CHOOSE_THE_TEXT}")
    source = _read_source(data, extension=PurePath(name).suffix.lower(), name=shown_name)
    return _to_issue(source, name=shown_name, briefing_title=briefing_title)


# --- from bytes to blocks --------------------------------------------------------------------


def _read_source(data: bytes, *, extension: str, name: str) -> SourceDocument:
    kind = file_kind(data)
    if kind in _NOT_READABLE:
        raise DocumentRefused(f"{name} is {_NOT_READABLE[kind]}")
    if kind is FileKind.ZIP:
        return read_word(data, name=name)
    if extension in {".docx", ".docm", ".doc", ".dotx"}:
        raise DocumentRefused(
            f"{name} is not a Word document, although its name says so."
            " Open it in the program it was written in and save it as .docx."
        )
    text = _decode(data, name=name)
    if extension in {".html", ".htm", ".xhtml"} or _HTML_START.match(text):
        return read_html(text, name=name)
    if len(text) > MAX_CHARACTERS:
        raise DocumentRefused(
            f"{name} has {len(text):,} characters; we can read up to {MAX_CHARACTERS:,}."
            " Import one issue at a time."
        )
    if extension in {".md", ".markdown", ".mdown"}:
        return read_markdown(text, name=name)
    return read_text(text)


def _decode(data: bytes, *, name: str) -> str:
    """Decode by the byte-order mark, or as UTF-8, the charset that a page declares, or cp1252.

    What has control characters was decoded by chance and is refused.
    """
    if marked := encoding_by_mark(data):
        text = decode_first(data[marked.bom_bytes :], [marked.codec])
    else:
        text = decode_first(data, ["utf-8", _declared_charset(data), "cp1252"])
    if text is None or count_binary_characters(text):
        raise DocumentRefused(
            f"{name} contains bytes that are not text in any encoding we can read. Open it in the"
            " program it was written in and save it as UTF-8 text, HTML, Markdown or .docx."
        )
    return text


def _declared_charset(data: bytes) -> str:
    found = _HTML_CHARSET.search(data, 0, 4_096)
    charset = found[1].decode("ascii", "replace").lower() if found else ""
    return charset if charset.startswith(_CHARSETS) else ""


def _shown_name(name: str) -> str:
    """Return a document's name for messages: without folders, in quotation marks, not too long."""
    last = re.split(r"[/\\]", remove_unprintable(name))[-1]
    return f"“{last[-80:]}”" if last and last != "-" else "The document"


# --- from blocks to an issue -----------------------------------------------------------------


def _to_issue(source: SourceDocument, *, name: str, briefing_title: str) -> ImportedDocument:
    _check_length(source, name=name)
    blocks, footnotes = _split_footnotes(demote_long_headings(collect_lists(source.blocks)))
    source.blocks = blocks
    if not any(text_of(block).strip() for block in blocks):
        raise DocumentRefused(f"{name} contains no words. {_CHOOSE_THE_TEXT}")
    headline_is_marked = any(isinstance(block, Heading) for block in blocks)
    head = read_head(source, briefing_title=briefing_title, lines_at_foot=_lines_at_foot(blocks))
    foot = read_foot(head.body, byline=head.byline)
    body, boilerplate = _split_boilerplate(foot.body)
    body = mark_headings(body, headline_is_marked=headline_is_marked)
    title = head.title or source.page_title
    has_headings = any(isinstance(block, Heading) for block in body)
    if not title and not has_headings:
        title = head.strapline[:MAX_TITLE] or briefing_title or _UNTITLED
    sections = _sections([*body, *footnotes], title=title, foot=foot, name=name)
    strapline = head.strapline
    if not title:
        title = _title_of_sections(sections)
    if title == strapline:
        strapline = ""
    return ImportedDocument(
        title=title or briefing_title or _UNTITLED,
        strapline=strapline,
        byline=foot.byline,
        sections=sections,
        left_out=(
            *head.left_out,
            *boilerplate,
            *foot.left_out,
            *source.left_out,
            *([source.page_title] if source.page_title not in {"", title} else []),
        ),
    )


def _check_length(source: SourceDocument, *, name: str) -> None:
    length = sum(len(text_of(block)) for block in source.blocks)
    if length > MAX_CHARACTERS or len(source.blocks) > MAX_BLOCKS:
        raise DocumentRefused(
            f"{name} has {length:,} characters in {len(source.blocks):,} paragraphs; we can read"
            f" up to {MAX_CHARACTERS:,} characters in {MAX_BLOCKS:,} paragraphs."
            " Import one issue at a time."
        )


def _sections(
    body: list[Block], *, title: str, foot: Foot, name: str
) -> tuple[ImportedSection, ...]:
    parts = list(split_sections(body, opening=title))
    if len(parts) > MAX_SECTIONS:
        raise DocumentRefused(
            f"{name} has {len(parts)} headings; an issue can have at most {MAX_SECTIONS} sections."
            " Import one issue at a time."
        )
    sections = [make_section(heading, blocks) for heading, blocks in parts]
    for section in sections:
        if len(section.html) > MAX_BODY_CHARS:
            raise DocumentRefused(
                f"{name} has a section of {len(section.html):,} characters (“{section.heading}”);"
                f" a section can have at most {MAX_BODY_CHARS:,}. Divide it with headings and"
                " import the document again."
            )
    if foot.note:
        sections.append(
            ImportedSection(
                kind=SectionKind.NOTE, heading=foot.note_heading, html=section_html(foot.note)
            )
        )
    return tuple(sections)


def _split_footnotes(blocks: list[Block]) -> tuple[list[Block], list[Block]]:
    """Split off the footnotes that end a Word document, below its sign-off."""
    last = blocks[-1] if blocks else None
    if isinstance(last, ListBlock) and last.role is SourceRole.FOOTNOTES:
        return blocks[:-1], [last]
    return blocks, []


def _split_boilerplate(blocks: list[Block]) -> tuple[list[Block], list[str]]:
    """Return the blocks without boilerplate, and the boilerplate's text."""
    kept = [block for block in blocks if not is_boilerplate(block)]
    return kept, [text_of(block) for block in blocks if is_boilerplate(block)]


def _lines_at_foot(blocks: list[Block]) -> list[str]:
    lines: list[Block] = []
    for block in blocks[-BLOCKS_AT_FOOT:]:
        lines += split_short_lines(block) or (block,)
    return [text_of(line) for line in lines]


def _title_of_sections(sections: tuple[ImportedSection, ...]) -> str:
    """Return the heading of the first article, else of the first section, as the title."""
    articles = (section.heading for section in sections if section.kind == "feature")
    headings = (section.heading for section in sections)
    return next(filter(None, (*articles, *headings)), "")[:MAX_TITLE]
