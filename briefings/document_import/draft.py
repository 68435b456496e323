"""From a document to a draft: choose its source, find head, foot and sections, save the issue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.text import slugify

from briefings.clippings import tick_off
from briefings.document_import.blocks import (
    MAX_CHARACTERS,
    MAX_TITLE,
    Block,
    DocumentRefused,
    Heading,
    ListBlock,
    SourceDocument,
    SourceRole,
    section_html,
    text_of,
)
from briefings.document_import.foot import Foot, read_foot
from briefings.document_import.front_matter import apply_front_matter, split_front_matter
from briefings.document_import.head import read_head
from briefings.document_import.html_source import read_html
from briefings.document_import.lines import (
    collect_lists,
    is_boilerplate,
    split_names,
    split_short_lines,
)
from briefings.document_import.pictures import ImportedPicture, is_in, use_stored
from briefings.document_import.section_headings import demote_long_headings, mark_headings
from briefings.document_import.section_kinds import closing_notes
from briefings.document_import.sections import read_section, split_sections
from briefings.document_import.text_source import read_markdown, read_text
from briefings.document_import.word_source import read_word
from briefings.models import (
    Briefing,
    Contributor,
    Issue,
    RevisionStep,
    Section,
    SectionKind,
)
from briefings.next_drafts import untouched_drafts
from briefings.quotations.rows import keep_quotations
from briefings.richtext import MAX_BODY_CHARS
from newsroom import audit_log
from newsroom.invisible_characters import count_binary_characters, remove_unprintable
from newsroom.text_encodings import (
    FALLBACKS,
    MAC_ROMAN,
    FileKind,
    decode_first,
    encoding_by_mark,
    file_kind,
    looks_like_mac_roman,
)

if TYPE_CHECKING:
    from datetime import datetime

    from newsroom.audit_log import Actor


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedSection:
    """A section of the issue; `kind` is a value of SectionKind, `html` is sanitised."""

    kind: SectionKind
    heading: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedDocument:
    """A document as the parts of an issue; each sentence is in one of them or in `left_out`."""

    title: str
    strapline: str
    byline: str
    sections: tuple[ImportedSection, ...]
    left_out: tuple[str, ...]
    pictures: tuple[ImportedPicture, ...] = ()  # those that are not stored yet
    subject: str = ""
    preheader: str = ""


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
    front_matter = split_front_matter(_decode(data, name=name))
    source = _read_decoded(front_matter.body, extension=extension, name=name)
    apply_front_matter(front_matter, source)
    return source


def _read_decoded(text: str, *, extension: str, name: str) -> SourceDocument:
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
    """Decode by the byte-order mark, or as UTF-8, as the page declares, as Windows or an old Mac.

    What has control characters was decoded by chance and is refused.
    """
    if marked := encoding_by_mark(data):
        text = decode_first(data[marked.bom_bytes :], [marked.codec])
    else:
        utf8, windows, *_ = FALLBACKS
        text = decode_first(data, [utf8.codec, _declared_charset(data)])
        if text is None and (text := decode_first(data, [windows.codec])):
            is_of_a_mac = looks_like_mac_roman(data, other=windows)
            text = decode_first(data, [MAC_ROMAN.codec]) if is_of_a_mac else text
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
    if head.may_be_nameplate and title == head.title:
        below = _sections([*body, *footnotes], title="", foot=foot, name=name)
        if _have_headline(below):
            head.left_out.insert(0, title)
            title, sections = "", below
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
            *_lost_pictures(source, sections),
        ),
        pictures=tuple(source.pictures),
        subject=source.subject,
        preheader=source.preheader,
    )


def _lost_pictures(source: SourceDocument, sections: tuple[ImportedSection, ...]) -> Iterator[str]:
    """Name the pictures that stood in a headline or another line without a place for them."""
    for picture in source.pictures:
        if not any(is_in(section.html, picture) for section in sections):
            yield (
                f"A picture{f' ({picture.alt[:200]})' if picture.alt else ''} outside the text."
                " Upload it in the editor where it belongs."
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
    read = [(heading, *read_section(heading, blocks)) for heading, blocks in parts]
    closing = closing_notes([(kind, blocks) for _, kind, blocks in read])
    sections = [
        _section(heading, SectionKind.NOTE if at in closing else kind, blocks)
        for at, (heading, kind, blocks) in enumerate(read)
    ]
    for section in sections:
        if len(section.html) > MAX_BODY_CHARS:
            raise DocumentRefused(
                f"{name} has a section of {len(section.html):,} characters (“{section.heading}”);"
                f" a section can have at most {MAX_BODY_CHARS:,}. Divide it with headings and"
                " import the document again."
            )
    if foot.note:
        sections.append(_section(foot.note_heading, SectionKind.NOTE, foot.note))
    return tuple(sections)


def _section(heading: str, kind: SectionKind, blocks: list[Block]) -> ImportedSection:
    return ImportedSection(kind=kind, heading=heading, html=section_html(blocks))


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


def _have_headline(sections: tuple[ImportedSection, ...]) -> bool:
    """Whether sections are a weekly's: a note or none, the round-up, then an article."""
    kinds = [section.kind for section in sections if section.heading]
    return (
        len(kinds) > 1
        and kinds[0] == SectionKind.ROUNDUP
        and SectionKind.FEATURE in kinds
        and sections[0].kind in {SectionKind.NOTE, SectionKind.ROUNDUP}
    )


def _title_of_sections(sections: tuple[ImportedSection, ...]) -> str:
    """Return the heading of the first article, else of the first section, as the title."""
    articles = (section.heading for section in sections if section.kind == "feature")
    headings = (section.heading for section in sections)
    return next(filter(None, (*articles, *headings)), "")[:MAX_TITLE]


# --- from an issue to a draft -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """The author of a draft; `notice` tells an editor about a doubtful choice, or is empty."""

    contributor: Contributor
    notice: str


def find_author(document: ImportedDocument, *, briefing: Briefing) -> Author:
    """Return the contributor whom the byline names, else the briefing's lead contributor."""
    names = [document.byline, *split_names(document.byline)]
    for name in filter(None, dict.fromkeys(names)):
        found = Contributor.objects.filter(name__iexact=name).order_by("pk")
        contributor = found.filter(pk=briefing.lead_id).first() or found.first()
        if contributor is not None:
            notice = (
                ""
                if name == document.byline
                else f"An issue has one author. From the byline “{document.byline}”, we chose"
                f" {contributor}."
            )
            return Author(contributor=contributor, notice=notice)
    lead = briefing.lead
    if document.byline:
        notice = (
            f"No contributor is called “{document.byline}”, so the author is the lead contributor,"
            f" {lead}."
        )
    else:
        notice = f"The document names no author, so the author is the lead contributor, {lead}."
    return Author(contributor=lead, notice=notice)


def store_pictures(document: ImportedDocument) -> ImportedDocument:
    """Store a document's pictures as those that are uploaded; return it with their addresses."""
    urls: dict[str, str] = {}
    sections = tuple(
        replace(section, html=use_stored(section.html, document.pictures, urls))
        for section in document.sections
    )
    return replace(document, sections=sections, pictures=())


def save_as_draft(
    document: ImportedDocument, *, briefing: Briefing, at: datetime, by: Actor = None
) -> Issue:
    """Save a document as the briefing's next issue, whole or not at all.

    That is the draft that was made by itself, if nobody has written in it yet, or else a new issue
    with the next number and the first free slot after `at`. Raises ValidationError if the title
    or strapline is too long.
    """
    with transaction.atomic():
        # Locked before the briefing, as everywhere.
        untouched = untouched_drafts(briefing).select_for_update().first()
        # So that two imports at the same time get different numbers and slots.
        locked = Briefing.objects.select_for_update().get(pk=briefing.pk)
        issue = untouched or Issue(briefing=locked, number=locked.next_number())
        if issue.publish_at is None or issue.publish_at <= at:
            issue.publish_at = locked.next_free_slot(after=at)
        issue.title = document.title
        issue.slug = slugify(document.title)[:80].strip("-")
        issue.strapline = document.strapline
        issue.subject, issue.preheader = document.subject, document.preheader
        issue.author = find_author(document, briefing=locked).contributor
        if untouched:
            issue.version += 1
        issue.full_clean()
        issue.save()
        issue.sections.all().delete()
        sections = store_pictures(document).sections
        Section.objects.bulk_create(
            Section(
                issue=issue,
                position=position,
                kind=section.kind,
                heading=section.heading,
                body=section.html,
            )
            for position, section in enumerate(sections)
        )
        tick_off(issue)
        keep_quotations(issue)
        audit_log.record("imported", issue, by=by, left_out=len(document.left_out))
        issue.keep_revision(RevisionStep.IMPORTED, by=by)
    return issue
