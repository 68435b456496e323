"""What Word marks, hides, numbers or computes reaches the draft as a reader of the page sees it."""

from __future__ import annotations

import re

import pytest

from briefings.document_import import ImportedDocument, read_document
from tests.briefings.document_import.documents.word import docx, paragraph, wordml

BODY = "The county has closed forty schools, and it has not told anybody which of them come next."
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def para(*inner: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(inner)}</w:p>"


def style(key: str, name: str, inner: str = "", *, based_on: str = "", kind: str = "") -> str:
    names = f'<w:name w:val="{name}"/>'
    if based_on:
        names += f'<w:basedOn w:val="{based_on}"/>'
    kind = kind or "paragraph"
    return f'<w:style w:type="{kind}" w:styleId="{key}">{names}{inner}</w:style>'


def read(*body: str, styles: str = "", numbering: str = "", **parts: str) -> ImportedDocument:
    files = dict(parts)
    if styles:
        files["word/styles.xml"] = wordml("styles", style("H1", "heading 1") + styles)
    if numbering:
        files["word/numbering.xml"] = wordml("numbering", numbering)
    data = docx(paragraph("Schools share", style="H1"), *body, parts=files)
    return read_document(data, name="a.docx")


def html_of(document: ImportedDocument) -> str:
    return "\n".join(section.html for section in document.sections)


# --- hidden and deleted


@pytest.mark.parametrize(
    "properties",
    ["<w:vanish/>", '<w:vanish w:val="true"/>', "<w:specVanish/>", '<w:rStyle w:val="Secret"/>'],
)
def test_hidden_words_are_named_and_not_in_the_text(properties: str) -> None:
    document = read(
        para(run("Nine gates."), run(" ASK LEGAL", properties), run(" Ten bells.")),
        styles=style("Secret", "Secret", "<w:rPr><w:vanish/></w:rPr>", kind="character"),
    )

    assert html_of(document) == "<p>Nine gates. Ten bells.</p>"
    assert document.left_out == ("Hidden text: ASK LEGAL",)


def test_words_whose_hiding_is_switched_off_stay() -> None:
    document = read(para(run("Nine gates."), run(" Ten bells.", '<w:vanish w:val="0"/>')))

    assert html_of(document) == "<p>Nine gates. Ten bells.</p>"
    assert document.left_out == ()


def test_hidden_paragraphs_are_named() -> None:
    document = read(
        para(run("ASK LEGAL"), properties='<w:pStyle w:val="Secret"/>'),
        para(run(BODY)),
        styles=style("Secret", "Secret", "<w:rPr><w:vanish/></w:rPr>"),
    )

    assert html_of(document) == f"<p>{BODY}</p>"
    assert document.left_out == ("Hidden text: ASK LEGAL",)


WHITE_STYLE = '<w:rPr><w:color w:val="FFFFFF"/></w:rPr>'
WHITE_RUN = run(" ASK LEGAL", '<w:color w:val="FFFFFF" w:themeColor="background1"/>')


@pytest.mark.parametrize(
    "properties",
    ['<w:color w:val="FFFFFF"/>', '<w:color w:val="fefefe"/>', '<w:rStyle w:val="Pale"/>',
     '<w:color w:val="000000"/><w:highlight w:val="black"/>',
     '<w:color w:val="FFFFFF"/><w:shd w:val="clear" w:color="auto" w:fill="auto"/>'],
)  # fmt: skip
def test_words_in_the_colour_of_their_background_are_named(properties: str) -> None:
    document = read(
        para(run("Nine gates."), run(" ASK LEGAL", properties), run(" Ten bells.")),
        styles=style("Pale", "Pale", WHITE_STYLE, kind="character"),
    )

    assert html_of(document) == "<p>Nine gates. Ten bells.</p>"
    assert document.left_out == ("Hidden text: ASK LEGAL",)


def dark_table(properties: str, cell: str = "") -> str:
    cells = (
        f"<w:tc><w:tcPr>{cell}</w:tcPr>{para(run(words))}</w:tc>" for words in ("Route", "Fare")
    )
    white = f"<w:tc><w:tcPr>{cell}</w:tcPr>{para(WHITE_RUN)}</w:tc>"
    return f"<w:tbl><w:tblPr>{properties}</w:tblPr><w:tr>{''.join(cells)}{white}</w:tr></w:tbl>"


DARK = '<w:shd w:val="clear" w:color="auto" w:fill="1F3864"/>'


@pytest.mark.parametrize(
    "body",
    [dark_table('<w:tblStyle w:val="Grid"/>'), dark_table("", DARK), dark_table(DARK),
     para(WHITE_RUN, properties=DARK), para(WHITE_RUN, properties='<w:pStyle w:val="Banner"/>'),
     para(run(" ASK LEGAL", f'<w:color w:val="FFFFFF"/>{DARK}')),
     para(run(" ASK LEGAL", '<w:color w:val="FFFFFF"/><w:highlight w:val="darkBlue"/>')),
     para(run(" ASK LEGAL", '<w:color w:val="FFFFFF"/><w:highlight w:val="darkYellow"/>')),
     para(run(" ASK LEGAL", '<w:color w:val="auto"/>')),
     para(f"<w:r><w:pict><w:txbxContent>{para(WHITE_RUN)}</w:txbxContent></w:pict></w:r>")],
)  # fmt: skip
def test_pale_words_that_a_reader_sees_stay(body: str) -> None:
    document = read(
        para(run("Nine gates.")),
        body,
        para(run("Ten bells.")),
        styles=style("Banner", "Banner", f"<w:pPr>{DARK}</w:pPr>")
        + style("Grid", "Grid", f"<w:tblStylePr>{DARK}</w:tblStylePr>", kind="table"),
    )

    assert not [words for words in document.left_out if words.startswith("Hidden")]


NOTE = wordml("footnotes", f'<w:footnote w:id="2">{para(run("Ask legal first"))}</w:footnote>')
REFERENCE = '<w:footnoteReference w:id="2"/>'


@pytest.mark.parametrize(
    "inner",
    [f"<w:r><w:rPr><w:vanish/></w:rPr>{REFERENCE}</w:r>", f"<w:del><w:r>{REFERENCE}</w:r></w:del>"],
)
def test_a_note_to_words_that_nobody_sees_is_named(inner: str) -> None:
    document = read(para(run("Nine gates."), inner), **{"word/footnotes.xml": NOTE})

    assert html_of(document) == "<p>Nine gates.</p>"
    assert document.left_out == ("Note to words that are left out: Ask legal first",)


@pytest.mark.parametrize(
    ("inner", "html"),
    [
        (f"<w:dir w:val='rtl'>{run('nine ')}<w:bdo>{run('gates')}</w:bdo></w:dir>", "nine gates"),
        ("<w:r><w:t>nine</w:t><w:cr/><w:t>gates</w:t></w:r>", "nine<br>gates"),
        (run("10") + run("3", '<w:position w:val="6"/>'), "10<sup>3</sup>"),
        (run("H") + run("2", '<w:position w:val="-6"/>') + run("O"), "H<sub>2</sub>O"),
        (run("10") + run("3", '<w:rStyle w:val="Up"/>'), "10<sup>3</sup>"),
        (run("nine", "<w:dstrike/>") + run(" ten"), "<s>nine</s> ten"),
        (run("nine", '<w:dstrike w:val="0"/><w:position w:val="0"/>'), "nine"),
    ],
)
def test_words_and_marks_stay_however_word_writes_them(inner: str, html: str) -> None:
    up = style("Up", "Up", '<w:rPr><w:position w:val="8"/></w:rPr>', kind="character")
    document = read(para(inner), styles=up)

    assert html_of(document) == f"<p>{html}</p>"
    assert document.left_out == ()


def test_tracked_deletions_are_named_and_insertions_are_text() -> None:
    document = read(
        para(
            run("The price is "),
            "<w:del><w:r><w:delText>eight</w:delText></w:r></w:del>",
            f"<w:ins>{run('nine')}</w:ins>",
            run(" pounds."),
        )
    )

    assert html_of(document) == "<p>The price is nine pounds.</p>"
    assert document.left_out == ("Deleted text (tracked change): eight",)


def test_a_deleted_end_of_a_paragraph_joins_it_to_the_next() -> None:
    deleted = '<w:rPr><w:del w:id="1" w:author="Bo"/></w:rPr>'
    document = read(
        para(run("Nine "), properties=deleted),
        para(run("gates "), f'<w:del w:id="2">{run("OLD")}</w:del>', properties=deleted),
        para(run("open.")),
        para(f'<w:del w:id="3">{run("GONE")}</w:del>', properties=deleted),
        para(run("Ten bells.")),
    )

    assert html_of(document) == "<p>Nine gates open.</p>\n<p>Ten bells.</p>"
    assert [words.partition(": ")[2] for words in document.left_out] == ["OLD", "GONE"]


def test_a_deleted_row_is_named_once() -> None:
    deleted = "<w:del><w:r><w:delText>eight</w:delText></w:r></w:del>"
    row = f"<w:tr><w:trPr><w:del/></w:trPr><w:tc>{para(deleted)}</w:tc></w:tr>"

    document = read(para(run(BODY)), f"<w:tbl>{row}</w:tbl>")

    assert document.left_out == ("Deleted text (tracked change): eight",)


# --- words outside ordinary runs


def test_results_of_fields_stay_in_the_sentence() -> None:
    simple = f'<w:fldSimple w:instr=" DOCPROPERTY Price ">{run("nine pounds")}</w:fldSimple>'

    assert html_of(read(para(run("It costs "), simple, run(" today.")))) == (
        "<p>It costs nine pounds today.</p>"
    )


def test_equations_and_ruby_stay_in_the_sentence() -> None:
    inner = (
        f'<m:oMath xmlns:m="{MATH}"><m:f><m:num><m:r><m:t>bells</m:t></m:r></m:num>'
        "<m:den><m:r><m:t>gates</m:t></m:r></m:den></m:f></m:oMath>"
    )
    explained = f"<w:rt>{run('kanji')}</w:rt><w:rubyBase>{run('漢字')}</w:rubyBase>"
    ruby = f"<w:r><w:ruby>{explained}</w:ruby></w:r>"

    document = read(para(run("There are "), inner, run(" in all, "), ruby, run(".")))

    assert html_of(document) == "<p>There are bells/gates in all, 漢字 (kanji).</p>"


def math(inner: str) -> str:
    return f'<m:oMath xmlns:m="{MATH}">{inner}</m:oMath>'


def math_run(text: str, properties: str = "") -> str:
    return f"<m:r>{properties}<m:t>{text}</m:t></m:r>"


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        (f"<m:sSub><m:e>{math_run('x')}</m:e><m:sub>{math_run('i')}</m:sub></m:sSub>", "x_i"),
        (
            (
                f'<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub>{math_run("i=1")}</m:sub>'
                f"<m:sup>{math_run('n')}</m:sup><m:e>{math_run('i')}</m:e></m:nary>"
            ),
            "∑_(i=1)^n i",
        ),
        (
            (
                f"<m:m><m:mr><m:e>{math_run('1')}</m:e><m:e>{math_run('2')}</m:e></m:mr>"
                f"<m:mr><m:e>{math_run('3')}</m:e><m:e>{math_run('4')}</m:e></m:mr></m:m>"
            ),
            "[1, 2; 3, 4]",
        ),
    ],
)
def test_signs_and_places_of_an_equation_stay(inner: str, words: str) -> None:
    assert html_of(read(para(run("It is "), math(inner), run(".")))) == f"<p>It is {words}.</p>"


@pytest.mark.parametrize(
    "deleted",
    [
        f"<w:del>{math_run('EIGHT')}</w:del>",
        math_run("EIGHT", "<w:rPr><w:del/></w:rPr>"),
    ],
)
def test_a_tracked_deletion_in_an_equation_is_named(deleted: str) -> None:
    document = read(para(run("Pay "), math(deleted + math_run("nine")), run(".")))

    assert html_of(document) == "<p>Pay nine.</p>"
    assert document.left_out == ("Deleted text (tracked change): EIGHT",)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("EQ \\f(1,2)", "1/2"),
        ("eq \\f ( a ; b )", "a/b"),
        ("SYMBOL 189", "½"),
        ("SYMBOL 0189", "½"),
        ("SYMBOL 0x2192 \\u", "→"),
    ],
)
def test_a_sign_that_is_a_field_without_a_result_stays(code: str, shown: str) -> None:
    field = f"{field_character('begin')}{instruction(code)}{field_character('end')}"
    assert html_of(read(para(run("Ten "), field, run(" tolls")))) == f"<p>Ten {shown} tolls</p>"


@pytest.mark.parametrize("code", ["EQ \\r(3,x)", 'SYMBOL 74 \\f "Wingdings"'])
def test_a_field_that_cannot_be_written_out_is_named(code: str) -> None:
    field = f"{field_character('begin')}{instruction(code)}{field_character('end')}"
    document = read(para(run("Ten "), field, run("tolls")))

    assert html_of(document) == "<p>Ten tolls</p>"
    assert document.left_out == (f"A field of Word: {code}. Write what it shows.",)


def field_character(kind: str) -> str:
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def instruction(code: str) -> str:
    return f'<w:r><w:instrText xml:space="preserve">{code}</w:instrText></w:r>'


def form_field(code: str, data: str) -> str:
    begin = f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{data}</w:ffData></w:fldChar></w:r>'
    return f"{begin}{instruction(code)}{field_character('end')}"


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        (form_field("FORMCHECKBOX", '<w:checkBox><w:checked w:val="1"/></w:checkBox>'), "☒"),
        (form_field("FORMCHECKBOX", '<w:checkBox><w:default w:val="0"/></w:checkBox>'), "☐"),
        (
            form_field(
                "FORMDROPDOWN",
                '<w:ddList><w:result w:val="1"/><w:listEntry w:val="eight"/>'
                '<w:listEntry w:val="nine"/></w:ddList>',
            ),
            "nine",
        ),
        (form_field("MACROBUTTON NoMacro [write here]", ""), "[write here]"),
        ('<w:fldSimple w:instr=" SYMBOL 189 "/>', "½"),
    ],
)
def test_what_a_field_shows_without_a_result_stays(field: str, shown: str) -> None:
    document = read(para(run("Pay "), field, run(" at the gate.")))

    assert html_of(document) == f"<p>Pay {shown} at the gate.</p>"
    assert document.left_out == ()


@pytest.mark.parametrize("code", ["LISTNUM", "AUTONUM", "REF Total", "MERGEFIELD Fare"])
def test_a_field_whose_words_are_missing_is_named(code: str) -> None:
    field = f"{field_character('begin')}{instruction(code)}{field_character('end')}"
    document = read(para(run("Ten "), field, run("tolls")))

    assert document.left_out == (f"A field of Word: {code}. Write what it shows.",)


def test_a_box_to_tick_shows_whether_it_is_ticked() -> None:
    namespace = "http://schemas.microsoft.com/office/word/2010/wordml"
    box = f'<w14:checkbox xmlns:w14="{namespace}"><w14:checked w14:val="1"/></w14:checkbox>'
    ticked = f"<w:sdt><w:sdtPr>{box}</w:sdtPr><w:sdtContent>{run('☒')}</w:sdtContent></w:sdt>"

    assert html_of(read(para(ticked, run(" I have paid.")))) == "<p>☒ I have paid.</p>"


def test_fields_of_pages_and_indexes_have_no_words() -> None:
    fields = "".join(
        f"{field_character('begin')}{instruction(code)}{field_character('end')}"
        for code in ('XE "tolls"', "PAGE")
    )
    assert read(para(run("Ten"), fields, run(" tolls"))).left_out == ()


def test_wordart_and_fields_that_nobody_filled_in_are_named() -> None:
    shape = '<v:shape xmlns:v="urn:v"><v:textpath string="TOLLS"/></v:shape>'
    art = f"<w:r><w:pict>{shape}</w:pict></w:r>"
    content = f"<w:sdtContent>{run('Click here')}</w:sdtContent>"
    field = f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr>{content}</w:sdt>"
    document = read(para(run("Nine"), art, field, run(" gates.")))

    assert html_of(document) == "<p>Nine gates.</p>"
    assert set(document.left_out) == {"WordArt: TOLLS", "A field that nobody filled in: Click here"}


@pytest.mark.parametrize("kind", ["page", "column"])
def test_the_end_of_a_page_is_a_space(kind: str) -> None:
    page_end = f'<w:r><w:br w:type="{kind}"/></w:r>'
    document = read(para(run("They paid."), page_end, run("Nobody asked them for what it was.")))
    assert html_of(document) == "<p>They paid. Nobody asked them for what it was.</p>"


def test_charts_are_named_with_their_words() -> None:
    drawing = "http://schemas.openxmlformats.org/drawingml/2006"
    chart = (
        f'<w:r><w:drawing><a:graphic xmlns:a="{drawing}/main">'
        f'<a:graphicData uri="{drawing}/chart"/></a:graphic></w:drawing></w:r>'
    )
    words = (
        f'<c:chart xmlns:c="{drawing}/chart" xmlns:a="{drawing}/main"><a:t>Fares</a:t></c:chart>'
    )

    document = read(para(chart), para(run(BODY)), **{"word/charts/chart1.xml": words})

    assert document.left_out == (
        "A chart. Insert it in the editor as a picture.",
        "Words in a chart: Fares",
    )


def complex_field(code: str, result: str) -> str:
    begin, separate, end = map(field_character, ("begin", "separate", "end"))
    return f"{begin}{code}{separate}{result}{end}"


DATE = complex_field(instruction(" DATE "), run("1 May"))


@pytest.mark.parametrize(
    "inner",
    [
        DATE,
        f'<w:fldSimple w:instr=" DATE ">{run("1 May")}</w:fldSimple>',
        complex_field(instruction(' IF "') + DATE + instruction('" = "" "a" "b"'), run("a")),
        complex_field(instruction(' HYPERLINK "https://a.example" '), run("1 May")),
        run("typed there by mistake"),
    ],
)
def test_of_nested_fields_only_the_last_result_is_text(inner: str) -> None:
    outer = complex_field(
        instruction(' IF "') + inner + instruction('" = "" "nine" "ten"'), run("nine pounds")
    )

    document = read(para(run("It costs "), outer, run(" today.")))

    assert html_of(document) == "<p>It costs nine pounds today.</p>"
    assert document.left_out == ()


def test_a_field_may_stand_in_the_result_of_another() -> None:
    outer = complex_field(instruction(" IF a = b "), run("since ") + DATE)

    assert html_of(read(para(outer, run(".")))) == "<p>since 1 May.</p>"


@pytest.mark.parametrize("kinds", [("begin",), ("begin", "begin", "separate"), ("separate", "end")])
def test_words_beside_a_torn_field_stay(kinds: tuple[str, ...]) -> None:
    torn = "".join(map(field_character, kinds))

    assert html_of(read(para(torn, run("Nine gates.")))) == "<p>Nine gates.</p>"


@pytest.mark.parametrize(
    ("code", "address"),
    [
        ('HYPERLINK "https://a.example/x" \\o "A tip"', "https://a.example/x"),
        ('HYPERLINK "https://a.example/x" \\l "part"', "https://a.example/x#part"),
        ('HYPERLINK \\t "_blank" "https://a.example/x"', "https://a.example/x"),
        ("HYPERLINK https://a.example/x", "https://a.example/x"),
        ('HYPERLINK "www.a.example/x" \\n', "https://www.a.example/x"),
        ('HYPERLINK "https://a.example/x" \\* MERGEFORMAT', "https://a.example/x"),
    ],
)
def test_switches_of_a_link_are_not_its_address(code: str, address: str) -> None:
    half = len(code) // 2
    link = complex_field(instruction(code[:half]) + instruction(code[half:]), run("this"))
    document = read(para(run("See "), link, run(".")))

    assert html_of(document) == f'<p>See <a href="{address}">this</a>.</p>'


# --- styles


def test_styles_of_word_count_where_a_document_does_not_declare_them() -> None:
    """A break in a headline keeps it whole, in a strapline too."""
    broken = '<w:t xml:space="preserve">{} </w:t><w:br/><w:t>{}</w:t>'
    head = [
        para(f"<w:r>{broken.format(*words)}</w:r>", properties=f'<w:pStyle w:val="{name}"/>')
        for name, words in {"Title": ("Schools", "share"), "Subtitle": ("What they", "pay")}.items()
    ]
    body = (
        para(run(BODY)),
        para(run("Who pays"), properties='<w:pStyle w:val="Heading2"/>'),
        para(run("Nine gates."), properties='<w:pStyle w:val="IntenseQuote"/>'),
        para(run("Ten"), run(" bells.", '<w:rStyle w:val="Strong"/>')),
    )
    data = docx(*head, *body, parts={"word/styles.xml": wordml("styles", "")})

    document = read_document(data, name="a.docx")

    assert (document.title, document.strapline) == ("Schools share", "What they pay")
    assert [(section.heading, section.html) for section in document.sections] == [
        ("Schools share", f"<p>{BODY}</p>"),
        (
            "Who pays",
            "<blockquote><p>Nine gates.</p></blockquote>\n<p>Ten<strong> bells.</strong></p>",
        ),
    ]


def test_house_styles_are_what_they_are_based_on() -> None:
    styles = (
        style("Heading2", "heading 2")
        + style("Cross", "House crosshead", based_on="Heading2")
        + style("Level", "Level", '<w:pPr><w:outlineLvl w:val="1"/></w:pPr>')
        + style("Quote", "Quote")
        + style("Said", "House quote", based_on="Quote")
        + style("Strong", "Strong", "<w:rPr><w:b/></w:rPr>", kind="character")
        + style("Loud", "House strong", based_on="Strong", kind="character")
    )
    document = read(
        para(run("What it costs"), properties='<w:pStyle w:val="Cross"/>'),
        para(run("Very "), run("loud", '<w:rStyle w:val="Loud"/>'), run(" bells.")),
        para(run("What it means"), properties='<w:pStyle w:val="Level"/>'),
        para(run("Nobody was told."), properties='<w:pStyle w:val="Said"/>'),
        para(run("What comes next"), properties='<w:outlineLvl w:val="1"/>'),
        para(run(BODY)),
        styles=styles,
    )

    assert [section.heading for section in document.sections] == [
        "What it costs",
        "What it means",
        "What comes next",
    ]
    assert html_of(document) == (
        "<p>Very <strong>loud</strong> bells.</p>\n"
        "<blockquote><p>Nobody was told.</p></blockquote>\n"
        f"<p>{BODY}</p>"
    )


@pytest.mark.parametrize(
    ("properties", "inner", "html"),
    [
        ("<w:strike/>", "<w:r><w:t>Nine gates.</w:t></w:r>", "<s>Nine gates.</s>"),
        ("<w:dstrike/>", run("Nine gates."), "<s>Nine gates.</s>"),
        ("<w:i/>", run("Nine gates."), "<em>Nine gates.</em>"),
        (
            "<w:b/>",
            run("Nine ") + run("gates.", '<w:b w:val="0"/>'),
            "<strong>Nine </strong>gates.",
        ),
        (
            "<w:b/>",
            run("Nine ") + run("gates.", '<w:rStyle w:val="Loud"/>'),
            "<strong>Nine </strong>gates.",
        ),
        ('<w:strike w:val="0"/>', run("Nine gates."), "Nine gates."),
    ],
)
def test_a_paragraph_has_the_marks_of_its_style(properties: str, inner: str, html: str) -> None:
    styles = (
        style("Base", "Base", f"<w:rPr>{properties}</w:rPr>")
        + style("House", "House", based_on="Base")
        + style("Loud", "Loud", "<w:rPr><w:b/></w:rPr>", kind="character")
    )
    document = read(
        para(run(BODY)), para(inner, properties='<w:pStyle w:val="House"/>'), styles=styles
    )

    assert html_of(document) == f"<p>{BODY}</p>\n<p>{html}</p>"


def test_headings_and_quotations_are_not_bold_by_their_styles() -> None:
    bold = "<w:rPr><w:b/><w:i/></w:rPr>"
    document = read(
        para(run(BODY)), para(run("Who pays"), properties='<w:pStyle w:val="H2"/>'),
        para(run("Nobody was told."), properties='<w:pStyle w:val="Quote"/>'), para(run(BODY)),
        styles=style("H2", "heading 2", bold) + style("Quote", "Quote", bold),
    )  # fmt: skip

    assert [section.heading for section in document.sections] == ["Schools share", "Who pays"]
    assert html_of(document) == (
        f"<p>{BODY}</p>\n<blockquote><p>Nobody was told.</p></blockquote>\n<p>{BODY}</p>"
    )


STRUCK = "<w:rPr><w:strike/></w:rPr>"


@pytest.mark.parametrize(
    ("properties", "inner", "html"),
    [
        ("", run("Nine"), "<s>Nine</s>"),
        ("", run("Nine", '<w:strike w:val="0"/>'), "Nine"),
        ('<w:pStyle w:val="Normal"/>', run("Nine"), "<s>Nine</s>"),
        ('<w:pStyle w:val="Own"/>', run("Nine"), "Nine"),
        ('<w:pStyle w:val="Other"/>', run("Nine"), "<s>Nine</s>"),
    ],
)
@pytest.mark.parametrize("by", ["style", "document"])
def test_what_is_struck_in_a_whole_document_is_struck(
    by: str, properties: str, inner: str, html: str
) -> None:
    normal = style("Normal", "Normal", STRUCK if by == "style" else "")
    defaults = f"<w:docDefaults><w:rPrDefault>{STRUCK}</w:rPrDefault></w:docDefaults>"
    document = read(
        para(inner, properties=properties),
        styles=normal.replace("<w:style ", '<w:style w:default="1" ')
        + style("Own", "Own", STRUCK.replace("/>", ' w:val="0"/>'), based_on="Normal")
        + style("Other", "Other", based_on="Normal")
        + (defaults if by == "document" else ""),
    )

    assert html_of(document) == f"<p>{html}</p>"


def test_cells_are_struck_by_the_style_of_their_table() -> None:
    cells = "".join(
        f"<w:tc>{para(run(words, properties))}</w:tc>"
        for words, properties in (("Nine", ""), ("Ten", '<w:strike w:val="0"/>'))
    )
    document = read(
        para(run(BODY)),
        f'<w:tbl><w:tblPr><w:tblStyle w:val="Old"/></w:tblPr><w:tr>{cells}</w:tr></w:tbl>',
        para(run("After.")),
        styles=style("Old", "Old", STRUCK, kind="table"),
    )

    assert "<td><s>Nine</s></td><td>Ten</td>" in html_of(document)
    assert "<p>After.</p>" in html_of(document)


def test_hidden_by_the_style_of_a_table_is_named() -> None:
    cell = f"<w:tc>{para(run('ASK LEGAL'))}</w:tc><w:tc>{para(run('Ten'))}</w:tc>"
    document = read(
        para(run(BODY)),
        f'<w:tbl><w:tblPr><w:tblStyle w:val="No"/></w:tblPr><w:tr>{cell}</w:tr></w:tbl>',
        styles=style("No", "No", "<w:rPr><w:vanish/></w:rPr>", kind="table"),
    )

    assert html_of(document) == f"<p>{BODY}</p>"
    assert set(document.left_out) == {"Hidden text: ASK LEGAL", "Hidden text: Ten"}


# --- what leads to nothing


IMAGE = f'<v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:imagedata xmlns:r="{RELATED}" {{}}/>'
MISSING = "A picture that is missing in the document. Upload it in the editor where it belongs."


@pytest.mark.parametrize("holder", ["object", "pict"])
def test_a_picture_that_is_missing_refuses_no_document(holder: str) -> None:
    image = IMAGE.format('r:id="rId99"')
    document = read(para(run("Nine"), f"<w:r><w:{holder}>{image}</v:shape></w:{holder}></w:r>"))

    assert html_of(document) == "<p>Nine</p>"
    assert document.left_out == (MISSING,)


def test_a_link_whose_address_is_missing_keeps_its_words() -> None:
    link = f'<w:hyperlink xmlns:r="{RELATED}" r:id="rId99">{run("gates")}</w:hyperlink>'
    document = read(para(run("Nine "), link))

    assert html_of(document) == "<p>Nine gates</p>"
    assert document.left_out == ("The link of “gates”, which has no address. Its text is kept.",)


# --- lists


def abstract(key: int, kind: str, start: int = 1) -> str:
    return (
        f'<w:abstractNum w:abstractNumId="{key}"><w:lvl w:ilvl="0"><w:start w:val="{start}"/>'
        f'<w:numFmt w:val="{kind}"/></w:lvl></w:abstractNum>'
    )


def number(key: int, of: int, inner: str = "") -> str:
    return f'<w:num w:numId="{key}"><w:abstractNumId w:val="{of}"/>{inner}</w:num>'


def item(text: str, key: int, level: int = 0) -> str:
    numbers = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{key}"/></w:numPr>'
    return para(run(text), properties=numbers)


def level(kind: str, text: str, at: int = 0) -> str:
    return f'<w:lvl w:ilvl="{at}"><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/></w:lvl>'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("%1.", "<ol><li>Gates</li><li>Tolls</li></ol>"),
        ("(%1)", "<ol><li>Gates</li><li>Tolls</li></ol>"),
        ("Rule %1:", "<p>Rule 1: Gates</p>\n<p>Rule 2: Tolls</p>"),
        ("§ %1", "<p>§ 1 Gates</p>\n<p>§ 2 Tolls</p>"),
    ],
)
def test_words_beside_a_number_are_kept(text: str, html: str) -> None:
    kinds = f'<w:abstractNum w:abstractNumId="1">{level("decimal", text)}</w:abstractNum>'
    document = read(
        para(run(BODY)), item("Gates", 1), item("Tolls", 1), numbering=kinds + number(1, 1)
    )

    assert html_of(document) == f"<p>{BODY}</p>\n{html}"


def test_a_heading_keeps_its_number() -> None:
    kinds = level("upperRoman", "%1.") + level("decimal", "%1.%2", 1)
    numbered = '<w:pStyle w:val="H2"/><w:numPr><w:ilvl w:val="{}"/><w:numId w:val="1"/></w:numPr>'
    document = read(
        para(run(BODY)), para(run("New gates"), properties=numbered.format(0)), para(run(BODY)),
        para(run("Tolls"), properties=numbered.format(0)), para(run(BODY)),
        para(run("Bells"), properties=numbered.format(1)), para(run(BODY)),
        styles=style("H2", "heading 2"),
        numbering=f'<w:abstractNum w:abstractNumId="1">{kinds}</w:abstractNum>{number(1, 1)}',
    )  # fmt: skip

    assert [section.heading for section in document.sections][1:] == [
        "I. New gates",
        "II. Tolls",
        "II.1 Bells",
    ]


@pytest.mark.parametrize("mark", ["<w:vanish/><w:specVanish/>", "<w:vanish/>"])
def test_a_heading_may_run_into_its_paragraph(mark: str) -> None:
    head = f'<w:pStyle w:val="H2"/><w:rPr>{mark}</w:rPr>'
    document = read(
        para(run(BODY)), para(run("Gates. "), properties=head), para(run("Nine of them.")),
        styles=style("H2", "heading 2"),
    )  # fmt: skip

    assert html_of(document) == f"<p>{BODY}</p>\n<p><strong>Gates. </strong>Nine of them.</p>"


def test_a_hidden_end_of_a_hidden_paragraph_joins_nothing() -> None:
    hidden = para(run("ASK LEGAL", "<w:vanish/>"), properties="<w:rPr><w:vanish/></w:rPr>")
    document = read(hidden, para(run("Nine gates.")))

    assert html_of(document) == "<p>Nine gates.</p>"
    assert document.left_out == ("Hidden text: ASK LEGAL",)


def test_a_list_goes_on_after_a_paragraph() -> None:
    document = read(
        item("one", 1), item("two", 1), para(run(BODY)), item("three", 1),
        numbering=abstract(1, "decimal") + number(1, 1),
    )  # fmt: skip

    assert html_of(document) == (
        f'<ol><li>one</li><li>two</li></ol>\n<p>{BODY}</p>\n<ol start="3"><li>three</li></ol>'
    )


@pytest.mark.parametrize(
    ("inner", "first", "second"),
    [
        ("decimal", "<ol><li>inner</li></ol>", '<ol start="2"><li>again</li></ol>'),
        (
            "lowerLetter",
            '<ol type="a"><li>inner</li></ol>',
            '<ol start="2" type="a"><li>again</li></ol>',
        ),
        ("bullet", "<ul><li>inner</li></ul>", "<ul><li>again</li></ul>"),
    ],
)
@pytest.mark.parametrize("outer", ["decimal", "bullet"])
def test_a_deeper_level_goes_on_after_a_paragraph(
    outer: str, inner: str, first: str, second: str
) -> None:
    kinds = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/></w:lvl>'
        for level, kind in enumerate((outer, inner))
    )
    document = read(
        item("one", 1), item("inner", 1, 1), para(run(BODY)),
        item("again", 1, 1), item("two", 1),
        numbering=f'<w:abstractNum w:abstractNumId="1">{kinds}</w:abstractNum>{number(1, 1)}',
    )  # fmt: skip
    tag, start = ("ol", ' start="2"') if outer == "decimal" else ("ul", "")

    assert html_of(document) == (
        f"<{tag}><li>one{first}</li></{tag}>\n<p>{BODY}</p>\n{second}\n"
        f"<{tag}{start}><li>two</li></{tag}>"
    )


@pytest.mark.parametrize(
    ("kinds", "second"),
    [
        (("decimal", "lowerLetter", 1), '<ol type="a">'),
        (("upperRoman", "decimal", 7), '<ol start="7">'),
        (("upperRoman", "decimal", 3), '<ol start="3">'),
    ],
)
def test_a_list_of_another_type_may_follow(kinds: tuple[str, str, int], second: str) -> None:
    first, then, start = kinds
    document = read(
        item("one", 1), item("two", 1), item("three", 2), item("four", 2),
        numbering=abstract(1, first) + abstract(2, then, start) + number(1, 1) + number(2, 2),
    )  # fmt: skip
    opened = "<ol>" if first == "decimal" else '<ol type="I">'

    assert html_of(document) == (
        f"{opened}<li>one</li><li>two</li></ol>\n{second}<li>three</li><li>four</li></ol>"
    )


def test_numbers_of_several_levels_are_words() -> None:
    levels = "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
        for at, text in enumerate(["%1.", "%1.%2", "%1.%2.%3"])
    )
    document = read(
        *(
            para(
                run(words),
                properties=f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="1"/></w:numPr>',
            )
            for words, level in (("One", 0), ("Ask", 1), ("Now", 2), ("Go", 1), ("Two", 0))
        ),
        numbering=f'<w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>',
    )

    assert html_of(document) == (
        "<ol><li>One</li></ol>\n<p>1.1 Ask</p>\n<p>1.1.1 Now</p>\n<p>1.2 Go</p>\n"
        '<ol start="2"><li>Two</li></ol>'
    )


def test_items_without_a_number_are_paragraphs() -> None:
    numbers = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    document = read(
        *(para(run(words), properties=numbers) for words in ("One", "Two")),
        numbering='<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="none"/>'
        '<w:lvlText w:val=""/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>',
    )

    assert html_of(document) == "<p>One</p>\n<p>Two</p>"


def test_a_style_for_lists_numbers_them() -> None:
    kinds = (
        '<w:abstractNum w:abstractNumId="0"><w:numStyleLink w:val="Numbered"/></w:abstractNum>'
        '<w:abstractNum w:abstractNumId="1"><w:styleLink w:val="Numbered"/><w:lvl w:ilvl="0">'
        '<w:start w:val="4"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1."/></w:lvl>'
        "</w:abstractNum>"
    )
    lists = "".join(
        f'<w:num w:numId="{at + 1}"><w:abstractNumId w:val="{at}"/></w:num>' for at in range(2)
    )
    numbers = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="2"/></w:numPr>'
    properties = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    document = read(
        para(run("Four"), properties=properties),
        para(run("Five"), properties=properties),
        styles=style("Numbered", "Numbered", f"<w:pPr>{numbers}</w:pPr>", kind="numbering"),
        numbering=kinds + lists,
    )

    assert html_of(document) == '<ol start="4" type="I"><li>Four</li><li>Five</li></ol>'


def test_a_list_has_its_start_and_type_and_may_start_again() -> None:
    again = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride>'
    document = read(
        item("c", 1), para(run(BODY)), item("five", 3), item("six", 3),
        numbering=abstract(1, "lowerLetter", 3) + abstract(2, "decimal") + number(1, 1)
        + number(2, 2) + number(3, 2, again),
    )  # fmt: skip

    assert html_of(document) == (
        f'<ol start="3" type="a"><li>c</li></ol>\n<p>{BODY}</p>\n'
        '<ol start="5"><li>five</li><li>six</li></ol>'
    )


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ('<w:start w:val="3"/><w:numFmt w:val="upperLetter"/>', '<ol start="3" type="A">'),
        ('<w:numFmt w:val="lowerRoman"/>', '<ol type="i">'),
        ('<w:start w:val="2"/>', '<ol start="2">'),
        ('<w:numFmt w:val="bullet"/><w:lvlText w:val="-"/>', "<ul>"),
    ],
)
@pytest.mark.parametrize("restart", ["", '<w:startOverride w:val="7"/>'])
def test_a_list_may_have_a_level_of_its_own(override: str, expected: str, restart: str) -> None:
    own = f'<w:lvlOverride w:ilvl="0">{restart}<w:lvl w:ilvl="0">{override}</w:lvl></w:lvlOverride>'
    document = read(
        item("one", 1), item("two", 1), para(run(BODY)), item("three", 2), item("four", 2),
        para(run(BODY)), item("five", 1),
        numbering=abstract(1, "decimal") + number(1, 1) + number(2, 1, own),
    )  # fmt: skip
    opened = re.findall("<[ou]l[^>]*>", html_of(document))

    if restart and expected != "<ul>":
        expected = f'<ol start="7"{"".join(re.findall(" type=...", expected))}>'
    assert opened[:2] == ["<ol>", expected]
    assert html_of(document).count("<li>") == 5


def test_a_style_may_make_bullets() -> None:
    numbers = "<w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr>"
    document = read(
        para(run("one"), properties='<w:pStyle w:val="Own"/>'),
        para(run("two"), properties='<w:pStyle w:val="Own"/>'),
        styles=style("List", "List Bullet", numbers) + style("Own", "Own", based_on="List"),
    )

    assert html_of(document) == "<ul><li>one</li><li>two</li></ul>"


def test_a_list_of_footnotes_makes_no_roundup() -> None:
    notes = "".join(
        f'<w:footnote w:id="{at}"><w:p><w:r><w:t>{BODY} {BODY}</w:t></w:r></w:p></w:footnote>'
        for at in (1, 2)
    )
    reference = '<w:r><w:footnoteReference w:id="{}"/></w:r>'
    document = read(
        para(run("Bells"), reference.format(1), run(" and gates"), reference.format(2)),
        **{"word/footnotes.xml": wordml("footnotes", notes)},
    )

    assert [section.kind for section in document.sections] == ["feature"]
    assert "Bells<sup>[1]</sup> and gates<sup>[2]</sup>" in html_of(document)


# --- torn structure and parts that nobody reads


def test_a_dropped_capital_stays_with_its_word() -> None:
    document = read(
        para(run("W"), properties='<w:framePr w:dropCap="drop" w:lines="3"/>'),
        para(run("hen the bell rang, nobody came.")),
    )

    assert html_of(document) == "<p>When the bell rang, nobody came.</p>"


def test_a_line_break_in_a_heading_is_a_space() -> None:
    document = read(
        para("<w:r><w:t>What it</w:t><w:br/><w:t>costs</w:t></w:r>",
             properties='<w:pStyle w:val="H1"/>'),
        para(run(BODY)),
    )  # fmt: skip

    assert document.sections[-1].heading == "What it costs"


@pytest.mark.parametrize(
    "path", ["docProps/custom.xml", "customXml/item1.xml", "word/glossary/document.xml"]
)
def test_parts_that_nobody_reads_refuse_no_document(path: str) -> None:
    document = read(para(run(BODY)), **{path: "<a><b:c>undeclared</b:c></a>"})

    assert re.sub(r"<.*?>", "", html_of(document)) == BODY


# --- signs of fonts


def sign(font: str, number: str, properties: str = "") -> str:
    symbol = f'<w:sym w:font="{font}" w:char="{number}"/>'
    return f"<w:r><w:rPr>{properties}</w:rPr>{symbol}</w:r>"


def test_signs_of_known_fonts_are_text() -> None:
    document = read(
        para(run("Angle "), sign("Symbol", "F062"), run(" and "), sign("Wingdings", "F0FC")),
        para(run("Star "), sign("Segoe UI Symbol", "2605"), run(" of the week")),
    )

    assert html_of(document) == "<p>Angle β and ✓</p>\n<p>Star ★ of the week</p>"
    assert not document.left_out


def test_signs_of_other_fonts_are_named() -> None:
    document = read(
        para(run("Gate "), sign("Town Signs", "F041"), run(" is shut"), sign("", "xyz")),
        para(
            run("Gate "),
            sign("Town Signs", "0041"),
            run(" is shut"),
            sign("Old", "41", "<w:vanish/>"),
        ),
    )

    assert "Gate is shut" in " ".join(html_of(document).split())
    assert document.left_out == (
        "A sign of the font Town Signs (number F041).",
        "A sign of the font (none) (number XYZ).",
        "A sign of the font Town Signs (number 0041).",
    )
