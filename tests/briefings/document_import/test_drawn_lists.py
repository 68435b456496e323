"""Lists that Word draws with paragraphs, on a web page that it saves, are lists again."""

from __future__ import annotations

import pytest

from briefings.document_import import read_document

SPACES = "<span style='font:7.0pt \"Times New Roman\"'>&nbsp;&nbsp;&nbsp;&nbsp; </span>"
HEAD = (
    "<meta name=Generator content='Microsoft Word 15 (filtered)'><p class=MsoTitle>Gates open</p>"
)


def item(mark: str, words: str, margin: int = 36, name: str = "MsoListParagraph") -> str:
    style = f"margin-left:{margin}.0pt;text-indent:-18.0pt"
    return f"<p class={name} style='{style}'>{mark}{SPACES}{words}</p>"


def marked(font: str, mark: str) -> str:
    return f"<span style='font-family:{font}'>{mark}</span>"


def lists_of(*body: str) -> str:
    page = f"{HEAD}<p class=MsoNormal>They open at nine.</p>{''.join(body)}"
    document = read_document(page.encode(), name="gates.html")
    html = "".join(section.html.replace("\n", "") for section in document.sections)
    return html.removeprefix("<p>They open at nine.</p>")


BULLET = marked("Symbol", "·")


@pytest.mark.parametrize(
    ("items", "html"),
    [
        (
            [("1.", 36), ("2.", 36), ("a.", 72), ("b.", 72), ("3.", 36)],
            '<ol><li>A</li><li>B<ol type="a"><li>C</li><li>D</li></ol></li><li>E</li></ol>',
        ),
        (
            [("ii.", 36), ("iii.", 36), ("(a)", 72)],
            '<ol start="2" type="i"><li>A</li><li>B<ol type="a"><li>C</li></ol></li></ol>',
        ),
        (
            [("g)", 36), ("h)", 36), ("i)", 36)],
            '<ol start="7" type="a"><li>A</li><li>B</li><li>C</li></ol>',
        ),
        ([("V.", 36), ("VI.", 36)], '<ol start="5" type="I"><li>A</li><li>B</li></ol>'),
        ([("IX.", 36), ("X.", 36)], '<ol start="9" type="I"><li>A</li><li>B</li></ol>'),
        ([("I", 36)], ""),
        (
            [("A)", 36), ("B)", 36), ("D)", 36)],
            '<ol type="A"><li>A</li><li>B</li></ol><ol start="4" type="A"><li>C</li></ol>',
        ),
        ([("[1]", 36), ("[2]", 36)], "<ol><li>A</li><li>B</li></ol>"),
        (
            [("1.", 18), ("1.1.", 54), ("1.2.", 54), ("2.", 18)],
            "<ol><li><p>A</p><p>1.1. B</p><p>1.2. C</p></li><li>D</li></ol>",
        ),
        (
            [
                (BULLET, 36),
                (marked("'Courier New'", "o"), 72),
                (marked("Wingdings", "§"), 108),
                (BULLET, 36),
            ],
            "<ul><li>A<ul><li>B<ul><li>C</li></ul></li></ul></li><li>D</li></ul>",
        ),
        (
            [(BULLET, 36), ("1.", 72), ("2.", 72), (BULLET, 36)],
            "<ul><li>A<ol><li>B</li><li>C</li></ol></li><li>D</li></ul>",
        ),
        ([("-", 36), ("–", 36)], "<ul><li>A</li><li>B</li></ul>"),
    ],
)
def test_a_drawn_list_has_its_levels_and_numbers(items: list[tuple[str, int]], html: str) -> None:
    drawn = [item(mark, chr(65 + at), margin) for at, (mark, margin) in enumerate(items)]
    if not html:  # a character alone is the start of a sentence
        html = f"<p>{items[0][0]} A</p>"

    assert lists_of(*drawn) == html


def test_a_drawn_list_goes_on_after_a_paragraph() -> None:
    between = "<p class=MsoNormal>Between.</p>"

    assert lists_of(item("1.", "A"), between, item("2.", "B"), item("3.", "C")) == (
        '<ol><li>A</li></ol><p>Between.</p><ol start="2"><li>B</li><li>C</li></ol>'
    )


def test_a_mark_that_is_a_roman_number_too_goes_on_with_its_list() -> None:
    between = "<p class=MsoNormal>Between.</p>"

    assert lists_of(item("h.", "A"), between, item("i.", "B")) == (
        '<ol start="8" type="a"><li>A</li></ol><p>Between.</p>'
        '<ol start="9" type="a"><li>B</li></ol>'
    )


def test_an_item_may_have_several_paragraphs() -> None:
    more = "<p class=MsoListParagraph style='margin-left:36.0pt'>More.</p>"

    assert lists_of(item("1.", "A"), more, item("2.", "B")) == (
        "<ol><li><p>A</p><p>More.</p></li><li>B</li></ol>"
    )


def test_levels_are_read_from_words_own_marks_and_from_its_style_sheet() -> None:
    style = "<style>p.MsoListParagraphCxSpLast {margin:0cm 0cm 0cm 72pt}</style>"
    ignored = "<span style='mso-list:Ignore'>1.<span style='font:7pt serif'>&nbsp; </span></span>"
    first = f"<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'>{ignored}A</p>"
    last = f"<p class=MsoListParagraphCxSpLast>a.{SPACES}B</p>"

    assert lists_of(style, first, last) == ('<ol><li>A<ol type="a"><li>B</li></ol></li></ol>')


def test_a_mark_of_several_words_stays_with_its_sentence() -> None:
    assert lists_of(item("Rule 1:", "Be on time."), item("Rule 2:", "Be kind.")) == (
        "<p>Rule 1: Be on time.</p><p>Rule 2: Be kind.</p>"
    )


def test_a_drawn_list_in_a_cell_is_one() -> None:
    cell = f"<p class=MsoNormal>South</p>{item('·', 'Quay')}{item('·', 'Castle')}"
    table = f"<table><tr><td>{cell}</td><td>North</td></tr></table>"

    assert lists_of(table) == (
        "<table><tbody><tr><td><p>South</p><ul><li>Quay</li><li>Castle</li></ul></td>"
        "<td>North</td></tr></tbody></table>"
    )


def test_initials_and_dates_without_words_spaces_are_no_marks() -> None:
    paragraphs = (
        "<p class=MsoNormal>A. Lane wrote it.</p><p class=MsoListParagraph>A. Lane, again.</p>"
    )

    assert lists_of(paragraphs) == "<p>A. Lane wrote it.</p><p>A. Lane, again.</p>"


def test_numbers_that_are_aligned_to_the_right_are_a_list() -> None:
    def right(mark: str, words: str, margin: int) -> str:
        style = f"margin-left:{margin}.0pt;text-indent:-{margin}.0pt"
        return f"<p class=MsoListParagraph style='{style}'>{SPACES}{mark}{SPACES}{words}</p>"

    assert lists_of(
        item("1.", "A"),
        item("a.", "B", 72),
        right("i.", "C", 108),
        right("ii.", "D", 108),
        item("b.", "E", 72),
        item("2.", "F"),
    ) == (
        '<ol><li>A<ol type="a"><li>B<ol type="i"><li>C</li><li>D</li></ol></li><li>E</li></ol></li>'
        "<li>F</li></ol>"
    )
    assert lists_of(right("II.", "A", 54), right("III.", "B", 54)) == (
        '<ol start="2" type="I"><li>A</li><li>B</li></ol>'
    )
