"""An email made from whatever somebody typed: all is escaped and no line is too long."""

from __future__ import annotations

import re

import pytest

from briefings.models import Section, SectionKind
from briefings.rendering.html_wrap import wrap_html
from briefings.rendering.issue_email import EmailLinks, RenderedEmail, render_issue_email
from tests.briefings.rendering.sample_emails import read_page
from tests.factories import make_briefing, make_contributor, make_issue

pytestmark = pytest.mark.django_db

MAX_LINE = 998  # bytes: RFC 5322, section 2.1.1
PLACEHOLDERS = [f"https://news.example.com/{word}/x{word.upper()}{'x' * 24}/" for word in "abcde"]


def render(
    *, title: str = "T", body: str = "<p>b</p>", heading: str = "H", strapline: str = "S"
) -> RenderedEmail:
    issue = make_issue(
        title=title, strapline=strapline, sections=[(SectionKind.FEATURE, heading, body)]
    )
    links = dict(zip(EmailLinks.__slots__, PLACEHOLDERS, strict=True))
    return render_issue_email(issue, links=EmailLinks(**links))


def longest_line(text: str) -> int:
    return max(len(line.encode()) for line in text.split("\n"))


@pytest.mark.parametrize(
    "title",
    [
        "Council & mayor",
        "“Why?” asked 'the' \"mayor\"",
        "<script>alert(1)</script>",
        "</title></style><b>",
        "Beds 🛏️ and 👩\u200d⚕️",
        "من يدفع ثمن الأسرة الفارغة؟",
        "空のベッドの代金は誰が払うのか",
        "{{ issue.pk }}{% now 'Y' %}",
    ],
)
def test_any_headline_is_said_as_it_was_typed(title: str) -> None:
    email = render(title=title, strapline=title, heading=f"{title}.")

    page = read_page(email.html)
    assert email.subject == title
    assert page.title == title
    assert page.headings[:2] == [("h1", title), ("h2", f"{title}.")]
    assert page.unbalanced == []
    assert page.all("script") == page.all("b") == []
    assert email.text.count(title) == 3


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\x0b", "\x85"])
def test_a_subject_is_one_line(end: str) -> None:
    email = render(title=f"Beds{end}Bcc: everybody@example.com\x07")

    assert email.subject == "Beds Bcc: everybody@example.com"


def test_no_markup_of_an_author_escapes_its_place() -> None:
    rosa = make_contributor(name='Rosa "<i>', job_title="<u>&amp;", contact="a@example.com")
    briefing = make_briefing(title="<b>Beds</b> & more", strapline="</td></table>", lead=rosa)
    links = EmailLinks(**dict(zip(EmailLinks.__slots__, PLACEHOLDERS, strict=True)))

    email = render_issue_email(make_issue(briefing=briefing), links=links)

    page = read_page(email.html)
    assert page.unbalanced == []
    assert page.all("i") == page.all("u") == page.all("b") == []
    for words in ('Rosa "<i>', "<u>&amp;", "<b>Beds</b> & more", "</td></table>"):
        assert words in page.words
        assert words in email.text


def test_a_section_that_was_never_saved_is_sanitised_too() -> None:
    issue = make_issue(sections=[])
    unsaved = Section(issue=issue, kind="note", body='<p onclick="x()">a<script>x()</script></p>')
    issue.put_sections([unsaved])  # as in a preview

    links = EmailLinks(**dict(zip(EmailLinks.__slots__, PLACEHOLDERS, strict=True)))
    html = render_issue_email(issue, links=links).html

    assert "onclick" not in html
    assert "<script" not in html


@pytest.mark.parametrize(
    "body",
    [
        f"<p>{'word ' * 1000}</p>",
        f"<p>{'x' * 5000}</p>",
        f"<p>{'漢字かな。' * 1000}</p>",
        f"<p>{'&lt;&amp;' * 2000}</p>",
        f"<p>{'🛏️' * 1000}</p>",
        f"<pre>{'verbatim ' * 500}</pre>",
        "<blockquote>" * 3000 + "deep" + "</blockquote>" * 3000,
        "<ul><li>" * 500 + "deep" + "</li></ul>" * 500,
        f"<table><tr>{'<td>cell</td>' * 200}</tr></table>",
    ],
    ids=["words", "one word", "Japanese", "entities", "emoji", "pre", "quotes", "lists", "table"],
)
def test_no_line_is_too_long_to_mail(body: str) -> None:
    email = render(body=body, title="漢" * 200, strapline="字" * 300)

    assert longest_line(email.html) <= MAX_LINE
    assert longest_line(email.text) <= MAX_LINE
    assert read_page(email.html).unbalanced == []


def test_folding_changes_no_word() -> None:
    words = "漢字かな。" * 500 + " and " + "<&> " * 500

    page = read_page(render(body=f"<p>{words.replace('&', '&amp;').replace('<', '&lt;')}</p>").html)

    assert " ".join(words.split()) in page.words


def test_folding_leaves_alone_what_a_break_would_change() -> None:
    link = f'<a href="https://example.org/{"a b" * 200}" title="{"t " * 200}">x</a>'
    verbatim = f"<pre>{'  a b' * 30}</pre>"
    comment = f"<!--[if mso]>{'<td> ' * 100}<![endif]-->"

    assert wrap_html(link).replace("\n", " ") == link
    assert wrap_html(verbatim) == verbatim
    assert wrap_html(comment) == comment


def test_folding_parts_words_only_at_spaces() -> None:
    folded = wrap_html(f"<p>{'word ' * 100}<em>em</em>phasis</p>")

    assert longest_line(folded) <= 120
    assert re.sub(r"\s+", " ", folded) == f"<p>{'word ' * 100}<em>em</em>phasis</p>"


def test_stand_ins_survive_a_body_that_mentions_them() -> None:
    email = render(body=f'<p><a href="{PLACEHOLDERS[0]}">{PLACEHOLDERS[0]}</a></p>')

    assert all(email.html.count(stand_in) >= 1 for stand_in in PLACEHOLDERS)
    assert all(email.text.count(stand_in) >= 1 for stand_in in PLACEHOLDERS)
