"""What an editor has checked: people are counted once, and never more than was checked."""

from __future__ import annotations

import pytest
from django.utils import timezone

from briefings.models import Comment, Commenter, CommentState, Point, PointCheck
from briefings.points.people import Voices, person_of, voices_by_issue
from briefings.points.point_checks import AnswerRefused, PointAnswer, PointTally, answer
from briefings.points.ranked_pieces import next_pieces, points_of
from tests.briefings.points.points_in_tests import (
    LATE,
    OTHERS,
    check,
    make_point,
    piece_with,
    respond,
)
from tests.factories import make_comment, make_published_issue

pytestmark = pytest.mark.django_db

NO = PointAnswer.NO


def tally_of(point: Point) -> PointTally:
    return points_of(point.issue).line_of(point).tally


def offered(point: Point) -> list[int]:
    """Return the comments that are offered to be checked, in their order."""
    return [ranked.comment.pk for ranked in next_pieces(point, points_of(point.issue), count=99)]


def test_a_person_is_a_commenter_an_address_or_else_the_response_itself() -> None:
    issue = make_published_issue()
    commenter = Commenter.objects.confirmed("ada@example.org")
    signed_in = [make_comment(on=issue, commenter=commenter, email=f"{n}@x.org") for n in "ab"]
    by_mail = [make_comment(on=issue, email=address) for address in ("Bo@X.org", "bo@x.org")]
    unknown = [make_comment(on=issue, email="") for _ in range(2)]
    other = make_comment(on=make_published_issue(), commenter=commenter)
    rows = [*signed_in, *by_mail, *unknown]
    assert len({person_of(row) for row in signed_in}) == 1
    assert len({person_of(row) for row in by_mail}) == 1
    assert len({person_of(row) for row in unknown}) == 2
    assert voices_by_issue(Comment.objects.all()) == {
        issue.pk: Voices(pieces=6, people=len({person_of(row) for row in rows})),
        other.issue_id: Voices(pieces=1, people=1),
    }


def test_only_what_was_checked_is_counted() -> None:
    issue = make_published_issue()
    first, second, third, other, *_ = respond(issue, *LATE, *OTHERS)
    point = make_point(issue)
    assert tally_of(point).people == 0
    check(point, first, second)
    check(point, other, says=NO)
    tally = tally_of(point)
    assert (tally.people, tally.checked) == (2, 3)
    assert third.pk in offered(point)
    assert not {first.pk, second.pk, other.pk} & {*offered(point)}


def test_a_person_with_two_pieces_counts_once() -> None:
    issue = make_published_issue()
    mine = [make_comment(on=issue, body=text, email="bo@example.org") for text in LATE[:2]]
    [theirs] = respond(issue, LATE[2])
    point = make_point(issue)
    check(point, *mine, theirs)
    assert tally_of(point).people == 2


def test_copies_are_answered_together_and_count_once() -> None:
    issue = make_published_issue()
    campaign = f"{LATE[0]} {LATE[1]}"
    copies = respond(issue, campaign, campaign.replace("again", "too"), campaign.upper())
    point = make_point(issue)
    assert offered(point) == [copies[0].pk]
    check(point, copies[0])
    assert PointCheck.objects.filter(point=point, makes_it=True).count() == 3
    assert tally_of(point).people == 1


def test_a_piece_may_make_several_points() -> None:
    issue = make_published_issue()
    first, *_ = respond(issue, *LATE)
    points = [make_point(issue), make_point(issue, "Trains do not wait.")]
    for point in points:
        check(point, first)
    assert [tally_of(point).people for point in points] == [1, 1]


def test_a_new_comment_is_offered_and_never_added() -> None:
    issue = make_published_issue()
    point = make_point(issue)
    check(point, *respond(issue, *LATE))
    [new] = respond(issue, "On Friday nobody on this side of the river was at work before ten.")
    assert tally_of(point).people == 3
    assert offered(point) == [new.pk]


def test_an_edited_piece_counts_no_more_and_is_offered_again() -> None:
    issue = make_published_issue()
    first, second, _ = respond(issue, *LATE)
    point = make_point(issue)
    check(point, first, second)
    Comment.objects.filter(pk=first.pk).update(body="I take it back: the ferry is never late.")
    assert tally_of(point).people == 1
    assert tally_of(point).edited
    [again] = [
        ranked
        for ranked in next_pieces(point, points_of(issue), count=99)
        if ranked.comment.pk == first.pk
    ]
    assert again.was_edited


@pytest.mark.parametrize("state", [CommentState.WITHDRAWN, CommentState.REJECTED])
def test_what_is_no_response_any_more_does_not_count(state: CommentState) -> None:
    issue = make_published_issue()
    first, second, _ = respond(issue, *LATE)
    point = make_point(issue)
    check(point, first, second)
    Comment.objects.filter(pk=first.pk).update(state=state)
    assert tally_of(point).people == 1
    assert first.pk not in offered(point)


def test_a_point_survives_the_erasure_of_everybody_who_made_it() -> None:
    issue = make_published_issue()
    made = respond(issue, *LATE)
    point = make_point(issue)
    check(point, *made)
    Comment.objects.filter(issue=issue).delete()
    assert tally_of(point).people == 0
    assert offered(point) == []


def test_an_answer_can_be_changed_and_taken_back() -> None:
    issue = make_published_issue()
    first, *_ = respond(issue, *LATE)
    point, piece = make_point(issue), piece_with(first)
    steps = [
        (PointAnswer.OPEN, PointAnswer.YES, 1),
        (PointAnswer.YES, PointAnswer.NO, 0),
        (PointAnswer.NO, PointAnswer.OPEN, 0),
    ]
    for seen, says, people in steps:
        answer(
            point, piece, says=says, seen=seen, read=piece.words_hash, by=None, at=timezone.now()
        )
        assert tally_of(point).people == people
    assert not point.checks.exists()


def test_an_answer_to_words_that_have_changed_is_refused() -> None:
    issue = make_published_issue()
    first, *_ = respond(issue, *LATE)
    point, read = make_point(issue), piece_with(first).words_hash
    Comment.objects.filter(pk=first.pk).update(body=OTHERS[0])
    first.refresh_from_db()
    with pytest.raises(AnswerRefused, match="edited while you read it"):
        answer(
            point,
            piece_with(first),
            says=PointAnswer.YES,
            seen=PointAnswer.OPEN,
            read=read,
            by=None,
            at=timezone.now(),
        )
    assert not point.checks.exists()


def test_an_answer_does_not_overwrite_somebody_elses_unseen() -> None:
    issue = make_published_issue()
    first, *_ = respond(issue, *LATE)
    point = make_point(issue)
    check(point, first)
    with pytest.raises(AnswerRefused, match="has answered “Yes” meanwhile"):
        check(point, first, says=NO)
    check(point, first)  # the same answer changes nothing
    assert tally_of(point).people == 1


def test_an_answer_to_a_point_that_was_removed_is_refused() -> None:
    issue = make_published_issue()
    first, *_ = respond(issue, *LATE)
    point = make_point(issue)
    Point.objects.all().delete()
    with pytest.raises(AnswerRefused, match="removed"):
        check(point, first)
