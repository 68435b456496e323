"""HTML of Word, Google Docs and web pages is read as its readers see it."""

from __future__ import annotations

import pytest

from briefings.document_import import ImportedDocument, read_document

BODY = "The county has closed forty schools, and it has not told anybody which of them come next."


def read(*body: str, style: str = "") -> ImportedDocument:
    page = f"<html><head><style>{style}</style></head><body><h1>Schools share</h1>{''.join(body)}"
    return read_document(page.encode(), name="a.html")


def html_of(document: ImportedDocument) -> str:
    return "\n".join(section.html for section in document.sections)


# --- hidden, deleted, comments


@pytest.mark.parametrize(
    "attribute",
    ['style="clip:rect(0,0,0,0);position:absolute"', 'style="clip: rect(1px 1px 1px 1px)"',
     'style="clip-path: inset(50%); width: 1px"',
     'style="display:none"', 'style="mso-hide:all"', 'style="visibility: hidden"', "hidden",
     'class="secret"'],
)  # fmt: skip
def test_hidden_words_are_named(attribute: str) -> None:
    document = read(
        f"<p>Nine gates.<span {attribute}> ASK LEGAL</span> Ten bells.</p>",
        style=".secret{display:none}",
    )

    assert html_of(document) == "<p>Nine gates. Ten bells.</p>"
    assert [words.removeprefix("Hidden text: ") for words in document.left_out] == ["ASK LEGAL"]


@pytest.mark.parametrize(
    "attribute",
    ['style="color:white"', "style='color: #FFF'", 'style="font-size:9pt;color:rgb(255, 254, 255)"',
     'style="color:transparent"', 'class="pale"', 'style="color:#000;background:black"',
     'style="opacity:0"', 'style="color:#fefefe !important"', 'style="font-size:0px"',
     'class="tiny"', 'style="max-height:0;overflow:hidden"', 'style="text-indent:-9999px"',
     'style="position:absolute;left:-5000px"'],
)  # fmt: skip
def test_words_that_nobody_sees_are_named(attribute: str) -> None:
    document = read(
        f"<p>Nine gates.<span {attribute}> ASK <b>LEGAL</b></span> Ten bells.</p>",
        style="p{background:#fff} .pale{color:#fff} .tiny{font-size:0}",
    )

    assert html_of(document) == "<p>Nine gates. Ten bells.</p>"
    assert document.left_out == ("Hidden text: ASK LEGAL",)


@pytest.mark.parametrize(
    "markup",
    ['<table bgcolor="#003366"><tr><td style="color:#fff">Read on</td></tr></table>',
     '<div style="background:navy"><p><font color="white">Read on</font></p></div>',
     '<p style="background:url(sea.png) #fff"><span style="color:white">Read on</span></p>',
     '<p style="background-image:linear-gradient(red,blue);color:white">Read on</p>',
     '<p class="dark"><span style="color:white">Read on</span></p>',
     '<div id="head"><p style="color:white">Read on</p></div>',
     '<p style="color:white">Nine. <a href="https://a.example/">Read on</a></p>',
     '<p class="night">Read on</p>', '<p style="color:#999">Read on</p>',
     '<p style="border-color:#fff">Read on</p>', '<p style="font-size:.9em">Read on</p>',
     '<p style="font-size:0"><span style="font-size:12pt">Read on</span></p>',
     '<p style="line-height:0;margin-left:-9px">Read on</p>'],
)  # fmt: skip
def test_pale_words_that_a_reader_sees_stay(markup: str) -> None:
    style = (
        ".dark{background-color:#222} #head{background:#222}"
        if 'id="head"' in markup or "dark" in markup
        else "@media (prefers-color-scheme:dark){.night{color:#fff} p{display:none}}"
    )
    document = read(f"<p>Nine gates.</p>{markup}", style=style)

    assert "Read on" in html_of(document)
    assert "Read on" not in repr(document.left_out)


def test_a_page_all_in_white_is_a_page_in_the_dark() -> None:
    page = '<div style="color:white"><h1>Gates</h1><p>Nine gates.</p></div>'
    document = read_document(page.encode(), name="a.html")
    assert "Nine gates." in html_of(document)


def test_tracked_changes_of_word() -> None:
    document = read(
        '<p class=MsoNormal>It costs <del cite="mailto:Bo">eight</del>'
        '<ins cite="mailto:Bo">nine</ins> pounds.</p>'
    )

    assert html_of(document) == "<p>It costs nine pounds.</p>"
    assert document.left_out == ("Deleted text (tracked change): eight",)


def test_words_that_a_page_shows_struck_are_struck() -> None:
    assert html_of(read("<p>It costs <del>eight</del> nine.</p>")) == (
        "<p>It costs <s>eight</s> nine.</p>"
    )


def test_comments_of_word_and_google_docs_are_named() -> None:
    document = read(
        '<p>The <a style="mso-comment-reference:B_1">price</a><span class=MsoCommentReference>'
        '<a class=msocomanchor href="#_msocom_1">[B1]</a></span> is nine.'
        '<sup><a href="#cmnt1" id="cmnt_ref1">[a]</a></sup></p>'
        '<div style="mso-element:comment-list"><p class=MsoCommentText>Ask legal</p></div>'
        '<div><p><a href="#cmnt_ref1" id="cmnt1">[a]</a><span>Ask Ben</span></p></div>'
    )

    assert html_of(document) == "<p>The price is nine.</p>"
    assert document.left_out == (
        "Comment in the margin: Ask legal",
        "Comment in the margin: [a]Ask Ben",
    )


# --- marks


@pytest.mark.parametrize(
    ("styled", "marked"),
    [
        ('10<span style="vertical-align:super">3</span>', "10<sup>3</sup>"),
        ('H<span style="vertical-align: sub">2</span>', "H<sub>2</sub>"),
        ('<span style="text-decoration:line-through">old</span>', "<s>old</s>"),
        ('<font style="font-weight:bolder">bold</font>', "<strong>bold</strong>"),
        ('<span class="x y">both</span>', "<strong><em>both</em></strong>"),
        ('10<span style="vertical-align:4pt">3</span>', "10<sup>3</sup>"),
        ('10<span style="top:-3pt;mso-text-raise:3.0pt">3</span>', "10<sup>3</sup>"),
        ('H<span style="vertical-align: -25%">2</span>O', "H<sub>2</sub>O"),
        ('<span style="vertical-align:0pt">nine</span>', "nine"),
        ("<q>Quoted</q>", "“Quoted”"),
        ("<ruby>漢<rt>kan</rt></ruby>", "漢 (kan)"),
        ("<math><mfrac><mi>a</mi><mi>b</mi></mfrac></math>", "a/b"),
        ("<math><msup><mi>x</mi><mn>2</mn></msup></math>", "x<sup>2</sup>"),
    ],
)
def test_marks_are_kept_however_they_are_written(styled: str, marked: str) -> None:
    document = read(f"<p>See {styled} here.</p>", style=".x{font-weight:700}.y{font-style:italic}")

    assert html_of(document) == f"<p>See {marked} here.</p>"


# --- structure


def test_bullets_of_filtered_word_are_a_nested_list() -> None:
    def item(bullet: str, words: str, margin: str) -> str:
        return (
            f"<p class=MsoListParagraphCxSpMiddle style='margin-left:{margin};text-indent:-18pt'>"
            f"<span style='font-family:Symbol'>{bullet}<span>&nbsp;&nbsp; </span></span>{words}</p>"
        )

    document = read(
        item("·", "one", "36.0pt"), item("o", "one a", "72.0pt"), item("·", "two", "36.0pt")
    )

    assert html_of(document) == "<ul><li>one<ul><li>one a</li></ul></li><li>two</li></ul>"


def test_lists_of_google_docs_are_nested() -> None:
    document = read(
        '<ul class="lst-kix_a-0"><li>one</li></ul><ul class="lst-kix_a-1"><li>one a</li></ul>'
        '<ul class="lst-kix_a-0"><li>two</li></ul>'
    )

    assert html_of(document) == "<ul><li>one<ul><li>one a</li></ul></li><li>two</li></ul>"


def test_a_bullet_that_holds_nothing_but_a_list_is_none() -> None:
    document = read(
        f"<p>{BODY}</p><ul><li><ul><li>x</li></ul></li></ul>",
        f"<p>{BODY}</p><ul><li>one</li><li><ol start=2><li>y</li></ol></li></ul>",
    )

    assert html_of(document) == (
        f"<p>{BODY}</p>\n<ul><li>x</li></ul>\n<p>{BODY}</p>\n"
        '<ul><li>one<ol start="2"><li>y</li></ol></li></ul>'
    )


def test_a_numbered_item_may_start_with_a_list() -> None:
    clause = '<ol><li><ol type="a"><li>x</li></ol></li><li>two</li></ol>'

    assert html_of(read(f"<p>{BODY}</p>{clause}")) == f"<p>{BODY}</p>\n{clause}"


@pytest.mark.parametrize("name", ["title", "MsoTitle"])
def test_a_paragraph_styled_as_title_is_the_headline(name: str) -> None:
    page = f"<title>Draft 3</title><p class={name}>Schools share</p><p>{BODY}</p><h2>Who pays</h2>"

    assert read_document(f"{page}<p>{BODY}</p>".encode(), name="a.html").title == "Schools share"


@pytest.mark.parametrize(
    "markup",
    [
        '<ol type="a"><li>x</li></ol>',
        '<ol start="4"><li>x</li></ol>',
        '<ol start="-1"><li>x</li></ol>',
        '<ol reversed=""><li>x</li><li>y</li></ol>',
    ],
)
def test_a_list_numbers_as_its_source_does(markup: str) -> None:
    assert html_of(read(f"<p>{BODY}</p>{markup}")) == f"<p>{BODY}</p>\n{markup}"


def test_an_items_own_number_and_a_lists_style_count() -> None:
    document = read(
        f"<p>{BODY}</p><ol><li value=3>x</li><li>y</li><li value=9>z</li></ol>"
        '<ol style="list-style-type:upper-roman"><li>x</li></ol>'
    )

    assert html_of(document) == (
        f'<p>{BODY}</p>\n<ol start="3"><li>x</li><li>y</li></ol>\n<ol start="9"><li>z</li></ol>\n'
        '<ol type="I"><li>x</li></ol>'
    )


def test_footnotes_are_a_numbered_list_and_no_roundup() -> None:
    notes = "".join(
        f'<div><p><a href="#ftnt_ref{at}" id="ftnt{at}">[{at}]</a><span> {BODY}</span></p></div>'
        for at in (1, 2)
    )
    document = read(f'<p>Bells<sup><a href="#ftnt1" id="ftnt_ref1">[1]</a></sup>.</p><hr>{notes}')

    assert [section.kind for section in document.sections] == ["feature"]
    assert html_of(document) == (
        f"<p>Bells<sup>[1]</sup>.</p>\n<ol><li>{BODY}</li><li>{BODY}</li></ol>"
    )


# --- what has no words


def test_films_and_recordings_are_named() -> None:
    document = read(
        f'<p>{BODY}</p><video src="https://a.example/v"></video>'
        '<audio src="https://a.example/a"></audio><embed src="https://a.example/e">'
    )

    assert document.left_out == (
        "A video: https://a.example/v.",
        "A recording: https://a.example/a.",
        "An embedded object: https://a.example/e.",
    )


def test_a_link_without_an_address_is_named() -> None:
    document = read("<p>See <a>the report</a> and <a name=x></a>this.</p>")

    assert html_of(document) == "<p>See the report and this.</p>"
    assert document.left_out == (
        "The link of “the report”, which has no address. Its text is kept.",
    )


def test_addresses_that_mail_filters_wrote_are_read() -> None:
    wrapped = "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fa.example%2Fx&d=1"

    assert html_of(read(f'<p><a href="{wrapped}">x</a> <a href="www.a.example">y</a></p>')) == (
        '<p><a href="https://a.example/x">x</a> <a href="https://www.a.example">y</a></p>'
    )


ROW = "<tr><td>South</td><td>7</td></tr>"
INNER = "<table><tr><td>Adult</td><td>9</td></tr><tr><td>Child</td><td>4</td></tr></table>"


@pytest.mark.parametrize(
    ("cell", "html"),
    [
        (INNER, "<td><table><tbody><tr><td>Adult</td><td>9</td></tr><tr><td>Child</td>"),
        (f"<p>Paid:</p>{INNER}", "<p>Paid:</p><table><tbody>"),
        ("<p>one</p><p>two</p><p>three</p><p>four</p>", "one<br>two<br>three<br>four"),
        ("<blockquote><p>Never.</p></blockquote>", "<blockquote><p>Never.</p></blockquote>"),
        ("<table><tr><td>only <b>one</b></td></tr></table>", "only <strong>one</strong>"),
    ],
)
def test_what_stands_in_a_cell_leaves_the_table_whole(cell: str, html: str) -> None:
    markup = html_of(
        read(
            f"<table><tr><th>Route</th><th>Fare</th></tr><tr><td>North</td><td>{cell}</td></tr>"
            f"{ROW}</table>"
        )
    )

    assert markup.startswith("<table><thead><tr><th>Route</th><th>Fare</th></tr></thead>")
    assert html in markup
    assert markup.endswith(f"{ROW}</tbody></table>")


@pytest.mark.parametrize(
    "cell",
    ["<h2>Fares</h2><p>They rise.</p>", f"<p>{BODY}</p>" * 8, f"<p>a</p>{INNER}{INNER}"],
)
def test_a_table_for_layout_is_read_cell_by_cell(cell: str) -> None:
    markup = html_of(read(f"<table><tr><td>{cell}</td><td>{cell}</td></tr></table>"))
    assert not markup.startswith("<table><tbody><tr><td><")


def test_a_list_in_a_cell_leaves_the_table_whole() -> None:
    table = (
        "<table><tbody><tr><td>North</td><td><ul><li>Quay</li><li>Castle</li></ul></td></tr>"
        "<tr><td>South</td><td>Beach</td></tr></tbody></table>"
    )

    assert html_of(read(f"<p>{BODY}</p>{table}")) == f"<p>{BODY}</p>\n{table}"


def test_footnotes_of_markdown_are_numbered_as_they_are_referred_to() -> None:
    text = (
        "# Schools share\n\nBells.[^b] Gates.[^a] `[^a]` and [^none]\n\n"
        "[^a]: Counted in *May*.\n[^b]: https://a.example/x\n    and more.\n"
    )
    document = read_document(text.encode(), name="a.md")

    assert html_of(document) == (
        "<p>Bells.<sup>[1]</sup> Gates.<sup>[2]</sup> [^a] and [^none]</p>\n"
        "<ol><li>https://a.example/x and more.</li><li>Counted in <em>May</em>.</li></ol>"
    )
    assert [section.kind for section in document.sections] == ["feature"]
