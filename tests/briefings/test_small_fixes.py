"""Which changes of a published issue may go without a note for readers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.models import SectionKind
from briefings.published_words import is_published
from briefings.small_fixes import MAX_WORDS_FIXED, NotSmall, check_small
from tests.factories import make_briefing, make_issue, make_published_issue


def content(*bodies: str, kind: str = "feature", **head: Any) -> dict[str, Any]:
    return {
        "title": "The last bus from Ashby",
        "strapline": "",
        "author": 1,
        "author_name": "Rosa Meyer",
        "sections": [
            {"id": key, "kind": kind, "heading": "The route", "body": body}
            for key, body in enumerate(bodies, start=1)
        ],
        **head,
    }


def reason_against(before: str, after: str, *, kind: str = "feature") -> str:
    """Return why a change of a section needs a note; empty if it does not."""
    try:
        check_small(content(before, kind=kind), content(after, kind=kind))
    except NotSmall as reason:
        return str(reason)
    return ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<p>The councl met on Monday.</p>", "<p>The council met on Monday.</p>"),
        ("<p>It was a long meating, again.</p>", "<p>It was a long meeting again.</p>"),
        ("<p>They took it form the depot.</p>", "<p>They took it from the depot.</p>"),
        ("<p>The the depot is shut.</p>", "<p>The depot is shut.</p>"),
        ("<p>It stops at the the depot.</p>", "<p>It stops at the depot.</p>"),
        (
            "<p>Alot of it is gone, but alot stays.</p>",
            "<p>Alot of it is gone, but a lot stays.</p>",
        ),
        (
            "<p>Its late. The bus has lost it's roof.</p>",
            "<p>It's late. The bus has lost its roof.</p>",
        ),
        ("<p>They waited. teh bus came.</p>", "<p>They waited. the bus came.</p>"),
        ("<p>Late. Teh driver left the depot.</p>", "<p>Late. The driver left the depot.</p>"),
        ("<p>They left.The bus came.</p>", "<p>They left. The bus came.</p>"),
        ("<p>They left ,then.</p>", "<p>They left, then.</p>"),
        ("<p>On 4 May, 12 busses ran.</p>", "<p>On 4 May, 12 buses ran.</p>"),
        (
            '<p>See <a href="https://a.example/x">the timetabel</a>.</p>',
            '<p>See <a href="https://a.example/x">the timetable</a>.</p>',
        ),
    ],
)
def test_typing_errors_may_be_fixed_without_a_note(before: str, after: str) -> None:
    assert reason_against(before, after) == ""


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("<p>It cost 12 pounds.</p>", "<p>It cost 13 pounds.</p>", "number"),
        ("<p>It cost 1,200 pounds.</p>", "<p>It cost 1.200 pounds.</p>", "number"),
        ("<p>It cost £5 a day.</p>", "<p>It cost $5 a day.</p>", "number"),
        ("<p>It cost a million.</p>", "<p>It cost a billion.</p>", "something else"),
        ("<p>It rose by two.</p>", "<p>It rose by ten.</p>", "something else"),
        ("<p>It cost twelve 3 times.</p>", "<p>It cost twelve times.</p>", "number"),
        ("<p>We asked Ann Smith.</p>", "<p>We asked Anne Smith.</p>", "name"),
        ("<p>Smith said so.</p>", "<p>Smyth said so.</p>", "name"),
        ("<p>We rode to Bath.</p>", "<p>We rode to bath.</p>", "name"),
        ("<p>They told us.</p>", "<p>They told US.</p>", "name"),
        ("<p>It is now open.</p>", "<p>It is not open.</p>", "something else"),
        ("<p>She can go.</p>", "<p>She can't go.</p>", "something else"),
        ("<p>There he stood.</p>", "<p>There she stood.</p>", "something else"),
        ("<p>It was legal.</p>", "<p>It was illegal.</p>", "something else"),
        ("<p>It was helpful.</p>", "<p>It was unhelpful.</p>", "something else"),
        ("<p>They came by bus.</p>", "<p>They came by car.</p>", "another word"),
        ("<p>It is open.</p>", "<p>It is not open.</p>", "added"),
        ("<p>It is not open.</p>", "<p>It is open.</p>", "removed"),
        ("<p>He said “we are lost” then.</p>", "<p>He said “we are last” then.</p>", "quotation"),
        ("<p>He said ‘it’s a messs’ then.</p>", "<p>He said ‘it’s a mess’ then.</p>", "quotation"),
        ("<p>He said we are lost.</p>", "<p>He said “we are lost”.</p>", "quotation"),
        (
            "<blockquote><p>We are lsot.</p></blockquote>",
            "<blockquote><p>We are lost.</p></blockquote>",
            "quoted",
        ),
        (
            '<p><a href="https://a.example/x">here</a></p>',
            '<p><a href="https://a.example/y">here</a></p>',
            "link",
        ),
        ("<p>See a.example/x for it.</p>", "<p>See a.example/y for it.</p>", "address"),
        ("<p>Write to ann@a.example.</p>", "<p>Write to anne@a.example.</p>", "address"),
        ("<p>One.</p>", "<p>One.</p><p>Two.</p>", "paragraph"),
        ("<p>They saw an increase.</p>", "<p>They saw a decrease.</p>", "something else"),
        ("<p>Costs will increase.</p>", "<p>Costs will decrease.</p>", "something else"),
        ("<p>She was hired.</p>", "<p>She was fired.</p>", "something else"),
        ("<p>He was accused.</p>", "<p>He was abused.</p>", "something else"),
        ("<p>She got bail.</p>", "<p>She got jail.</p>", "something else"),
        ("<p>The county paid.</p>", "<p>The country paid.</p>", "something else"),
        ("<p>It is nowhere.</p>", "<p>It is now here.</p>", "something else"),
        ("<p>It is now here.</p>", "<p>It is nowhere.</p>", "something else"),
        ("<p>It was notable.</p>", "<p>It was not able.</p>", "something else"),
        ("<p>We saw the therapist.</p>", "<p>We saw the the rapist.</p>", "something else"),
        (
            "<p>The minister, said the council, is late.</p>",
            "<p>The minister said the council is late.</p>",
            "commas",
        ),
        ("<p>All <strong>of</strong> it.</p>", "<p>All of it.</p>", "formatting"),
        ('<p><img src="/a.png" alt="A"></p>', '<p><img src="/b.png" alt="A"></p>', "picture"),
    ],
)
def test_what_may_change_the_meaning_needs_a_note(before: str, after: str, why: str) -> None:
    assert why in reason_against(before, after)


def test_the_words_of_readers_are_quotations() -> None:
    before, after = "<p>We were lft behind.</p>", "<p>We were left behind.</p>"
    assert reason_against(before, after) == ""
    assert "quoted" in reason_against(before, after, kind="feedback")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"author": 2}, "author"),
        ({"subject": "Another subject"}, "subject"),
        ({"title": "The first bus from Ashby"}, "something else"),
        ({"title": "The last bus from Ashley"}, "name"),
    ],
)
def test_the_head_counts_too(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(NotSmall, match=why):
        check_small(content("<p>x</p>"), content("<p>x</p>", **changes))


def test_an_author_who_changed_their_name_does_not_matter() -> None:
    check_small(content("<p>x</p>"), content("<p>x</p>", author_name="Rosa Meyer-Hill"))


def test_sections_stay_where_they_are() -> None:
    before = content("<p>One</p>", "<p>Two</p>")
    moved = {**before, "sections": before["sections"][::-1]}
    for after in (moved, content("<p>One</p>"), content("<p>One</p>", "<p>Two</p>", kind="note")):
        with pytest.raises(NotSmall):
            check_small(before, after)


WORDS = "councl bussy meating depott longg strret townn wiht timetabel passenegrs".split()  # noqa: SIM905
RIGHT = "council busy meeting depot long street town with timetable passengers".split()  # noqa: SIM905


def test_at_most_a_few_words_are_fixed() -> None:
    def text(right: int) -> str:
        return f"<p>we saw {' and '.join([*RIGHT[:right], *WORDS[right:]])}</p>"

    assert reason_against(text(0), text(MAX_WORDS_FIXED)) == ""
    assert str(MAX_WORDS_FIXED) in reason_against(text(0), text(MAX_WORDS_FIXED + 1))
    assert str(MAX_WORDS_FIXED) in reason_against(
        "<p>a, b, c, d, e, f, g</p>", "<p>a; b; c; d; e; f; g</p>"
    )


# What a person might type: characters swapped, wrong, missing and extra, words and figures.
EDITS = st.tuples(
    st.integers(0, 200), st.integers(0, 3), st.text(alphabet="abcxyz AB129.,“”", max_size=2)
)


@given(edits=st.lists(EDITS, max_size=25))
def test_many_fixes_in_a_row_change_no_more_than_one_may(
    edits: list[tuple[int, int, str]],
) -> None:
    published = (
        "when the councl met on 14 May there were 214 beds in the hospital and ann smith said that"
        " “none of them is closed” but the trust had shut twelve wards without a vote"
    )
    now = published
    for place, length, typed in edits:
        edited = now[:place] + typed + now[place + length :]
        if not reason_against(f"<p>{published}</p>", f"<p>{edited}</p>"):
            now = edited
    before, after = published.split(), now.split()
    assert sum(word not in before for word in after) <= MAX_WORDS_FIXED
    assert abs(len(before) - len(after)) <= MAX_WORDS_FIXED
    assert re.findall(r"\d+", now) == re.findall(r"\d+", published)
    assert re.findall("“.*”", now) == re.findall("“.*”", published)
    assert not re.search("[A-Z]", now.replace("May", ""))
    assert "twelve" in now
    assert "without" in now


def test_a_word_of_other_issues_is_not_misspelt() -> None:
    before, after = content("<p>A trim ran.</p>"), content("<p>A tram ran.</p>")
    check_small(before, after)
    with pytest.raises(NotSmall, match="other issues"):
        check_small(before, after, is_known=lambda word: word == "trim")


@pytest.mark.django_db
def test_words_are_known_from_published_issues_in_the_same_language() -> None:
    issue = make_published_issue(sections=[(SectionKind.NOTE, "", "<p>A trim ran.</p>")])
    make_issue(sections=[(SectionKind.NOTE, "", "<p>A trim ran.</p>")])
    german = make_briefing(language="de")
    make_published_issue(briefing=german, sections=[(SectionKind.NOTE, "", "<p>Trim</p>")])
    make_published_issue(sections=[(SectionKind.NOTE, "", "<p>A trimmer, an un-trim.</p>")])
    assert not is_published("trim", besides=issue)

    make_published_issue(sections=[(SectionKind.NOTE, "", "<p><em>Trim</em> it.</p>")])
    assert is_published("trim", besides=issue)
