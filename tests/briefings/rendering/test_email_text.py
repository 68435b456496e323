"""A section typed as plain text: what a reader without HTML gets."""

from __future__ import annotations

import pytest

from briefings.rendering.email_text import email_text
from briefings.rendering.text_wrap import columns, wrap_text
from briefings.templatetags.plain_text import underlined, wrapped

PAGE = "https://news.example.com/ward-round/57/"


def typed(html: str) -> str:
    text, _ = email_text(html, base_url=PAGE)
    return text


def test_paragraphs_are_wrapped_and_parted_by_an_empty_line() -> None:
    text = typed(f"<p>{'word ' * 1000}</p>\n<p>The end.</p>")

    first, last = text.split("\n\n")
    assert last == "The end."
    assert max(map(len, first.split("\n"))) <= 72
    assert first.split() == ["word"] * 1000
    assert not any(line.endswith(" ") for line in first.split("\n"))


def test_emphasis_leaves_no_trace_and_spaces_collapse() -> None:
    assert typed("<p>It  would\n<em>not</em> move&nbsp;a <strong>patient</strong>.</p>") == (
        "It would not move a patient."
    )


def test_what_is_struck_out_or_raised_can_still_be_told() -> None:
    text = typed(
        "<p>CO<sub>2</sub>, 12 m<sup>2</sup>, x<sup>k</sup>, 1<sup>st</sup>, <s>214</s></p>"
    )

    assert text == "CO₂, 12 m², x^k, 1st, ~214~"


def test_a_line_break_breaks_the_line() -> None:
    assert typed("<p>Paper Lane 7<br>York</p>") == "Paper Lane 7\nYork"


def test_links_become_numbered_notes_under_the_section() -> None:
    text = typed(
        '<p>As <a href="/ward-round/56/">we said</a>, and <a href="https://example.org/a?b=1&amp;c=2">'
        'they</a> too; <a href="/ward-round/56/">here</a>.</p>'
    )

    assert text == (
        "As we said [1], and they [2] too; here [1].\n\n"
        "[1] https://news.example.com/ward-round/56/\n"
        "[2] https://example.org/a?b=1&c=2"
    )


def test_notes_are_counted_on_through_the_sections() -> None:
    _, after_first = email_text('<a href="/a/">a</a> <a href="/b/">b</a>', base_url=PAGE)
    text, after_second = email_text('<a href="/c/">c</a>', base_url=PAGE, first_link=after_first)

    assert (after_first, after_second) == (3, 4)
    assert text.endswith("[3] https://news.example.com/c/")


@pytest.mark.parametrize(
    "words", ["https://example.org/x/", "example.org/x", "https://example.org/x"]
)
def test_a_link_whose_text_is_its_address_is_not_numbered(words: str) -> None:
    assert typed(f'<p><a href="https://example.org/x/">{words}</a></p>') == "https://example.org/x/"


def test_a_long_address_is_never_broken() -> None:
    address = "https://example.org/" + "long-" * 60

    text = typed(
        f'<p>See <a href="{address}">the paper</a> or <a href="{address}">{address}</a>.</p>'
    )

    assert f"[1] {address}" in text.split("\n")
    assert f"{address}." in text.split("\n")


def test_mail_and_telephone_links_say_where_they_lead() -> None:
    text = typed(
        '<p><a href="mailto:news@example.com?subject=Beds">Write to us</a>, to <a href="mailto:'
        'news@example.com">news@example.com</a> or <a href="tel:+44190400">ring</a>.</p>'
    )

    assert text == "Write to us <news@example.com>, to news@example.com or ring <+44190400>."


def test_a_link_with_an_invalid_address_keeps_its_text() -> None:
    assert typed('<p><a href="http://[">bad</a> <a name="x">anchor</a></p>') == "bad anchor"


def test_bullets_hang_and_nest() -> None:
    text = typed(
        "<ul><li>A point that is a good deal longer than one line of the email, and hangs.</li>"
        "<li>Another<ul><li>beneath</li><li>and again"
        "<ol start='9'><li>nine</li><li>ten</li></ol></li></ul></li><li> </li></ul>"
    )

    assert text == (
        "• A point that is a good deal longer than one line of the email, and\n"
        "  hangs.\n"
        "• Another\n"
        "  • beneath\n"
        "  • and again\n"
        "    9. nine\n"
        "    10. ten"
    )


@pytest.mark.parametrize(
    ("attributes", "numbers"),
    [
        ('type="a" start="3"', ["c.", "d."]),
        ('type="I" start="4"', ["IV.", "V."]),
        ('reversed=""', ["2.", "1."]),
        ('start="-1"', ["-1.", "0."]),
    ],
)
def test_a_list_numbers_as_its_page_does(attributes: str, numbers: list[str]) -> None:
    lines = typed(f"<ol {attributes}><li>x</li><li>y</li></ol>").splitlines()

    assert [line.split()[0] for line in lines] == numbers


@pytest.mark.parametrize(
    ("attributes", "numbers"),
    [
        ("", ["1.", "5.", "6."]),
        ('type="a"', ["a.", "e.", "f."]),
        ('reversed=""', ["3.", "5.", "4."]),
    ],
)
def test_an_item_with_a_number_of_its_own_has_it(attributes: str, numbers: list[str]) -> None:
    lines = typed(f"<ol {attributes}><li>x</li><li value=5>y</li><li>z</li></ol>").splitlines()

    assert [line.split()[0] for line in lines] == numbers


def test_long_bullets_stand_apart() -> None:
    item = "<li>" + "word " * 60 + "</li>"

    assert typed(f"<ul>{item}{item}</ul>").count("\n\n• ") == 1


def test_a_bullet_of_two_paragraphs_keeps_them_apart() -> None:
    assert typed("<ul><li><p>One.</p><p>Two.</p></li><li>Three.</li></ul>") == (
        "• One.\n\n  Two.\n\n• Three."
    )


def test_a_quote_is_marked_on_every_line() -> None:
    text = typed(
        "<blockquote><p>" + "word " * 30 + "</p><p>— A reader</p>"
        "<blockquote>within</blockquote></blockquote>"
    )

    assert all(line == ">" or line.startswith("> ") for line in text.split("\n"))
    assert max(map(len, text.split("\n"))) <= 72
    assert text.endswith("\n>\n> — A reader\n>\n> > within")


def test_verbatim_text_keeps_its_spaces() -> None:
    assert typed("<pre>ward  beds\n\n  A1    24</pre>") == "    ward  beds\n\n      A1    24"


def test_a_picture_is_its_description() -> None:
    assert typed('<p><img src="a.png" alt="An empty ward">Words.</p>') == "[An empty ward] Words."
    assert typed('<p><img src="a.png" alt=""></p><p><img src="b.png"></p>') == ""


def test_a_rule_is_no_signature_mark() -> None:
    assert typed("<p>Before</p><hr><p>After</p>") == "Before\n\n* * *\n\nAfter"


def test_a_small_table_stands_in_columns_with_its_figures_to_the_right() -> None:
    text = typed(
        "<table><caption>Beds closed</caption><thead><tr><th>Trust</th><th>Beds</th></tr></thead>"
        "<tbody><tr><td>North Riding</td><td>114</td></tr><tr><td>Vale</td><td>9.5</td></tr>"
        "<tr><td colspan='2'>Source: board papers</td></tr></tbody></table>"
    )

    assert text == (
        "Beds closed\n\n"
        "Trust                  Beds\n"
        "--------------------   ----\n"
        "North Riding            114\n"
        "Vale                    9.5\n"
        "Source: board papers"
    )


def test_a_wide_table_is_said_row_by_row() -> None:
    heads = "".join(f"<th>Heading {number} of many</th>" for number in range(6))
    cells = "".join(f"<td>cell {number}</td>" for number in range(6))

    text = typed(f"<table><tr>{heads}</tr><tr>{cells}</tr><tr>{cells}</tr></table>")

    first, second = text.split("\n\n")
    assert first == second
    assert first.split("\n")[:2] == ["Heading 0 of many: cell 0", "  Heading 1 of many: cell 1"]


def test_words_outside_any_paragraph_are_not_lost() -> None:
    assert typed("before<p>in</p>between <em>these</em><ul><li>x</li></ul>after") == (
        "before\n\nin\n\nbetween these\n\n• x\n\nafter"
    )


def test_a_link_round_whole_paragraphs_keeps_its_address() -> None:
    text = typed('<a href="/x/"><h3>One</h3><p>Two</p></a>')

    assert text == "One Two [1]\n\n[1] https://news.example.com/x/"


def test_empty_paragraphs_leave_no_hole() -> None:
    assert typed("<p>One</p><p>&nbsp;</p><p><br></p><p> </p><p>Two</p>") == "One\n\nTwo"


def test_wide_characters_take_two_columns_and_lines_break_between_them() -> None:
    lines = wrap_text("漢字かな。" * 200).split("\n")

    assert "".join(lines) == "漢字かな。" * 200
    assert max(map(columns, lines)) <= 72
    assert not any(line.startswith("。") for line in lines)


def test_a_monster_of_a_word_is_broken_by_force() -> None:
    lines = wrap_text("x" * 5000).split("\n")

    assert "".join(lines) == "x" * 5000
    assert max(map(len, lines)) <= 72


def test_an_emoji_family_is_not_torn_apart() -> None:
    family = "👩\u200d👩\u200d👧"

    assert all(family in line for line in wrap_text(family * 60).split("\n"))


def test_right_to_left_words_keep_their_order() -> None:
    assert typed("<p>وقال قارئ: <em>هذا</em> ليس حلا</p>") == "وقال قارئ: هذا ليس حلا"


def test_no_depth_of_nesting_breaks_it() -> None:
    deep = "<blockquote>" * 3000 + "deep" + "</blockquote>" * 3000

    text = typed(f"<p>Before</p>{deep}<p>After</p>")

    assert text.startswith("Before\n\n> > ")
    assert "deep" in text
    assert text.endswith("\n\nAfter")


def test_a_headline_is_underlined_as_long_as_it_shows() -> None:
    assert underlined("Council & mayor", "=") == "Council & mayor\n==============="
    assert underlined("漢字", "-") == "漢字\n----"
    assert underlined("word " * 40, "=").split("\n")[-1] == "=" * 69


def test_a_template_wraps_to_one_paragraph() -> None:
    assert wrapped(" One\r\ntwo  ") == "One two"
