"""HTML of Word, Google Docs and web pages is read as its readers see it."""

from __future__ import annotations

import re

import pytest

from briefings.document_import import ImportedDocument, read_document
from briefings.document_import.blocks import Picture, RichText, Run

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


@pytest.mark.parametrize(
    "name",
    ["sr-only", "visually-hidden", "screen-reader-text", "govuk-visually-hidden", "show-for-sr",
     "u-visuallyHidden", "slds-assistive-text"],
)  # fmt: skip
def test_words_for_screen_readers_alone_are_named(name: str) -> None:
    document = read(
        f'<p>Nine <a href="https://a.example/">gates<i class="{name}"> (new)</i></a>.</p>'
    )

    assert html_of(document) == '<p>Nine <a href="https://a.example/">gates</a>.</p>'
    assert document.left_out == ("Hidden text: (new)",)


@pytest.mark.parametrize(
    "name",
    ["usr-only", "answer-text", "sr", "only", "not-sr-only", "sm:not-sr-only"],
)
def test_a_class_that_only_sounds_so_hides_nothing(name: str) -> None:
    assert html_of(read(f'<p class="{name}">Nine gates.</p>')) == "<p>Nine gates.</p>"


@pytest.mark.parametrize(
    ("rule", "markup", "html"),
    [
        ("del{display:none}", "<p>Ten <del>nine</del> bells.</p>", "<p>Ten bells.</p>"),
        ("#aside{visibility:hidden}", "<p>Ten</p><div id=aside>Nine</div>", "<p>Ten</p>"),
        (".art .no{display:none}", "<div class=art><p>Ten</p><p class=no>9</div>", "<p>Ten</p>"),
        (".art > .no{display:none}", "<div class=art><b><i class=no>Ten</i></b></div>",
         "<p><strong><em>Ten</em></strong></p>"),
        ("p.no.no2{display:none}", "<p class=no>Ten</p><p class='no2 no'>Nine</p>", "<p>Ten</p>"),
        (".no{display:none} p.no{display:block}", "<p class=no>Ten</p>", "<p>Ten</p>"),
        ("p+p{color:red} div p{display:none} div .yes{display:block}",
         "<div><p class=yes>Ten</p></div>", "<p>Ten</p>"),
        (".no{display:none !important} .yes{display:block}", "<p>Ten</p><p class='no yes'>9</p>",
         "<p>Ten</p>"),
        (".no{display:none}", "<p class=no style='display:block'>Ten</p>", "<p>Ten</p>"),
        ("div p{text-decoration:line-through}", "<div><p>Ten</p></div>", "<p><s>Ten</s></p>"),
        (".old td{text-decoration:line-through}",
         "<table class=old><tr><td>Ten<td>9</table>",
         "<table><tbody><tr><td><s>Ten</s></td><td><s>9</s></td></tr></tbody></table>"),
        ("x-old{text-decoration:line-through}", "<p>Ten</p>", "<p>Ten</p>"),
        ("span{font-style:italic}", "<p><span>Ten</span></p>", "<p><em>Ten</em></p>"),
        ("body .no, html body #no{display:none}", "<p class=no>Nine</p><p id=no>9</p><p>Ten</p>",
         "<p>Ten</p>"),
        ("@media screen{p{color:red}.no{display:none}} @layer a, b; @layer a{#no{display:none}}",
         "<p class=no>Nine</p><p id=no>9</p><p>Ten</p>", "<p>Ten</p>"),
        ("@media print{.no{display:none}} @media (max-width:9em){.no{display:none}} }",
         "<p class=no>Ten</p>", "<p>Ten</p>"),
        # what a page makes of marks and quotations is its design
        ("sup,em,b{vertical-align:baseline;font:inherit;font-weight:400;font-style:normal}",
         "<p>10<sup>3</sup> <em>or</em> <b>so</b></p>",
         "<p>10<sup>3</sup> <em>or</em> <strong>so</strong></p>"),
        ("blockquote p{font-style:italic}", "<blockquote><p>Ten</p></blockquote>",
         "<blockquote><p>Ten</p></blockquote>"),
        # what it asks for is not there
        ("a:hover p{display:none} p[data-x]{display:none} h1+p~p{display:none}", "<p>Ten</p>",
         "<p>Ten</p>"),
    ],
)  # fmt: skip
def test_rules_of_a_style_sheet_count_as_in_a_browser(rule: str, markup: str, html: str) -> None:
    assert html_of(read(f"<p>{BODY}</p>", markup, style=rule)) == f"<p>{BODY}</p>\n{html}"


@pytest.mark.parametrize(
    ("media", "html"),
    [("", ""), ("screen", ""), ("all, print", ""), ("print", "<p>Ten</p>"),
     ("screen and (max-width:9em)", "<p>Ten</p>")],
)  # fmt: skip
def test_a_style_sheet_counts_where_it_is_for_every_screen(media: str, html: str) -> None:
    sheet = f"<style media='{media}'>.no{{display:none}}</style>"
    found = html_of(read(f"{sheet}<p>{BODY}</p><p class=no>Ten</p>"))
    assert found == f"<p>{BODY}</p>\n{html}".strip()


def test_a_general_rule_takes_no_numbers_where_other_sheets_are_elsewhere() -> None:
    markup = (
        f"<link rel=stylesheet href=a.css><p>{BODY}</p><ol><li>one</ol><ol class=no><li>two</ol>"
    )
    style = "*,ol,ul{list-style:none} .no{list-style:none}"
    assert html_of(read(markup, style=style)) == (
        f"<p>{BODY}</p>\n<ol><li>one</li></ol>\n<ul><li>two</li></ul>"
    )


@pytest.mark.parametrize(
    "style",
    ["color:rgba(0,0,0,0)", "color:#fff0", "color:#11223300", "transform:scale(0)", "zoom:0",
     "width:1px;height:1px;overflow:hidden", "visibility:collapse", "filter:opacity(0)",
     "margin-left:-9999px", "left:-100vw;position:fixed", "right:-10000px", "left:-999em",
     "font-size:.01em", "font-size:1px", "font-size:0.5pt", "font-size:1%"],
)  # fmt: skip
def test_words_that_nobody_can_see_are_named(style: str) -> None:
    document = read(f"<p>{BODY} <span style='{style}'>SECRET</span></p>")
    assert html_of(document) == f"<p>{BODY}</p>"
    assert document.left_out == ("Hidden text: SECRET",)


@pytest.mark.parametrize(
    "style",
    ["color:rgba(0,0,0,.8)", "transform:scale(0.9)", "height:1px", "font-size:1em", "left:-20px",
     "font-size:100%", "font-size:.8em", "width:100px;height:10px;overflow:hidden", "zoom:0.5",
     "background:rgba(0,0,0,0)", "margin-left:-36pt", "font:1px/1 x;font-size:2rem"],
)  # fmt: skip
def test_words_that_somebody_can_see_stay(style: str) -> None:
    document = read(f"<p>{BODY} <span style='{style}'>Seen</span></p>")
    assert html_of(document) == f"<p>{BODY} Seen</p>"


def test_words_on_no_background_have_that_of_the_page() -> None:
    document = read(
        f"<p>{BODY} <span style='color:#fff;background-color:rgba(0, 0, 0, 0)'>SECRET</span></p>"
    )
    assert document.left_out == ("Hidden text: SECRET",)


def test_backgrounds_by_tag_and_id_are_known() -> None:
    style = "#dark{background:#003366} table{background:#fff} p{color:#fff}"
    document = read("<div id=dark><p>Nine gates.</p></div><p>ASK LEGAL</p>", style=style)

    assert html_of(document) == "<p>Nine gates.</p>"
    assert document.left_out == ("Hidden text: ASK LEGAL",)


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
        ('<span style="font:italic 12px serif">lean</span>', "<em>lean</em>"),
        ('<span style="font:small-caps bold 12px/1 Arial">fat</span>', "<strong>fat</strong>"),
        ('<span style="font:12px Arial Bold Italic">plain</span>', "plain"),
        ('10<span style="position:relative;top:-3.0pt">3</span>', "10<sup>3</sup>"),
        ('10<span style="position:relative;bottom:.4em">3</span>', "10<sup>3</sup>"),
        ('H<span style="position: relative; top: 2pt">2</span>O', "H<sub>2</sub>O"),
        ('<span style="top:-3.0pt">nine</span>', "nine"),
        (
            '<sup style="vertical-align:baseline;position:relative;top:-.4em">3</sup>',
            "<sup>3</sup>",
        ),
        ('<i style="font-style:normal">nine</i>', "nine"),
        ('<u style="text-decoration:none">nine</u>', "nine"),
        ('<sup style="vertical-align:baseline">nine</sup>', "nine"),
        ('<b style="font-weight:inherit">fat</b>', "<strong>fat</strong>"),
        (
            '<b style="font-weight:bold;font-style:italic">both</b>',
            "<strong><em>both</em></strong>",
        ),
        ('<span class="x" style="font-weight:normal">nine</span>', "nine"),
        ("<q>Quoted</q>", "“Quoted”"),
        ("<ruby>漢<rt>kan</rt></ruby>", "漢 (kan)"),
        ("<math><mfrac><mi>a</mi><mi>b</mi></mfrac></math>", "a/b"),
        ("<math><msup><mi>x</mi><mn>2</mn></msup></math>", "x<sup>2</sup>"),
    ],
)
def test_marks_are_kept_however_they_are_written(styled: str, marked: str) -> None:
    document = read(f"<p>See {styled} here.</p>", style=".x{font-weight:700}.y{font-style:italic}")

    assert html_of(document) == f"<p>See {marked} here.</p>"


@pytest.mark.parametrize(
    ("block", "html"),
    [
        ('<p style="text-decoration:line-through">nine</p>', "<p><s>nine</s></p>"),
        ('<p class="gone">nine</p>', "<p><s>nine</s></p>"),
        ('<p style="font-style:italic">nine</p>', "<p><em>nine</em></p>"),
        ('<div style="text-decoration:line-through"><p>nine</p></div>', "<p><s>nine</s></p>"),
        (
            '<p style="font-weight:bold">nine <span style="font-weight:400">gates</span></p>',
            "<p><strong>nine </strong>gates</p>",
        ),
        (
            '<ul><li style="text-decoration:line-through">nine</li><li>ten</li></ul>',
            "<ul><li><s>nine</s></li><li>ten</li></ul>",
        ),
        (
            '<ul><li class="gone">nine<span style="text-decoration:none"> gates</span></li></ul>',
            "<ul><li><s>nine</s> gates</li></ul>",
        ),
        (
            '<p class="gone">nine <a href="https://example.org/">gates</a></p>',
            '<p><s>nine <a href="https://example.org/">gates</a></s></p>',
        ),
        (
            '<blockquote style="font-style:italic">nine</blockquote>',
            "<blockquote><p>nine</p></blockquote>",
        ),
        ('<p class="standfirst gone">nine</p>', "<p><s>nine</s></p>"),
        ('<p style="vertical-align:super">nine</p>', "<p>nine</p>"),
    ],
)
def test_a_block_has_the_marks_of_its_style(block: str, html: str) -> None:
    document = read(f"<p>{BODY}</p>{block}", style=".gone{text-decoration:line-through}")

    assert html_of(document) == f"<p>{BODY}</p>\n{html}"


def test_a_cell_has_the_marks_of_its_style() -> None:
    document = read(
        f"<p>{BODY}</p><table><tr><td>Gates</td><td style='text-decoration:line-through'>9</td>"
        "</tr><tr><td style='font-weight:bold'>Bells</td><td>10</td></tr></table>"
    )

    assert "<s>9</s>" in html_of(document)
    assert "<strong>Bells</strong>" in html_of(document)


def test_a_heading_is_not_bold_by_the_style_around_it() -> None:
    document = read(
        f"<p>{BODY}</p><div style='font-weight:bold'><h2 style='font-style:italic'>Who pays</h2>"
        f"<p style='font-weight:normal'>{BODY}</p></div>"
    )

    assert [section.heading for section in document.sections] == ["Schools share", "Who pays"]
    assert html_of(document) == f"<p>{BODY}</p>\n<p>{BODY}</p>"


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


@pytest.mark.parametrize(
    ("markup", "style", "html"),
    [
        ("<ol style='list-style:none'><li>one</ol>", "", "<ul><li>one</li></ul>"),
        ("<ol class=plain><li>one</ol>", ".plain{list-style-type:none}", "<ul><li>one</li></ul>"),
        ("<ol class=plain><li>one</ol>", ".plain li{list-style:none}", "<ul><li>one</li></ul>"),
        ("<ol style='list-style:square inside'><li>one</ol>", "", "<ul><li>one</li></ul>"),
        ("<ol style='list-style-type:\"– \"'><li>one</ol>", "", "<ul><li>one</li></ul>"),
        ("<ul class=no><li>one</ul>", ".no{list-style:decimal}", "<ol><li>one</li></ol>"),
        ("<ol class=up><li>one</ol>", ".up>li{list-style-type:upper-roman}",
         '<ol type="I"><li>one</li></ol>'),
        ("<ol type=a style='list-style:decimal-leading-zero'><li>one</ol>", "",
         "<ol><li>one</li></ol>"),
        ("<ol><li style='list-style:none'><ol><li>one</ol><li>two</ol>", "",
         "<ol><li><ol><li>one</li></ol></li><li>two</li></ol>"),
        # the page counts, and writes the numbers, by itself
        ("<ol class=own><li>one</ol>",
         ".own{list-style:none} .own li::before{content:counter(n) '. ';counter-increment:n}",
         "<ol><li>one</li></ol>"),
        ("<ol class=own><li>one</ol>",
         "ol.own{list-style-type:none} .own>li:before{content:'' counter(n,lower-latin) '. '}",
         '<ol type="a"><li>one</li></ol>'),
    ],
)  # fmt: skip
def test_a_list_shows_numbers_where_its_source_shows_them(
    markup: str, style: str, html: str
) -> None:
    assert html_of(read("<p>Rules.</p>", markup, style=style)) == f"<p>Rules.</p>\n{html}"


def test_numbers_of_several_levels_are_words() -> None:
    style = "ol{list-style:none} ol>li:before{content:counters(n,'.') ' ';counter-increment:n}"
    document = read(
        "<p>Rules.</p><ol><li>One<ol><li>Ask</li><li><p>Go</p></li></ol></li><li>Two</li></ol>",
        style=style,
    )

    assert html_of(document) == (
        "<p>Rules.</p>\n<ol><li><p>One</p><p>1.1 Ask</p><p>1.2 Go</p></li><li>Two</li></ol>"
    )


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


NOTES = {
    "Substack": """<p>Bells<a class="footnote-anchor" id="footnote-anchor-1" href="#footnote-1"
        >1</a>.</p><div class="footnote"><a id="footnote-1" href="#footnote-anchor-1">1</a>
        <div class="footnote-content"><p>In May.</p></div></div>""",
    "Pandoc": """<p>Bells<a href="#fn1" class="footnote-ref" id="fnref1"><sup>1</sup></a>.</p>
        <section class="footnotes"><hr><ol><li id="fn1"><p>In May.<a href="#fnref1">↩︎</a></p></li>
        </ol></section>""",
    "WordPress": """<p>Bells<sup class="fn"><a href="#e1-note" id="e1-link">1</a></sup>.</p>
        <ol class="wp-block-footnotes"><li id="e1-note">In May.
        <a href="#e1-link">↩︎</a></li></ol>""",
    "Wikipedia": """<p>Bells<sup class="reference"><a href="#cite_note-May-1">[1]</a></sup>.</p>
        <ol class="references"><li id="cite_note-May-1"><a href="#cite_ref-May_1-0">^</a> In
        May.</li></ol>""",
    "LibreOffice": """<p>Bells<a class="sdfootnoteanc" name="sdfootnote1anc" href="#sdfootnote1sym">
        <sup>1</sup></a>.</p><div id="sdfootnote1"><p><a name="sdfootnote1sym"
        href="#sdfootnote1anc">1</a>In May.</p></div>""".replace(">\n        <sup>", "><sup>"),
    "Word": """<p class=MsoNormal>Bells<a href="#_ftn1" name="_ftnref1"><span
        class=MsoFootnoteReference>[1]</span></a>.</p><div><hr size=1><div id=ftn1>
        <p class=MsoFootnoteText><a href="#_ftnref1" name="_ftn1"><span
        class=MsoFootnoteReference>[1]</span></a> In May.</p></div></div>""",
}


@pytest.mark.parametrize("program", NOTES)
def test_notes_are_numbered_whichever_program_wrote_them(program: str) -> None:
    document = read(f"<p>{BODY}</p>{NOTES[program]}")
    html = html_of(document).replace("<hr>\n", "")

    assert re.sub(r"<sup>\[?1\]?</sup>", "<sup>[1]</sup>", html) == (
        f"<p>{BODY}</p>\n<p>Bells<sup>[1]</sup>.</p>\n<ol><li>In May.</li></ol>"
    )


ENDNOTES = {
    "LibreOffice": """<p>Bells<a class="sdfootnoteanc" name="sdfootnote1anc"
        href="#sdfootnote1sym"><sup>1</sup></a> and gates<a class="sdendnoteanc"
        name="sdendnote1anc" href="#sdendnote1sym"><sup>i</sup></a>.</p>
        <div id="sdfootnote1"><p><a name="sdfootnote1sym" href="#sdfootnote1anc">1</a>In May.</p>
        </div><div id="sdendnote1"><p><a name="sdendnote1sym" href="#sdendnote1anc">i</a>In June.
        </p></div>""",
    "Word": """<p class=MsoNormal>Bells<a href="#_ftn1" name="_ftnref1"><span
        class=MsoFootnoteReference>[1]</span></a> and gates<a href="#_edn1" name="_ednref1"><span
        class=MsoEndnoteReference>[i]</span></a>.</p><div><div id=ftn1><p class=MsoFootnoteText><a
        href="#_ftnref1" name="_ftn1">[1]</a> In May.</p></div></div><div><div id=edn1>
        <p class=MsoEndnoteText><a href="#_ednref1" name="_edn1">[i]</a> In June.</p></div>
        </div>""",
}


@pytest.mark.parametrize("program", ENDNOTES)
def test_endnotes_are_numbered_on_from_footnotes(program: str) -> None:
    html = html_of(read(f"<p>{BODY}</p>{ENDNOTES[program]}")).replace("<hr>\n", "")

    assert html == (
        f"<p>{BODY}</p>\n<p>Bells<sup>[1]</sup> and gates<sup>[2]</sup>.</p>\n"
        "<ol><li>In May.</li><li>In June.</li></ol>"
    )


@pytest.mark.parametrize(
    "subtitle",
    ['<h3 class="subtitle">Nobody pays</h3>', '<h2 class="standfirst">Nobody pays</h2>',
     '<h4 class="post-subtitle">Nobody pays</h4>'],
)  # fmt: skip
def test_a_subtitle_that_is_a_heading_is_the_strapline(subtitle: str) -> None:
    document = read(f"{subtitle}<p>{BODY}</p><h2>Who pays</h2><p>{BODY}</p>")

    assert (document.title, document.strapline) == ("Schools share", "Nobody pays")
    assert [section.heading for section in document.sections] == ["Schools share", "Who pays"]


@pytest.mark.parametrize(
    "capital",
    ["<table><tr><td><p><span style='font-size:48pt'>T</span></p></td></tr></table>",
     "<p style='font-size:60px;float:left'>T</p>", "<div style='font-size:4em'>T</div>"],
)  # fmt: skip
def test_a_dropped_capital_stays_with_its_word(capital: str) -> None:
    assert html_of(read(f"{capital}\n<p>\nhe gates are shut.</p>")) == "<p>The gates are shut.</p>"


def test_a_capital_in_a_table_of_several_cells_stays_there() -> None:
    table = "<table><tr><td>T</td><td>Toll</td></tr></table>"

    assert "<td>T</td>" in html_of(read(f"<p>{BODY}</p>{table}<p>he said.</p>"))


@pytest.mark.parametrize(
    "name", ["Zitat", "HausZitat", "pullquote", "Citaat", "MsoBlockText", "citation"]
)
def test_a_style_for_quotations_makes_them(name: str) -> None:
    assert html_of(read(f"<p>{BODY}</p><p class={name}>Never again.</p>")) == (
        f"<p>{BODY}</p>\n<blockquote><p>Never again.</p></blockquote>"
    )


@pytest.mark.parametrize("name", ["quote-author", "quote__source", "quotename", "citations"])
def test_a_style_for_what_stands_beside_a_quotation_makes_none(name: str) -> None:
    assert "blockquote" not in html_of(read(f"<p>{BODY}</p><p class={name}>Ada Lane</p>"))


def test_the_line_above_words_comments_is_none_of_the_text() -> None:
    comments = "<hr class=msocomoff><div class=msocomtxt><p class=MsoCommentText>Check</p></div>"
    document = read(f"<p class=MsoNormal>{BODY}</p><div>{comments}</div><p>Ten bells.</p>")

    assert html_of(document) == f"<p>{BODY}</p>\n<p>Ten bells.</p>"


def test_bullets_typed_into_a_cell_are_a_list() -> None:
    table = "<table><tr><td>South</td><td><p>• Quay</p><p>• Castle</p></td></tr></table>"

    assert "<td><ul><li>Quay</li><li>Castle</li></ul></td>" in html_of(
        read(f"<p>{BODY}</p>{table}")
    )


# --- what has no words


def test_remarks_between_the_words_of_a_page_are_named() -> None:
    document = read(
        f"<p>{BODY}<!-- ASK LEGAL --></p><!-- Ben: is it forty,\n or fifty? --><!-- TK -->"
    )

    assert document.left_out == (
        "Comment: ASK LEGAL",
        "Comment: Ben: is it forty, or fifty?",
        "Comment: TK",
    )


@pytest.mark.parametrize(
    "remark",
    ["<!--[if gte mso 9]><p>x</p><![endif]-->", "<!-- wp:paragraph -->", "<!--more-->",
     "<!-- /wp:list -->",
     "<!--StartFragment-->", "<!-- #content -->", "<!-- .entry -->", "<!-- End of header -->",
     "<!-- <p>old</p> -->", "<!-- react-text: 12 -->", "<!---->", "<!-- -->", "<!-- 12 -->"],
)  # fmt: skip
def test_what_programs_write_between_words_is_not_named(remark: str) -> None:
    assert read(f"<p>{BODY}</p>{remark}").left_out == ()


def test_what_fields_and_buttons_say_is_named() -> None:
    document = read(
        f'<p>{BODY}</p><form><input value="Nine"><input placeholder="Your name">'
        '<input type="submit" value="Join"><input type="hidden" value="t0ken"><input></form>'
    )

    assert document.left_out == ("A field: Nine", "A field: Your name", "A field: Join")


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


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "Bells^[In *May*.] ring.",
            "<p>Bells<sup>[1]</sup> ring.</p>\n<ol><li>In <em>May</em>.</li></ol>",
        ),
        (
            "Bells^[In\n[May](https://a.example/m)]",
            '<p>Bells<sup>[1]</sup></p>\n<ol><li>In <a href="https://a.example/m">May</a></li></ol>',
        ),
        (
            "Bells[^a].^[Once.]\n\n[^a]: In May.",
            "<p>Bells<sup>[1]</sup>.<sup>[2]</sup></p>\n<ol><li>In May.</li><li>Once.</li></ol>",
        ),
        ("Bells `^[In May.]` ring.", "<p>Bells ^[In May.] ring.</p>"),
        ("Bells x^[2] ring.", "<p>Bells x^[2] ring.</p>"),
    ],
)
def test_notes_within_a_sentence_of_markdown_are_numbered(text: str, html: str) -> None:
    document = read_document(f"# Schools share\n\n{text}\n".encode(), name="a.md")

    assert html_of(document) == html


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


def test_footnotes_of_markdown_are_not_links_that_have_the_same_number() -> None:
    text = "# Schools share\n\nSee [gates][1].[^a]\n\n[1]: https://a.example/x\n[^a]: Counted.\n"
    document = read_document(text.encode(), name="a.md")

    assert html_of(document) == (
        '<p>See <a href="https://a.example/x">gates</a>.<sup>[1]</sup></p>\n'
        "<ol><li>Counted.</li></ol>"
    )


# --- what pages write in other ways


def test_a_division_with_the_role_of_a_heading_is_one() -> None:
    document = read(f"<p>{BODY}</p><div role=heading aria-level=3>Who pays</div><p>You.</p>")
    assert document.sections[-1].heading == "Who pays"


def test_a_picture_that_is_loaded_later_is_taken_from_where_it_is() -> None:
    dot = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
    document = read(
        f"<p>{BODY}</p><p><img src='{dot}' data-src='https://q.example/a.jpg' alt='B'></p>"
    )
    assert '<img src="https://q.example/a.jpg" alt="B">' in html_of(document)


PICTURE = '<img src="https://q.example/a.jpg" alt="B">'


@pytest.mark.parametrize(
    "html",
    [
        f"<p>Look at this {PICTURE}</p>",
        f"<p>Look at this{PICTURE} </p>",
        f"<p> {PICTURE} Look at this</p>",
        f"<p>Look at <em>this </em>{PICTURE}</p>",
        f"<p>Look at this {PICTURE}<br>and at that.</p>",
        f"<p>Look at this<br> {PICTURE} and at that.</p>",
        f"<ul><li>Look at this {PICTURE}</li><li>That</li></ul>",
        f"<blockquote><p>Look at this {PICTURE}</p></blockquote>",
        f"<table><tr><td>Look at this {PICTURE}</td><td>That</td></tr></table>",
        f"<p>She said: “Look at all this today, and for once at {PICTURE} every single line.”</p>",
    ],
)
def test_a_picture_at_the_end_of_words_stays_once(html: str) -> None:
    document = read(f"<p>{BODY}</p>{html}")
    assert html_of(document).count(PICTURE) == 1
    assert not document.left_out


@pytest.mark.parametrize("cut_at", [4, 5, 6, 9])
def test_cutting_text_in_two_gives_each_picture_to_one_part(cut_at: int) -> None:
    pictures = [Picture(src=f"https://q.example/{number}.jpg") for number in range(4)]
    whole = RichText(
        (pictures[0], Run("Look "), pictures[1], Run(" at "), pictures[2], Run("it "), pictures[3])
    )
    parts = whole.cut(0, cut_at), whole.cut(cut_at)
    assert [run for part in parts for run in part.runs if isinstance(run, Picture)] == pictures


@pytest.mark.parametrize("href", ["#note-3", "#n3", "#fn:3", "#endnote-3", "#_edn3"])
def test_a_bare_number_that_leads_to_a_note_is_raised(href: str) -> None:
    assert html_of(read(f"<p>Gates<a href='{href}'>3</a> open.</p>")) == (
        "<p>Gates<sup>[3]</sup> open.</p>"
    )
