"""What says the same twice is read once: copies, and what one person repeats."""

from __future__ import annotations

from itertools import pairwise

from briefings.points.character_runs import Wordings
from briefings.points.repeats import join_repeats
from tests.briefings.points.points_in_tests import LATE, OTHERS

CAMPAIGN = (
    "I am writing to ask the council to keep the ferry at its present timetable, because people"
    " who work on the other bank have no other way to get there before eight."
)


def joined(*texts: str, people: list[str] | None = None) -> list[list[int]]:
    writers = people or [f"reader {number}" for number in range(len(texts))]
    return join_repeats(Wordings(texts), texts, writers)


def alone(number: int) -> list[list[int]]:
    return [[place] for place in range(number)]


def test_texts_that_say_different_things_stay_apart() -> None:
    texts = (*LATE, *OTHERS)
    assert joined(*texts) == alone(len(texts))


def test_a_copy_with_a_few_words_changed_is_joined() -> None:
    copy = CAMPAIGN.replace("I am writing to ask", "We urge").replace("before eight", "in time")
    assert joined(*OTHERS, CAMPAIGN, copy) == [*alone(4), [4, 5]]


def test_capitals_and_punctuation_do_not_matter() -> None:
    assert joined(*OTHERS, CAMPAIGN, CAMPAIGN.upper().replace(",", "!!")) == [*alone(4), [4, 5]]


def test_a_text_that_a_hundred_people_send_is_one_piece() -> None:
    copies = [f"{CAMPAIGN} My name is {number} and so it is." for number in range(100)]
    assert joined(*OTHERS, *copies) == [*alone(4), [*range(4, 104)]]


def test_texts_that_only_lead_from_one_to_the_next_stay_apart() -> None:
    """Each shares a sentence with its neighbours, and the first and the last share nothing."""
    says = [*LATE, *OTHERS]
    chain = [f"{one} {other}" for one, other in pairwise(says)]
    groups = joined(*chain)
    wordings = Wordings(chain)
    assert all(wordings.between(group[0], place) > 0.25 for group in groups for place in group)
    assert max(map(len, groups)) <= 2


def test_short_texts_of_different_people_are_not_copies() -> None:
    assert joined(*OTHERS, "Well said!", "Well said!") == alone(6)


def test_what_one_person_repeats_is_joined_even_if_it_is_short() -> None:
    people = [*"abcd", "same", "same"]
    assert joined(*OTHERS, "Well said!", "Well said!", people=people) == [*alone(4), [4, 5]]


def test_different_things_that_one_person_says_stay_apart() -> None:
    assert joined(*OTHERS, people=["same"] * 4) == alone(4)


def test_nothing_and_texts_without_a_word_are_no_trouble() -> None:
    assert joined() == []
    assert joined("!", "?", "") == alone(3)
