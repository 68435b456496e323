"""What cannot be read is refused quickly, with a message that says what to do."""

from __future__ import annotations

import random
import time
import zipfile
from contextlib import suppress
from io import BytesIO

import pytest

from briefings.document_import import DocumentRefused, read_document
from tests.briefings.document_import.documents.word import docx, paragraph, wordml

BODY = "The county has closed forty schools, and it has not told anybody which of them come next."
# Far more than a busy machine takes for the inputs below, far less than quadratic time.
SECONDS = 30


def zipped(**files: str) -> bytes:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packing:
        for path, content in files.items():
            packing.writestr(path.replace("__", "/"), content)
    return archive.getvalue()


def with_password() -> bytes:
    """A Word document whose entries say that they need a password."""
    document = bytearray(docx(paragraph(BODY)))
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = document.find(mark)
        while at >= 0:
            document[at + offset] |= 1
            at = document.find(mark, at + 1)
    return bytes(document)


RANDOM_BYTES = random.Random(4).randbytes(5_000)  # noqa: S311  (the same bytes in each run)
ENTITIES = '<!DOCTYPE a [<!ENTITY b "cc">]><a>&b;</a>'
REFUSED: dict[str, tuple[str, bytes, str]] = {
    "empty": ("a.txt", b"", "is empty"),
    "blank": ("a.txt", b" \r\n\t ", "is empty"),
    "no words": ("a.md", b"- \n- \n\n---\n", "contains no words"),
    "only a picture": ("a.html", b'<img src="https://a.org/b.png">', "contains no words"),
    "random bytes": ("a.txt", RANDOM_BYTES, "not text in any encoding"),
    "random bytes as Markdown": ("a.md", RANDOM_BYTES, "not text in any encoding"),
    "random bytes as a page": ("a.html", RANDOM_BYTES, "not text in any encoding"),
    "random bytes as Word": ("a.docx", RANDOM_BYTES, "not a Word document"),
    "UTF-16 without its mark": ("a.txt", BODY.encode("utf-16-le"), "not text in any encoding"),
    "text as Word": ("a.docx", BODY.encode(), "not a Word document"),
    "picture as Word": ("a.docx", b"\x89PNG\r\n\x1a\n" + RANDOM_BYTES, "is a picture"),
    "PDF": ("a.txt", b"%PDF-1.7\n" + RANDOM_BYTES, "is a PDF"),
    "rich text": ("a.rtf", b"{\\rtf1 Words}", "rich text"),
    "old Word": ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + RANDOM_BYTES, "old Word document"),
    "zip": ("a.docx", zipped(notes=BODY), "a zip archive, not a Word document"),
    "empty zip": ("a.docx", zipped(), "a zip archive, not a Word document"),
    "workbook": ("a.xlsx", zipped(xl__workbook="<a/>"), "an Excel workbook"),
    "OpenDocument": ("a.odt", zipped(mimetype="x", **{"content.xml": "<a/>"}), "OpenDocument"),
    "cut off": ("a.docx", docx(paragraph(BODY))[:-40], "damaged or locked"),
    "password": ("a.docx", with_password(), "damaged or locked"),
    "broken XML": ("a.docx", docx(parts={"word/document.xml": "<a><b>"}), "damaged"),
    "other XML": ("a.docx", docx(parts={"word/document.xml": "<a/>"}), "cannot be read as a Word"),
    "entities": ("a.docx", docx(parts={"word/document.xml": ENTITIES}), "declares XML entities"),
    "entities in UTF-16": (
        "a.docx",
        docx(parts={"word/document.xml": ENTITIES.encode("utf-16")}),
        "declares XML entities",
    ),
    "deep XML": (
        "a.docx",
        docx("<w:sdt><w:sdtContent>" * 5_000 + "</w:sdtContent></w:sdt>" * 5_000),
        "nested more than",
    ),
    "bomb": (
        "a.docx",
        docx(parts={"word/document.xml": wordml("document", " " * 60_000_000)}),
        "too large when unpacked",
    ),
    "bomb of elements": ("a.docx", docx("<w:p/>" * 500_000), "too long or too complex"),
    "too many bytes": ("a.txt", b"a" * 50_000_000, "larger than 10 MB"),
    "too many characters": ("a.txt", b"a" * 1_000_000, "1,000,000 characters"),
    "one line of 200,000": ("a.txt", b"word " * 40_000, "at most 150,000"),
    "too many paragraphs": ("a.txt", b"A stop.\n\n" * 20_000, "in 20,000 paragraphs"),
    "too many headings": ("a.md", b"# Head\n\nText.\n\n" * 200, "at most 100 sections"),
    "too many tags": ("a.html", b"<p>" * 1_000_000, "more than 60,000 HTML tags"),
    "deep page": ("a.html", b"<div>" * 5_000, "nested more than 100 deep"),
    "deep quotation": ("a.md", b"> " * 5_000 + b"a", "nested more than 100 deep"),
    "deep list": (
        "a.md",
        "".join("  " * depth + "- a\n" for depth in range(300)).encode(),
        "nested more than 100 deep",
    ),
    "brackets": ("a.md", b"[" * 100_000, "square brackets"),
    "remarks": ("a.md", b"<!--" * 25_000, "more than 500 remarks"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused_with_a_sentence(case: str) -> None:
    name, data, reason = REFUSED[case]
    start = time.process_time()

    with pytest.raises(DocumentRefused) as refusal:
        read_document(data, name=f"/srv/uploads/{name}")

    sentence = str(refusal.value)
    assert sentence.startswith(f"“{name}” ")
    assert reason in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert time.process_time() - start < SECONDS


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html"])
@pytest.mark.parametrize(
    "unit",
    [
        *("a", "word ", ": “", '"', "“", "‘a.’", "x: “a b c d.” X", "- ", "1. ", " by Ada Lane,"),
        *("<a ", '<a ="', "<a ='", "<a b=", "</", "<!", "<!--", "<script>", "&", "&#", "a<br><br>"),
        *("*a ", "_a*", "`", "![", "[a](", "|", "\\", "A\n", "A\n\n", "“a\n\n", "- a\n", "• a\n\n"),
        *("<p>a <b>", "<li>", "<td>", "<table><td>", "https://", "\u00a0", "\t", "=", "Mon 1 "),
        *("{--", "{~~a~>", "%%x ", "[a]: # (\n"),
    ],
)
def test_hostile_input_takes_linear_time(unit: str, name: str) -> None:
    """In quadratic time, these inputs take minutes."""
    source = unit * (100_000 // len(unit))
    start = time.process_time()

    with suppress(DocumentRefused):
        read_document(source.encode(), name=name)

    assert time.process_time() - start < SECONDS


def test_a_long_line_is_read() -> None:
    [section] = read_document(b"Schools share\n\n" + b"and so on " * 14_000, name="a.txt").sections

    assert len(section.html) == len("<p></p>") + 10 * 14_000 - 1


def test_a_damaged_word_document_is_read_or_refused() -> None:
    chance = random.Random(7)  # noqa: S311  (the same damage in each run)
    whole = docx(paragraph("Schools share", style="H1"), paragraph(BODY))
    refused = 0
    for _ in range(200):
        damaged = bytearray(whole)
        for _ in range(3):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            read_document(bytes(damaged), name="a.docx")
        except DocumentRefused:
            refused += 1
    assert refused


def test_a_file_name_is_shown_without_folders_and_escape_codes() -> None:
    name = "C:\\Users\\ines\\\x1b[31m" + "long" * 50 + ".docx"

    with pytest.raises(DocumentRefused) as refusal:
        read_document(b"", name=name)

    assert str(refusal.value).startswith("“" + ("long" * 50 + ".docx")[-80:] + "” is empty.")
