"""What the newsroom noted about a reader's words goes when the reader is erased."""

from __future__ import annotations

import pytest
from django.db.models import Model
from django.utils import timezone

from briefings.models import (
    Comment,
    Issue,
    MarkKind,
    Point,
    PointCheck,
    ResponseMark,
    ResponseVector,
)
from briefings.models.point import words_hash
from briefings.points.point_checks import PointAnswer, answer, tallies
from briefings.points.response_words import read_response
from briefings.response.response_figures import figures_of
from newsroom.retention.policy import read_policy
from subscribers.privacy.erasure import erase
from subscribers.privacy.personal_data import person_at
from tests.factories import make_comment, make_published_issue

pytestmark = pytest.mark.django_db

PHIL = "phil@example.com"
FERRY = "The ferry was forty minutes behind its timetable again this morning."
FENCE = "My neighbours have put up a fence that blocks the footpath to the mill."
# Of who lets us keep the words, we keep what was said of these words, too.
ABOUT_WORDS = {"briefings_pointcheck"}


def say(issue: Issue, body: str) -> Comment:
    return make_comment(on=issue, body=body, name="Philomena", email=PHIL)


def check(point: Point, *comments: Comment) -> None:
    """Say yes to each."""
    now = timezone.now()
    for comment in comments:
        words = read_response(point.issue)
        piece = words.pieces[words.place_of[comment.pk]]
        facts = {"says": PointAnswer.YES, "seen": PointAnswer.OPEN, "read": piece.words_hash}
        answer(point, piece, by=None, at=now, **facts)  # type: ignore[arg-type]  # of two kinds


def tables_about_comments() -> dict[str, type[Model]]:
    """Return the tables that the policy calls personal, and whose rows are about a comment."""
    related = {
        relation.related_model._meta.db_table: relation.related_model
        for relation in Comment._meta.related_objects
        if relation.field.name == "comment"
    }
    return {table: related[table] for table in related if read_policy().tables[table].personal}


@pytest.mark.parametrize("keep_words", [True, False])
def test_nothing_that_is_about_an_erased_comment_stays(*, keep_words: bool) -> None:
    issue = make_published_issue()
    said = say(issue, FERRY)
    make_comment(on=issue, parent=said, body="Mine, too.", email="bob@example.org")
    now = timezone.now()
    ResponseMark.objects.create(
        comment=said, kind=MarkKind.FOLLOW_UP, note="Ring Philomena on 0123"
    )
    ResponseVector.objects.create(
        comment=said, encoder="e", words_hash=words_hash(FERRY), vector=b"1234", at=now
    )
    check(Point.objects.create(issue=issue, sentence="The ferry is late."), said)
    tables = tables_about_comments()
    assert {"briefings_responsemark", "briefings_responsevector", *ABOUT_WORDS} <= tables.keys()

    erase(person_at(PHIL), keep_words=keep_words)

    left = {
        table for table, model in tables.items() if model._default_manager.filter(comment=said.pk)
    }
    assert left == (ABOUT_WORDS if keep_words else set())
    responses = Comment.objects.responses().filter(issue=issue)
    assert {response.body for response in responses} == {"Mine, too."} | (
        {FERRY} if keep_words else set()
    )


@pytest.mark.parametrize("keep_words", [True, False])
def test_no_number_of_people_rises_by_an_erasure(*, keep_words: bool) -> None:
    issue = make_published_issue()
    own = [say(issue, FERRY), say(issue, FENCE)]
    point = Point.objects.create(issue=issue, sentence="The council does nothing.")
    check(point, *own)

    def people() -> list[int]:
        tally = tallies([point], read_response(issue))[point.pk]
        return [tally.people, figures_of([issue])[0].people]

    assert people() == [1, 1]
    erase(person_at(PHIL), keep_words=keep_words)
    assert people() == ([1, 1] if keep_words else [0, 0])
    assert PointCheck.objects.count() == (2 if keep_words else 0)
