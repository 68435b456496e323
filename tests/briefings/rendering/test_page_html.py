"""Stored words on a page: links, pictures, tables, quotations; nothing that the policy forbids."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.models import SectionKind
from briefings.rendering.page_html import render_body
from briefings.richtext import ATTRIBUTES, TAGS, sanitise

ADDED = {"aria-label", "class", "loading", "rel", "role", "tabindex"}


def rendered(
    html: str, *, kind: str = SectionKind.FEATURE, headed: bool = True, base: str = ""
) -> str:
    return str(render_body(sanitise(html), kind=kind, headed=headed, base=base)[0])


@pytest.mark.parametrize(
    "html",
    ["<p>Plain words.</p>", "<ul><li>one</li></ul>", "<p>a &lt; b &amp; c</p>", "", "no tags"],
)
def test_ordinary_words_stay_as_they_are(html: str) -> None:
    assert rendered(html) == html


def test_a_link_to_another_site_hides_the_window_that_opened_it() -> None:
    html = '<a href="https://other.example/" target="_blank">there</a>'
    assert rendered(html) == html.replace(">there", ' rel="noopener">there')


@pytest.mark.parametrize(
    "href", ["/the-ward-round/56/", "#beds", "http://news.example.com/x/", "mailto:a@example.com"]
)
def test_a_link_within_the_site_stays_as_it_is(href: str) -> None:
    assert rendered(f'<a href="{href}">here</a>') == f'<a href="{href}">here</a>'


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>One two.</p><p>Three.</p>", 3),
        ("<ul><li>one</li><li>two</li></ul>", 2),
        ("<table><tbody><tr><td>214</td><td>beds</td></tr></tbody></table>", 2),
        ("<p>a<br>b</p>", 2),
        ("<p>un<b>believ</b>able</p>", 1),
        ("<p></p><hr>", 0),
    ],
)
def test_words_are_counted_across_blocks_and_within_them(html: str, words: int) -> None:
    assert render_body(sanitise(html))[1] == words


@pytest.mark.parametrize("href", ["http://[", "http://[::1", "https://a@b:c/"])
def test_an_invalid_address_breaks_nothing(href: str) -> None:
    assert "words" in rendered(f'<p><a href="{href}">words</a><img src="{href}" alt="words"></p>')


def test_a_picture_of_ours_waits_until_it_is_near() -> None:
    assert rendered('<img src="/media/beds.jpg" width="300">') == (
        '<img src="/media/beds.jpg" width="300" alt="" loading="lazy">'
    )


@pytest.mark.parametrize("first", ["<p>{}</p>", "{}", "<p><em>{}</em> <b>Beds</b></p>"])
def test_the_picture_with_which_a_page_begins_does_not_wait(first: str) -> None:
    picture = '<img src="/media/beds.jpg" alt="Beds">'
    body = sanitise(f"{first.format(picture)}<p>Words.</p><p>{picture}</p>")
    html = str(render_body(body, leads=True)[0])
    assert html.count("<img") == 2
    assert html.count('loading="lazy"') == 1
    assert html.index('loading="lazy"') > html.index("Words.")
    assert str(render_body(body)[0]).count('loading="lazy"') == 2


def test_a_picture_of_another_site_becomes_a_link_to_it() -> None:
    picture = '<img src="https://other.example/p.png" alt="A chart">'
    assert rendered(picture) == (
        '<a href="https://other.example/p.png" rel="noopener">A chart (picture)</a>'
    )
    within = rendered(f'<a href="/x/">{picture}</a>')
    assert within == '<a href="/x/">A chart (picture)</a>'


def test_a_table_scrolls_by_itself_and_can_be_reached_by_keyboard() -> None:
    html = rendered("<table><tbody><tr><td>1</td></tr></tbody></table>")
    assert html.startswith(
        '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>'
    )
    assert html.endswith("</table></div>")


def test_alignment_is_a_class_for_the_policy_allows_no_style() -> None:
    assert rendered('<p style="text-align:center">Middle</p>') == '<p class="to-centre">Middle</p>'
    assert rendered('<p style="text-align:left">Usual</p>') == "<p>Usual</p>"


def test_headings_move_up_where_the_section_has_none_of_its_own() -> None:
    assert rendered("<h3>A</h3><h4>B</h4>", headed=False) == "<h2>A</h2><h3>B</h3>"
    assert rendered("<h3>A</h3>") == "<h3>A</h3>"


def test_a_quotation_ends_with_whoever_said_it() -> None:
    html = rendered("<blockquote><p>Words.</p><p>— A director</p></blockquote><p>— not this</p>")
    assert html.count('class="said-by"') == 1
    assert '<p class="said-by">— A director</p></blockquote>' in html


@pytest.mark.parametrize(
    ("item", "is_source"),
    [
        ("A tender went. <em>Board paper, p. 14</em>", True),
        ("<p>A tender went.</p>", False),
        ("He said it was <em>urgent</em>", False),
        ("It <em>matters</em>.", False),
        ("<em>All of it</em>", False),
    ],
)
def test_the_source_of_an_item_of_a_round_up_is_told_from_stress(
    item: str, is_source: bool
) -> None:
    html = rendered(f"<ul><li>{item}</li></ul>", kind=SectionKind.ROUNDUP)
    assert ('<span class="src">' in html) == is_source


def test_links_in_feeds_work_outside_the_site() -> None:
    base = "http://news.example.com/ward/57/"
    html = rendered('<a href="/ward/56/">a</a><a href="#x">b</a><img src="/m.png">', base=base)
    assert 'href="http://news.example.com/ward/56/"' in html
    assert 'href="http://news.example.com/ward/57/#x"' in html
    assert 'src="http://news.example.com/m.png"' in html


class Strict(HTMLParser):
    """Collects tags and attributes as a browser would find them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


PIECES = (
    "<table>",
    "</td>",
    '<img alt="<table>" src="/x">',
    '<img src="//x.example/" onerror="1">',
    '<a href="https://x.example/">',
    '<a href="javascript:alert(1)">',
    "</a>",
    "<blockquote>",
    "<p>— ",
    '<p style="text-align:right;position:fixed">',
    "<script>",
    "<h3>",
    "<td>x",
    "&lt;b&gt;",
    "&quot;",
    *"<>\"'",
)


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5)))
def test_nothing_hostile_comes_out_whatever_goes_in(parts: list[str]) -> None:
    found = Strict()
    found.feed(rendered("".join(parts)))
    found.close()
    assert found.tags <= TAGS | {"div", "span"}
    for name, value in found.attributes:
        assert name in {*set().union(*ATTRIBUTES.values()), *ADDED} - {"style"}
        if name in {"href", "src"}:
            assert not value.startswith(("//", "javascript:"))
