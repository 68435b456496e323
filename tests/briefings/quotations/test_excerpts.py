"""What counts as a reader's own words, cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefings.quotations.excerpts import check_excerpt, with_ends_marked

SAID = (
    "I do not want the library closed. It’s the one warm room in town… and my sons don't read"
    " at home.\n\nNobody [on the council] answers. Non-resident members pay “nothing” there."
)


@pytest.mark.parametrize(
    "excerpt",
    [
        "I do not want the library closed.",
        "I do not want the library closed",
        "It's the one warm room in town… and my sons don’t read at home.",
        "It's the one warm room in town ... and my sons  don't\nread at home.",
        "I do not want … the library closed.",
        "I do not want [...] the library closed.",
        "… my sons don't read at home.",
        "It’s the one warm room …",
        "[M]y sons don't read at home.",
        "I [really] do not want the library closed.",
        "I do not want the library [in Mill Lane] closed.",
        "Nobody [on the council] answers.",
        "Nobody … answers.",
        'Non-resident members pay "nothing" there.',
        "I do not want the library closed. … Nobody [on the council] answers.",
    ],
)
def test_words_of_the_reader_may_be_printed(excerpt: str) -> None:
    assert check_excerpt(excerpt, SAID).problem == ""


@pytest.mark.parametrize(
    ("excerpt", "not_said"),
    [
        ("I do want the library closed.", "want the library closed."),
        ("I want the library closed.", "want the library closed."),
        ("I do [really] want the library closed.", "want the library closed."),
        ("… my sons do … read at home.", "do"),
        ("my sons don …", "don"),
        ("… resident members pay …", "resident members pay"),
        ("Nobody answers.", "answers."),
        ("Nobody [on the council] … I do not want …", "I do not want"),
        ("It’s the one cold room in town …", "cold room in town"),
        ("[m]Y sons …", "[m]Y sons"),
    ],
)
def test_words_that_were_not_said_are_named(excerpt: str, not_said: str) -> None:
    found = check_excerpt(excerpt, SAID)
    assert found.not_said == not_said
    assert f"did not write “{not_said}”" in found.problem


@pytest.mark.parametrize(
    "excerpt",
    [
        "want the library closed.",
        "I do not want the library",
        "[The council does] want the library closed.",
        "It’s the one warm room [there]",
    ],
)
def test_a_beginning_or_an_end_within_a_sentence_is_marked(excerpt: str) -> None:
    assert check_excerpt(excerpt, SAID).problem.startswith("It begins or ends within a sentence.")
    assert check_excerpt(with_ends_marked(excerpt, SAID), SAID).problem == ""


@pytest.mark.parametrize("excerpt", ["", "…", "[all of it]", "[yes] … !"])
def test_an_excerpt_has_words_of_the_reader(excerpt: str) -> None:
    assert check_excerpt(excerpt, SAID).problem == "There are no words of the reader's in it."


def test_it_knows_the_places_of_its_parts() -> None:
    places = check_excerpt("It's the one warm room in town … Nobody …", SAID).places
    assert [SAID[start:end] for start, end in places] == [
        "It’s the one warm room in town",
        "Nobody",
    ]


WORDS = st.lists(
    st.sampled_from(["we", "never", "not", "asked", "don't", "re-open", "“so”", "it…"]), min_size=1
)


@given(words=WORDS, data=st.data())
@settings(max_examples=40, deadline=None)
def test_what_is_cut_at_words_was_said_and_nothing_else_is(
    words: list[str], data: st.DataObject
) -> None:
    said = " ".join(words)
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    cut = f"… {' '.join(words[start:end])} …"
    found = check_excerpt(cut, said)
    assert found.problem == ""
    assert all(0 <= first < last <= len(said) for first, last in found.places)
    left_out = " ".join([*words[:start], *words[end:]])
    if start > 0 and end < len(words):
        assert check_excerpt(f"{left_out} plainly", said).problem
