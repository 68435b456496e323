"""The order in which pieces are shown: it starts from the sentence and learns from each answer."""

from __future__ import annotations

import warnings
from array import array
from dataclasses import replace

import pytest

from briefings.points import likeness as module
from briefings.points.first_pieces import first_pieces
from briefings.points.likely_number import likely_more
from briefings.points.likeness import Likeness, PieceWords
from briefings.points.more_like_this import in_order, scores
from tests.briefings.points.points_in_tests import LATE, OTHERS

TEXTS = (*OTHERS[:2], *LATE, *OTHERS[2:])
LATE_PLACES = {2, 3, 4}


def vector(*numbers: float) -> bytes:
    """Return a vector as the encoder gives them: of length 1, in 32-bit floats."""
    length = sum(number * number for number in numbers) ** 0.5
    return array("f", [number / length for number in numbers]).tobytes()


def pieces(*vectors: bytes, parents: dict[int, int] | None = None) -> list[PieceWords]:
    return [
        PieceWords(
            text=text,
            person=f"reader {place}",
            parent=(parents or {}).get(place),
            vector=vectors[place] if vectors else b"",
        )
        for place, text in enumerate(TEXTS)
    ]


MEANT = tuple(
    vector(1, 0.2 * place, 0.1) if place in LATE_PLACES else vector(0.1 * place, 0.1, -1)
    for place in range(len(TEXTS))
)


def test_without_an_encoder_the_wording_of_the_sentence_decides() -> None:
    likeness = Likeness(pieces())
    assert not likeness.knows_meaning
    order = in_order(scores(likeness, "The library should open on Saturdays again."))
    assert order[0] == 0
    assert sorted(order) == [*range(len(TEXTS))]


def test_without_an_encoder_it_learns_from_each_yes_and_no() -> None:
    likeness = Likeness(pieces())
    before = scores(likeness, "This town")
    after = scores(likeness, "This town", yes=[2], no=[0])
    assert after[0] < before[0]
    assert after[2] > before[2]


def test_without_numpy_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with_numpy = scores(Likeness(pieces()), "The boat is late", yes=[2], no=[0])
    monkeypatch.setattr(module, "HAS_NUMPY", False)
    without = Likeness(pieces(*MEANT))
    assert not without.knows_meaning
    assert scores(without, "The boat is late", yes=[2], no=[0]) == with_numpy
    assert first_pieces(without)


def test_what_means_the_same_comes_first_in_whatever_words() -> None:
    pytest.importorskip("numpy", reason="the extra newsroom[points] is not installed")
    likeness = Likeness(pieces(*MEANT))
    order = in_order(scores(likeness, "Qwx", vector(1, 0.3, 0)))
    assert {*order[:3]} == LATE_PLACES
    assert likeness.unread == 0


def test_a_no_moves_what_is_like_it_down_and_a_yes_up() -> None:
    pytest.importorskip("numpy", reason="the extra newsroom[points] is not installed")
    likeness = Likeness(pieces(*MEANT))
    order = in_order(scores(likeness, "", yes=[2], no=[6]), without=[2, 6])
    assert {*order[:2]} == LATE_PLACES - {2}
    turned = in_order(scores(likeness, "", yes=[6], no=[2]), without=[2, 6])
    assert {*turned[-2:]} == LATE_PLACES - {2}


def test_a_reply_is_compared_together_with_what_it_replies_to() -> None:
    pytest.importorskip("numpy", reason="the extra newsroom[points] is not installed")
    alone = scores(Likeness(pieces(*MEANT)), "Qwx", vector(1, 0.3, 0))
    reply = scores(Likeness(pieces(*MEANT, parents={6: 2})), "Qwx", vector(1, 0.3, 0))
    assert reply[6] > alone[6]


def test_a_piece_that_the_encoder_has_not_read_is_still_shown() -> None:
    pytest.importorskip("numpy", reason="the extra newsroom[points] is not installed")
    vectors = [*MEANT[:-1], b""]
    likeness = Likeness(pieces(*vectors))
    assert likeness.unread == 1
    assert sorted(in_order(scores(likeness, "The ferry"))) == [*range(len(TEXTS))]


def test_where_only_a_repeat_was_read_nothing_is_ranked_by_meaning() -> None:
    """The first of those that say the same stands for all, and the encoder has not read it."""
    text = "The ferry is late again, and nobody tells the people who wait in the rain."
    read = [
        PieceWords(text=text, person="one"),
        PieceWords(text=text, person="other", vector=vector(1, 0)),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not Likeness(read).knows_meaning


def test_what_the_encoder_reads_later_is_added_without_comparing_the_wording_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("numpy")
    vectors = [vector(1, place) for place in range(len(TEXTS))]
    read = pieces(*vectors)
    before = Likeness([replace(read[0], vector=b""), *read[1:]])
    whole = Likeness(read)
    monkeypatch.setattr(module, "Wordings", None)
    monkeypatch.setattr(module, "join_repeats", None)
    added = Likeness(read, before=before)
    assert added.groups == whole.groups
    assert added.unread == 0
    assert (added.matrix == whole.matrix).all()


def test_what_makes_another_point_comes_later() -> None:
    likeness = Likeness(pieces())
    sentence = "The library should open on Saturdays again."
    assert scores(likeness, sentence, elsewhere=[0])[0] < scores(likeness, sentence)[0]


@pytest.mark.parametrize("vectors", [(), MEANT])
def test_the_pieces_to_start_from_differ_from_each_other(vectors: tuple[bytes, ...]) -> None:
    if vectors:
        pytest.importorskip("numpy", reason="the extra newsroom[points] is not installed")
    likeness = Likeness(pieces(*vectors))
    chosen = first_pieces(likeness)
    assert len(chosen) == len({*chosen})
    assert chosen
    if vectors:
        assert len({*chosen} & LATE_PLACES) == 1
    assert not {*first_pieces(likeness, made=chosen)} & {*chosen}
    assert chosen[0] not in first_pieces(likeness, without=chosen[:1])


# Of a small response, most say one thing; none of them says it as another does.
ONE_POINT = (
    "The last bus leaves before our shift ends, so four of us share a taxi home.",
    "Nobody on the late shift can take the last bus: it leaves before we finish.",
    "I pay for a taxi because the last bus leaves before the end of my shift.",
    "Our shift ends after the last bus, so the ward pays me nothing and the taxi takes it all.",
)
OTHER_POINTS = (
    "The bakery by the station sells the almond cake again, tell your columnist.",
    "Whoever drew the map on the second page forgot the bridge at Hollow Weir.",
)


def test_pieces_that_say_one_thing_are_not_offered_beside_each_other() -> None:
    texts = (*ONE_POINT, *OTHER_POINTS)
    likeness = Likeness([PieceWords(text=text, person=text) for text in texts])
    chosen = first_pieces(likeness)
    assert len([place for place in chosen if place < len(ONE_POINT)]) == 1
    assert {4, 5} <= {*chosen}


def test_what_is_like_a_point_that_is_made_is_not_offered() -> None:
    likeness = Likeness(
        [PieceWords(text=text, person=text) for text in (*ONE_POINT, *OTHER_POINTS)]
    )
    assert sorted(first_pieces(likeness, made=[0])) == [4, 5]


def test_nothing_to_rank_is_no_trouble() -> None:
    nothing = Likeness([])
    assert in_order(scores(nothing, "The ferry is late.")) == []
    assert first_pieces(nothing) == []


def test_how_many_more_are_likely_follows_the_answers() -> None:
    assert likely_more([True] * 4, unchecked=20) is None
    assert likely_more([True] * 8, unchecked=0) is None
    assert likely_more([False] * 8, unchecked=20) == 0
    few, many = [True, *[False] * 7], [True] * 8
    assert (
        0 < (likely_more(few, unchecked=100) or 0) < (likely_more(many, unchecked=100) or 0) < 100
    )
    assert (likely_more(many, unchecked=10) or 0) < (likely_more(many, unchecked=100) or 0)
