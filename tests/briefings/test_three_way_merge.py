"""Two people's changes to the same words: nothing that either of them wrote is lost."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from briefings.three_way_merge import Conflict, SectionsMerge, merge_head, merge_sections

SENTENCES = st.integers(min_value=0, max_value=9).map(lambda number: f"Sentence {number}.")
BODIES = st.lists(SENTENCES, max_size=4).map(" ".join)


def section(key: int | None, body: str, heading: str = "") -> dict[str, Any]:
    return {"id": key, "kind": "note", "heading": heading, "body": body}


@st.composite
def edits(draw: st.DrawFn, base: list[dict[str, Any]], side: str) -> list[dict[str, Any]]:
    """Change, remove, move and add sections, with sentences that only this side has."""
    number = 0
    result = []
    for one in base:
        act = draw(st.sampled_from(["keep", "keep", "change", "remove", "heading"]))
        if act == "remove":
            continue
        changed = dict(one)
        if act == "change":
            number += 1
            keeps = draw(st.booleans())
            changed["body"] = f"{one['body'] if keeps else ''} {side} wrote {number}.".strip()
        elif act == "heading":
            number += 1
            changed["heading"] = f"{side} named {number}."
        result.append(changed)
    for _ in range(draw(st.integers(min_value=0, max_value=2))):
        number += 1
        place = draw(st.integers(min_value=0, max_value=len(result)))
        key = 1000 + number if side == "They" else None
        result.insert(place, section(key, f"{side} added {number}."))
    if draw(st.booleans()):
        result = draw(st.permutations(result))
    return list(result)


@st.composite
def three_sides(draw: st.DrawFn) -> tuple[list[Any], list[Any], list[Any]]:
    bodies = draw(st.lists(BODIES, max_size=5))
    base = [section(key, body) for key, body in enumerate(bodies, start=1)]
    return base, draw(edits(base, "They")), draw(edits(base, "I"))


def everything(merge: SectionsMerge) -> str:
    """Return every word that is in the result or shown in a conflict."""
    return " ".join(
        str(words.get(name, ""))
        for one in merge.sections
        for words in (one.words, one.theirs)
        for name in ("heading", "body")
    )


def new_sentences(before: list[Any], after: list[Any]) -> set[str]:
    def sentences(side: list[Any]) -> set[str]:
        texts = [f"{one['heading']} {one['body']}" for one in side]
        return {part.strip() for text in texts for part in text.split(".") if part.strip()}

    return sentences(after) - sentences(before)


@settings(max_examples=400)
@given(three_sides())
@example(([section(1, "One.")], [], [section(1, "One. I wrote.")]))
@example(([section(1, "One.")], [section(1, "One. They wrote.")], []))
def test_every_sentence_of_either_side_is_in_the_result_or_in_a_conflict(sides: Any) -> None:
    base, theirs, mine = sides

    for starting_point in (base, None):
        merge = merge_sections(starting_point, theirs, mine)
        shown = everything(merge)
        for side in (theirs, mine):
            missing = {words for words in new_sentences(base, side) if words not in shown}
            assert missing == set()


@settings(max_examples=200)
@given(three_sides())
def test_a_merge_without_changes_on_one_side_is_the_other_side(sides: Any) -> None:
    base, theirs, mine = sides

    untouched = merge_sections(base, theirs, base)
    assert [(one.id, one.words["body"]) for one in untouched.sections] == [
        (one["id"], one["body"]) for one in theirs
    ]
    alone = merge_sections(base, base, mine)
    kept = [(one.id, one.words["body"]) for one in alone.sections if not one.is_removed]
    assert kept == [(one["id"], one["body"]) for one in mine]
    assert not any(one.conflict for one in [*untouched.sections, *alone.sections])


@settings(max_examples=200)
@given(three_sides())
def test_equal_changes_are_not_a_conflict(sides: Any) -> None:
    base, theirs, _ = sides

    merge = merge_sections(base, theirs, theirs)

    assert not any(one.conflict for one in merge.sections)
    assert [one.id for one in merge.sections] == [one["id"] for one in theirs]


def ids(merge: SectionsMerge) -> list[int | None]:
    return [one.id for one in merge.sections]


def test_what_one_side_moved_and_the_other_changed_is_both() -> None:
    base = [section(1, "a"), section(2, "b"), section(3, "c")]
    moved = [section(3, "c"), section(1, "a"), section(2, "b")]
    changed = [section(1, "a"), section(2, "B"), section(3, "c"), section(None, "d")]

    for merge in (merge_sections(base, moved, changed), merge_sections(base, changed, moved)):
        assert [one.words["body"] for one in merge.sections][:3] in (
            ["c", "a", "B"],
            ["c", "d", "a"],
        )
        assert not merge.both_moved
        assert {one.words["body"] for one in merge.sections} == {"a", "B", "c", "d"}


def test_if_both_moved_sections_mine_is_the_order() -> None:
    base = [section(1, "a"), section(2, "b"), section(3, "c")]

    merge = merge_sections(base, [base[1], base[0], base[2]], [base[2], base[0], base[1]])

    assert ids(merge) == [3, 1, 2]
    assert merge.both_moved


def test_a_section_that_one_removed_and_the_other_changed_is_a_conflict() -> None:
    base = [section(1, "a"), section(2, "b")]
    longer = [section(1, "a, longer"), section(2, "b")]

    (there, _) = merge_sections(base, base[1:], longer).sections
    (here, _) = merge_sections(base, longer, base[1:]).sections

    assert (there.conflict, there.id, there.words["body"]) == (
        Conflict.REMOVED_THERE,
        None,
        "a, longer",
    )
    assert (here.conflict, here.id, here.words["body"]) == (Conflict.REMOVED_HERE, 1, "a, longer")


def test_a_section_that_one_removed_and_nobody_changed_goes() -> None:
    base = [section(1, "a"), section(2, "b")]

    assert ids(merge_sections(base, base[1:], base)) == [2]
    removed, kept = merge_sections(base, base, base[1:]).sections
    assert (removed.is_removed, kept.is_removed) == (True, False)


def test_what_only_they_changed_is_counted() -> None:
    base = [section(1, "a"), section(2, "b"), section(3, "c")]
    theirs = [section(1, "A"), section(3, "c"), section(4, "d")]
    mine = [section(1, "a"), section(2, "b"), section(3, "C")]

    assert merge_sections(base, theirs, mine).taken == 3  # changed, removed and added


def test_an_unresolved_conflict_stays_one_even_if_they_changed_nothing_since() -> None:
    theirs, mine = [section(1, "theirs")], [section(1, "mine")]

    (one,) = merge_sections(theirs, theirs, mine, unresolved={1}).sections

    assert (one.conflict, one.words["body"], one.theirs["body"]) == (
        Conflict.CHANGED,
        "mine",
        "theirs",
    )


def test_values_of_the_head_are_merged_one_by_one() -> None:
    base = {"title": "Beds", "strapline": "Three trusts", "number": "7"}
    theirs = {"title": "Beds, again", "strapline": "Three trusts", "number": "8", "subject": ""}
    mine = {"title": "Empty beds", "strapline": "Four trusts", "number": "7", "subject": ""}

    merge = merge_head(base, theirs, mine)

    assert merge.values == {
        "title": "Empty beds",
        "strapline": "Four trusts",
        "number": "8",
        "subject": "",
    }
    assert merge.conflicts == {"title": "Beds, again"}
    assert merge.taken == ["number"]
