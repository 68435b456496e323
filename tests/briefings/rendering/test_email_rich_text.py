"""What an editor can do to words, as mail programs are given it."""

from __future__ import annotations

import pytest

from briefings.models import Issue, SectionKind
from tests.briefings.rendering.sample_emails import SITE, email_of, page_of, read_page

pytestmark = pytest.mark.django_db


def test_links_are_completed_and_open_where_the_reader_likes() -> None:
    page = page_of(
        '<p><a href="/x/" target="_blank">x</a> <a href="#down">down</a> <a href="?p=2">p</a> '
        '<a href="mailto:a@example.com">a</a> <a name="here">here</a> <a href="http://[">bad</a></p>'
    )

    issue = Issue.objects.get()
    url = SITE + issue.get_absolute_url()
    assert page.links["x"] == f"{SITE}/x/"
    assert page.links["down"] == f"{url}#down"
    assert page.links["p"] == f"{url}?p=2"
    assert page.links["a"] == "mailto:a@example.com"
    assert "here" not in page.links
    assert not any("target" in link for link in page.all("a"))


def test_a_picture_fits_the_column_and_keeps_its_description() -> None:
    page = page_of(
        '<p><img src="/media/a.png" alt="A &quot;big&quot; ward" width="1200" height="600"></p>'
        '<p><img src="/media/b.png" class="align-right" width="200" height="100">Words</p>'
        '<p><img src="https://example.org/c.png" alt="Of unknown size"></p>'
    )

    big, right, unsized = page.all("img")
    assert (big["alt"], big["width"], "height" in big) == ('A "big" ward', "536", False)
    assert "max-width: 100%" in big["style"]
    assert (right["alt"], right["align"], right["width"]) == ("", "right", "200")
    assert "float: right" in right["style"]
    assert (unsized["src"], unsized["width"]) == ("https://example.org/c.png", "536")
    assert "width: auto" in unsized["style"]


def test_a_table_of_figures_keeps_its_meaning() -> None:
    page = page_of(
        '<table border="1" summary="x"><caption>Beds</caption><tr><th scope="col">Trust</th>'
        '<th scope="col" style="text-align:right">Beds</th></tr>'
        '<tr><td>Vale</td><td colspan="2" style="text-align:right">61</td></tr></table>'
    )

    [table] = [it for it in page.all("table") if it.get("role") != "presentation"]
    assert table["width"] == "100%"
    assert [head["scope"] for head in page.all("th")] == ["col", "col"]
    figure = next(cell for cell in page.all("td") if "colspan" in cell)
    assert figure["align"] == "right"
    assert "text-align: right" in figure["style"]
    assert len(page.all("caption")) == 1


def test_verbatim_lists_marks_and_breaks_come_through() -> None:
    html = email_of(
        SectionKind.FEATURE,
        "<pre>a\n  b &lt;c&gt;</pre><hr><ol start='3'><li>x<ul><li>y</li></ul></li></ol>"
        "<p style='text-align:center'>H<sub>2</sub>O<br>m<sup>2</sup> <u>u</u> <s>s</s></p>",
    ).html

    assert "a\n  b &lt;c&gt;</pre>" in html
    assert read_page(html).first("ol")["start"] == "3"
    assert "text-align: center" in html or "text-align:center" in html
    assert all(f"<{tag}" in html for tag in ("sub", "sup", "u>", "s>", "br>"))
    assert "<hr" not in html, "Outlook draws its own"


def test_headings_skip_no_rank() -> None:
    body = "<h3>Within</h3><p>a</p><h4>Deeper</h4><p>b</p>"
    with_heading = read_page(email_of(SectionKind.FEATURE, body).html).headings
    without = read_page(email_of(SectionKind.FEATURE, body, heading="").html).headings

    assert [tag for tag, _ in with_heading[:4]] == ["h1", "h2", "h3", "h4"]
    assert [tag for tag, _ in without[:3]] == ["h1", "h2", "h3"]


def test_words_that_run_right_to_left_say_so() -> None:
    page = page_of("<p>وقال قارئ: هذا ليس حلا</p><p>And in English.</p>")

    assert [paragraph.get("dir") for paragraph in page.all("p") if paragraph.get("dir") == "rtl"]
    assert len([it for it in page.elements if it.get("dir") == "rtl"]) == 1
