"""Points are opened, named, ordered, merged, split and removed."""

from __future__ import annotations

import pytest
from django.utils import timezone

from briefings.models import Comment, Issue, Point, PointCheck
from briefings.points.point_checks import PointAnswer
from briefings.points.point_edits import (
    PointRefused,
    merge,
    move,
    open_point,
    remove,
    rename,
    split,
)
from briefings.points.ranked_pieces import points_of
from tests.briefings.points.points_in_tests import (
    LATE,
    OTHERS,
    check,
    make_point,
    piece_with,
    respond,
)
from tests.factories import make_published_issue

pytestmark = pytest.mark.django_db

NO = PointAnswer.NO


def sentences(issue: Issue) -> list[str]:
    return [point.sentence for point in Point.objects.about(issue)]


def answers(point: Point) -> dict[int, bool]:
    return dict(PointCheck.objects.filter(point=point).values_list("comment", "makes_it"))


def people(point: Point) -> int:
    return points_of(point.issue).line_of(point).tally.people


def test_a_point_is_opened_with_a_sentence_and_comes_last() -> None:
    issue = make_published_issue()
    for sentence in ("The ferry is late.", "The library is shut."):
        open_point(issue, sentence, by=None, at=timezone.now())
    assert sentences(issue) == ["The ferry is late.", "The library is shut."]


def test_a_point_that_is_opened_from_a_piece_keeps_no_word_of_it() -> None:
    issue = make_published_issue()
    first, *_ = respond(issue, *LATE)
    point = open_point(issue, "", by=None, at=timezone.now(), piece=piece_with(first))
    assert answers(point) == {first.pk: True}
    Comment.objects.filter(pk=first.pk).delete()
    point.refresh_from_db()
    assert point.sentence == ""
    assert str(point) == "A point without a name yet"


def test_a_point_is_renamed_unless_somebody_else_was_faster() -> None:
    issue = make_published_issue()
    point = make_point(issue, "")
    rename(point, "The ferry is late.", was="", by=None)
    with pytest.raises(PointRefused, match="renamed or removed"):
        rename(point, "Boats are late.", was="", by=None)
    assert sentences(issue) == ["The ferry is late."]


def test_points_are_put_in_order() -> None:
    issue = make_published_issue()
    first, _, third = (make_point(issue, name) for name in "abc")  # all at position 0
    move(third, up=True)
    assert sentences(issue) == [*"acb"]
    move(first, up=False)
    assert sentences(issue) == [*"cab"]
    move(third, up=True)  # it is the first already
    assert sentences(issue) == [*"cab"]


def test_what_makes_either_of_two_points_makes_both_merged() -> None:
    issue = make_published_issue()
    a, b, c, d, *_ = respond(issue, *LATE, *OTHERS)
    one, into = make_point(issue, "Boats are late."), make_point(issue)
    check(one, a, b)
    check(one, c, d, says=NO)
    check(into, a, d, says=NO)
    check(into, c)
    merge(one, into, by=None)
    assert answers(into) == {a.pk: True, b.pk: True, c.pk: True, d.pk: False}
    assert sentences(issue) == ["The ferry is late."]
    assert people(into) == 3


def test_what_only_one_of_two_points_refused_is_asked_about_again() -> None:
    issue = make_published_issue()
    a, b, *_ = respond(issue, *LATE)
    one, into = make_point(issue, "Boats are late."), make_point(issue)
    check(one, a, says=NO)
    check(into, b, says=NO)
    merge(one, into, by=None)
    assert answers(into) == {}


def test_a_point_is_split_and_each_piece_makes_one_of_the_two() -> None:
    issue = make_published_issue()
    a, b, c, d, *_ = respond(issue, *LATE, *OTHERS)
    point, later = make_point(issue), make_point(issue, "The library is shut.", position=1)
    check(point, a, b, c)
    check(point, d, says=NO)
    new = split(
        point, [piece_with(b), piece_with(c)], "Trains do not wait.", by=None, at=timezone.now()
    )
    assert answers(point) == {a.pk: True, b.pk: False, c.pk: False, d.pk: False}
    assert answers(new) == {b.pk: True, c.pk: True, d.pk: False}
    assert sentences(issue) == ["The ferry is late.", "Trains do not wait.", later.sentence]


def test_nothing_is_split_off_without_a_piece() -> None:
    issue = make_published_issue()
    point = make_point(issue)
    with pytest.raises(PointRefused, match="Choose the pieces"):
        split(point, [], "Trains do not wait.", by=None, at=timezone.now())
    assert sentences(issue) == ["The ferry is late."]


def test_a_point_that_is_gone_is_neither_merged_nor_removed_again() -> None:
    issue = make_published_issue()
    one, into = make_point(issue), make_point(issue)
    remove(Point.objects.get(pk=one.pk), by=None)
    with pytest.raises(PointRefused):
        merge(one, into, by=None)
    with pytest.raises(PointRefused):
        remove(one, by=None)
    with pytest.raises(PointRefused, match="merged or removed"):
        split(one, [], "Trains do not wait.", by=None, at=timezone.now())


def test_a_point_is_not_merged_into_one_of_another_response() -> None:
    one, other = make_point(make_published_issue()), make_point(make_published_issue())
    with pytest.raises(PointRefused):
        merge(one, other, by=None)
    with pytest.raises(PointRefused):
        merge(one, one, by=None)
