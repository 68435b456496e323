"""One parser for whatever HTML comes: it repairs, it keeps to its depth, and it is fast."""

from __future__ import annotations

import time

import pytest

from newsroom.html_tree import NestedTooDeeply, parse, write

# Far more than a busy machine takes for the inputs below, far less than quadratic time.
SECONDS = 20


@pytest.mark.parametrize(
    ("html", "repaired"),
    [
        ("<p>one<p>two", "<p>one</p><p>two</p>"),
        ("<ul><li>one<li>two</ul>three", "<ul><li>one</li><li>two</li></ul>three"),
        ("<li>one<li>two", "<ul><li>one</li><li>two</li></ul>"),
        ("<li>one</li> <li>two</li><p>three", "<ul><li>one</li> <li>two</li></ul><p>three</p>"),
        ("<li>one</li><br><li>two</li>three", "<ul><li>one</li><br><li>two</li></ul>three"),
        ("<li>one<li>two<h2>three</h2>", "<ul><li>one</li><li>two</li></ul><h2>three</h2>"),
        ("<li>one</li><hr>two", "<ul><li>one</li></ul><hr>two"),
        ("<li><p>one</p><p>two</p>", "<ul><li><p>one</p><p>two</p></li></ul>"),
        (
            "<li>one<ul><li>two</ul><li>three",
            "<ul><li>one<ul><li>two</li></ul></li><li>three</li></ul>",
        ),
        (
            "<table><td>one<td>two<tr><td>three</table>",
            "<table><tr><td>one</td><td>two</td></tr><tr><td>three</td></tr></table>",
        ),
        ("<td>one</td>two", "<div>one</div>two"),
        ("<p><b>one</p>two</b>", "<p><b>one</b></p>two"),
        ("a < b <!-- no --> c <tag that never ends", "a &lt; b  c &lt;tag that never ends"),
        ("<BR CLASS='a' class=b>", '<br class="a">'),
    ],
)
def test_what_authors_leave_out_is_added(html: str, repaired: str) -> None:
    assert write(parse(html, repair=True)) == repaired


def test_too_deep_elements_leave_their_children_to_the_one_above() -> None:
    html = "<i>" * 4 + "deep" + "</i>" * 4 + "<b>after</b>"

    assert write(parse(html, max_depth=2)) == "<i><i>deep</i></i><b>after</b>"


def test_too_deep_elements_can_be_refused() -> None:
    with pytest.raises(NestedTooDeeply):
        parse("<i>" * 4, max_depth=3, unwrap_deeper=False)


def test_only_its_own_end_tag_ends_an_opaque_element() -> None:
    root = parse(
        "<div><nav>Home<a>All</div><nav>x</nav></nav>words",
        repair=True,
        is_opaque=lambda element: element.tag == "nav",
    )

    [division] = root.elements
    [nav] = division.elements
    assert nav.children == ["Home", " ", "All", " ", "x"]
    assert division.text == "Home All xwords"


@pytest.mark.parametrize(
    "unit",
    [
        *("<p>", "<b>", "<div>", "</div>", "<li>", "<td>", "<table>", "<a b='", "<!--", "</"),
        *("<b x=1><p>", "<ul><li>", "<i></p>", "<nav>", "&#", "<script>"),
    ],
)
@pytest.mark.parametrize("repair", [True, False])
def test_hostile_input_takes_linear_time(unit: str, repair: bool) -> None:
    start = time.monotonic()

    parse(unit * (100_000 // len(unit)), repair=repair)

    assert time.monotonic() - start < SECONDS


def test_an_item_of_many_blocks_takes_linear_time() -> None:
    start = time.monotonic()

    parse("<li>" + "<p></p>" * 100_000, repair=True)

    assert time.monotonic() - start < SECONDS
