"""Text, HTML, Markdown and Word give the same issue, with what each format can hold."""

from __future__ import annotations

import textwrap
from html import escape
from pathlib import Path

import pytest

from briefings.document_import import ImportedDocument, read_document
from tests.briefings.document_import.documents.word import docx, paragraph, picture, wordml

DOCUMENTS = Path(__file__).parent / "documents"
TEXT = (DOCUMENTS / "the-school-gate.txt").read_text()
HEADINGS = {"Small schools are sharing their staff", "This week in: The School Gate feedback"}
BODY = "The county has closed forty schools, and it has not told anybody which of them come next."


def read(document: str) -> ImportedDocument:
    path = DOCUMENTS / document
    return read_document(path.read_bytes(), name=document, briefing_title="The School Gate")


def body_of(document: ImportedDocument) -> str:
    return "\n".join(section.html for section in document.sections)


# --- one issue, many formats


def as_markdown(*, level: str) -> bytes:
    parts = (level + part if part in HEADINGS else part for part in TEXT.split("\n\n"))
    return "\n\n".join(parts).encode()


def as_page(*, heading: str) -> bytes:
    html = ""
    for part in TEXT.split("\n\n"):
        lines = part.split("\n")
        if len(lines) > 1:
            items = "".join(f"<li>{escape(line.strip(' •'))}</li>" for line in lines)
            html += f"<ul>{items}</ul>"
        else:
            tag = heading if part in HEADINGS else "p"
            html += f"<{tag}>{escape(part)}</{tag}>"
    return f"<!doctype html><title>{min(HEADINGS)}</title><body>{html}".encode()


def as_word(*, style: str, bold: bool, bullets: bool) -> bytes:
    body = []
    for part in TEXT.split("\n\n"):
        heads = part in HEADINGS
        for line in part.split("\n"):
            listed = line.strip().startswith("•") and bullets
            words = line.strip(" •") if listed else line
            body.append(
                paragraph(words, style=style if heads else "", bold=bold and heads, bullet=listed)
            )
    return docx(*body)


def as_wrapped_text() -> str:
    parts = (part if "•" in part else textwrap.fill(part, 72) for part in TEXT.split("\n\n"))
    return "\n\n".join(parts)


FORMATS: dict[str, bytes] = {
    "utf-8-with-mark.txt": TEXT.encode("utf-8-sig"),
    "utf-16.txt": TEXT.encode("utf-16"),
    "utf-16-be.txt": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "windows.txt": TEXT.replace("\n", "\r\n").encode("cp1252"),
    "old-mac.txt": TEXT.replace("\n", "\r").encode(),
    "wrapped.txt": as_wrapped_text().encode(),
    "without-blank-lines.txt": TEXT.replace("\n\n", "\n").encode(),
    "no-headings.md": TEXT.encode(),
    "headings.md": as_markdown(level="## "),
    "headings.html": as_page(heading="h2"),
    "paragraphs.html": as_page(heading="p"),
    "bold.htm": as_page(heading="b"),
    "breaks.html": f"<html>{escape(TEXT).replace(chr(10), '<br>')}</html>".encode(),
    "without-an-extension": as_page(heading="h1"),
    "headings.docx": as_word(style="H1", bold=False, bullets=True),
    "bold.docx": as_word(style="", bold=True, bullets=True),
    "typed.docx": as_word(style="", bold=False, bullets=False),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_issue(name: str) -> None:
    assert read_document(FORMATS[name], name=name) == read("the-school-gate.txt")


def test_a_weekly_issue_as_text() -> None:
    document = read("the-school-gate.txt")

    assert document.title == "Small schools are sharing their staff"
    assert document.strapline == (
        "What heads are not being told, and more weekly insight for governors"
    )
    assert document.byline == "Ines Farrow"
    assert [(section.kind, section.heading) for section in document.sections] == [
        ("feature", "Small schools are sharing their staff"),
        ("feedback", "This week in: The School Gate feedback"),
        ("note", ""),
    ]
    assert document.sections[1].html.count("<li>") == 3
    assert document.sections[1].html.count("<blockquote>") == 2
    assert document.left_out == (
        "Sign up here and The School Gate comes to you by email each Friday.",
        "Ines Farrow",
        "Senior schools correspondent",
        "Share this with a colleague",
        "Has a friend forwarded this briefing to you? Ask for a copy of your own here.",
    )


# --- what only some formats can hold


def test_markdown_keeps_links_emphasis_lists_tables_and_pictures() -> None:
    document = read("the-school-gate.md")
    article, roundup, feedback, _ = (section.html for section in document.sections)

    assert document.byline == "Ines Farrow"
    assert "<strong>village schools</strong>" in article
    assert (
        '<a href="https://council.example.org/clusters?year=3&amp;part=2">county policy</a>'
    ) in article
    assert "<h3>What the county says</h3>" in article
    assert "<th>Cluster</th>" in article
    assert "<td>£340,000</td>" in article
    assert '<img src="https://pictures.example.org/gate.jpg" alt="The gate' in article
    assert "<ol><li>one for a rest,</li>" in roundup
    assert "<blockquote><p>We have shared a head for ten years.</p>" in feedback
    assert "The link to “/plans/four.pdf”, which is not a full web address. Its text is kept." in (
        document.left_out
    )
    assert "layout: post" in document.left_out


def test_layout_tables_are_read_in_order_and_tables_of_figures_are_kept() -> None:
    document = read("the-school-gate.html")

    assert document.title == "Small schools are sharing their staff"
    assert document.strapline.startswith("Eight clusters, forty schools")
    assert document.byline == "Ines Farrow"
    assert [section.kind for section in document.sections] == ["feature", "roundup"]
    html = body_of(document)
    assert "<strong>become <em>county</em></strong> policy.<br>It was never" in html
    assert "<h3>Who pays</h3>" in html
    assert "<strong>£1.2m</strong>" in html
    assert "<caption>Heads who left</caption>" in html
    assert '<td colspan="2">None were replaced</td>' in html
    assert '<img src="https://pictures.example.org/gate.jpg" alt="A gate">' in html


def test_a_pages_code_and_trackers_leave_no_trace_and_the_rest_is_named() -> None:
    document = read("the-school-gate.html")
    everything = repr(document)

    for code in ("Never part of an issue", "color:", "count.example.org", "base64"):
        assert code not in everything
    assert "Read more of this" in body_of(document)
    assert any("A picture (A chart of heads)" in words for words in document.left_out)
    for words in (
        "Hidden text: Preview line for the inbox",
        "Home All briefings",
        "Share on Bluesky | Share on LinkedIn",
        "© 2026 Gate Press",
        "The School Gate, number 31",
        "The link to “javascript:alert(1)”, which is not a full web address. Its text is kept.",
    ):
        assert words in document.left_out


def test_word_keeps_styles_footnotes_and_tables() -> None:
    document = read_document(
        docx(
            paragraph("The School Gate", style="Title"),
            paragraph("What heads are not told", style="Subtitle"),
            paragraph("Schools share", style="H1"),
            paragraph("By Ines Farrow"),
            "<w:p><w:r><w:t>Forty </w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>schools</w:t></w:r>"
            '<w:r><w:footnoteReference w:id="2"/></w:r>'
            "<w:del><w:r><w:delText> never</w:delText></w:r></w:del>"
            "<w:ins><w:r><w:t> share.</w:t></w:r></w:ins></w:p>",
            paragraph("Who pays", style="H2"),
            paragraph("The county."),
            "<w:tbl><w:tr>"
            f"<w:tc>{paragraph('Year')}</w:tc><w:tc>{paragraph('Heads')}</w:tc>"
            "</w:tr></w:tbl>",
            paragraph("Ines Farrow"),
            parts={
                "word/footnotes.xml": wordml(
                    "footnotes",
                    f'<w:footnote w:id="2">{paragraph("Counted in May.")}</w:footnote>',
                )
            },
        ),
        name="issue.docx",
        briefing_title="The School Gate",
    )

    assert (document.title, document.byline) == ("Schools share", "Ines Farrow")
    assert document.strapline == "What heads are not told"
    article, payment = document.sections
    assert article.html == "<p>Forty <strong>schools</strong><sup>[1]</sup> share.</p>"
    assert payment.html == (
        "<p>The county.</p>\n"
        "<table><tbody><tr><td>Year</td><td>Heads</td></tr></tbody></table>\n"
        "<ol><li>Counted in May.</li></ol>"
    )
    assert document.left_out == (
        "The School Gate",
        "Ines Farrow",
        "Deleted text (tracked change): never",
    )


def test_text_outside_the_body_of_a_word_document_is_named() -> None:
    document = read_document(
        docx(
            paragraph("Schools share", style="H1"),
            paragraph(BODY),
            picture(alt="A gate"),
            "<w:p><w:unknown><w:r><w:t>Words in a frame.</w:t></w:r></w:unknown></w:p>",
            parts={
                "word/header1.xml": wordml("hdr", paragraph("Not before Friday")),
                "word/comments.xml": wordml(
                    "comments", f'<w:comment w:id="1">{paragraph("Is this so?")}</w:comment>'
                ),
            },
        ),
        name="issue.docx",
    )

    unusable = "“image1.png” is not an image that we can use. Upload a JPEG, PNG, WebP or GIF."
    assert set(document.left_out) == {
        f"A picture (A gate): {unusable}",
        "Words in a frame.",
        "Page header: Not before Friday",
        "Comment in the margin: Is this so?",
    }


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("<p>one<p>two<div>three</div>four", "<p>one</p>\n<p>two</p>\n<p>three</p>\n<p>four</p>"),
        ("<b>one <i>two</b> three</i>", "<p><strong>one <em>two</em></strong> three</p>"),
        ("one<br><br>two", "<p>one</p>\n<p>two</p>"),
        ("<ul><li>one<ul><li>two</ul></ul>", "<ul><li>one<ul><li>two</li></ul></li></ul>"),
        ("<td>one</td>two<li>three", "<p>one</p>\n<p>two</p>\n<ul><li>three</li></ul>"),
        ("<pre>a\n  b</pre>", "<pre>a\n  b</pre>"),
        ("a < b &amp; c &lt;d&gt;", "<p>a &lt; b &amp; c &lt;d&gt;</p>"),
        ("£1.8&nbsp;bn and&nbsp;more", "<p>£1.8&nbsp;bn and more</p>"),
        (
            "<a title='>' href='https://a.org/\"'>x</a>",
            '<p><a href="https://a.org/&quot;">x</a></p>',
        ),
        ("<dl><dt>one<dd>two</dl>", "<p>one</p>\n<p>two</p>"),
        ("<b style='font-weight:normal'>one</b>", "<p>one</p>"),
        ("one<hr>two", "<p>one</p>\n<hr>\n<p>two</p>"),
        (
            "one <!-- two -- > --> three <tag that never ends",
            "<p>one three &lt;tag that never ends</p>",
        ),
    ],
)
def test_broken_html_is_read_as_browsers_show_it(source: str, html: str) -> None:
    document = read_document(f"<h1>Schools share</h1><p>{BODY}</p>{source}".encode(), name="a.html")

    assert body_of(document).removeprefix(f"<p>{BODY}</p>\n") == html


def test_web_addresses_in_plain_text_become_links() -> None:
    document = read_document(
        f"Schools share\n\n{BODY}\n\nSee https://a.example.org/b?c=d&e.".encode(), name="a.txt"
    )

    assert (
        '<p>See <a href="https://a.example.org/b?c=d&amp;e">https://a.example.org/b?c=d&amp;e</a>.</p>'
    ) in body_of(document)


def test_the_charset_that_a_page_declares_is_used() -> None:
    source = '<html><meta charset="windows-1251"><h1>Школы</h1><p>Сорок школ закрыты.</p>'
    document = read_document(source.encode("windows-1251"), name="a.html")

    assert document.title == "Школы"


@pytest.mark.parametrize("encoding", ["mac_roman", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r"])
def test_text_of_an_old_mac_or_windows_keeps_its_characters(encoding: str, line_end: str) -> None:
    words = "The café’s “first” toll – nine pounds – was paid by Zoë in Orléans."
    text = line_end.join(["Tolls", "", words, "", words])
    document = read_document(text.encode(encoding), name="a.txt")
    assert words in document.sections[0].html
