"""Why a comment is held: links, first comments, flagged words, many or similar ones, reports."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from briefings import own_comments
from briefings.comment_submission import NewComment, submit_signed_in_comment
from briefings.models import (
    Comment,
    Commenter,
    CommentState,
    FlaggedWord,
    HoldReason,
    Issue,
    Moderation,
)
from briefings.moderation.flagged_words import words_found
from briefings.moderation.holds import MANY, MANY_WITHIN, links_in
from briefings.moderation.near_duplicates import SIMILAR, similarity, word_runs
from newsroom.duration_words import in_english
from newsroom.reader_language import in_language
from tests.factories import make_briefing, make_comment, make_published_issue

pytestmark = pytest.mark.django_db
WORDS = "The county closed two wards in March and nobody has counted the beds since then."


@pytest.fixture
def issue() -> Issue:
    """Return an issue whose briefing publishes first."""
    return make_published_issue(briefing=make_briefing(moderation=Moderation.AFTER))


@pytest.fixture
def ada(issue: Issue) -> Commenter:
    """Return a reader with an approved comment from last week."""
    reader = Commenter.objects.confirmed("ada@example.org")
    last_week = timezone.now() - timedelta(days=8)
    make_comment(on=issue, commenter=reader, email=reader.address, created_at=last_week)
    return reader


def send(issue: Issue, writer: Commenter, body: str = WORDS) -> Comment:
    new = NewComment(body=body, email=writer.address)
    return submit_signed_in_comment(new, commenter=writer, issue=issue, at=timezone.now())


def holds(comment: Comment) -> dict[str, str]:
    return dict(HoldReason.objects.filter(comment=comment).values_list("kind", "detail"))


def test_an_ordinary_comment_is_not_held_and_appears(issue: Issue, ada: Commenter) -> None:
    comment = send(issue, ada)
    assert holds(comment) == {}
    assert (comment.state, comment.needs_review) == (CommentState.APPROVED, True)


def test_a_first_comment_is_held(issue: Issue) -> None:
    comment = send(issue, Commenter.objects.confirmed("new@example.org"))
    assert holds(comment) == {"first": ""}
    assert comment.state == CommentState.PENDING


def test_a_link_holds_and_is_shown(issue: Issue, ada: Commenter) -> None:
    comment = send(issue, ada, "Look at best-pills.example.com/now or https://sell.example, cheap!")
    assert holds(comment) == {"link": "best-pills.example.com/now, https://sell.example"}
    assert comment.state == CommentState.PENDING


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See www.example.org.", ["www.example.org"]),
        ("(https://example.org/a?b=c)", ["https://example.org/a?b=c"]),
        ("cheap-loans.shop has them", ["cheap-loans.shop"]),
        ("Read http://news.example.com/the-ward/3/ again", []),  # our own
        ("I agree.It is so", []),
        ("Write to ada@example.com", []),
        ("Version 2.0 of the plan, e.g. this", []),
    ],
)
def test_what_is_a_link(text: str, found: list[str]) -> None:
    assert links_in(text) == found


@pytest.mark.parametrize(
    ("text", "listed", "found"),
    [
        ("What an IDIOT he is", "idiot", True),
        ("Idiots!", "idiot", False),
        ("Idiots!", "idiot*", True),
        ("What an ídìöt", "idiot", True),
        ("What an іdіоt", "idiot", True),  # Cyrillic
        ("What an id\u00adiot", "idiot", True),  # a soft hyphen
        ("Get rich,\nQUICK", "get rich quick", True),
        ("Scunthorpe", "thorpe", False),
        ("Straße", "strasse", True),
        ("Say nothing", "idiot", False),
    ],
)
def test_flagged_words_are_found_however_they_are_spelt(
    text: str, listed: str, found: bool
) -> None:
    assert words_found(text, [listed]) == ([listed] if found else [])


def test_flagged_words_hold_and_are_named(issue: Issue, ada: Commenter) -> None:
    FlaggedWord.objects.create(words="crook*")
    FlaggedWord.objects.create(words="quack")
    comment = send(issue, ada, "They are CROOKED, all of them, and the doctor is a quack.")
    assert holds(comment) == {"words": "crook*, quack"}


def test_many_comments_in_a_short_time_are_held(issue: Issue, ada: Commenter) -> None:
    sent = [send(issue, ada, f"{number} is a number, and I say so.") for number in range(MANY)]
    assert [one for one in sent if "rate" in holds(one)] == sent[-1:]


def test_moderators_read_why_in_english_whatever_the_reader_reads(
    issue: Issue, ada: Commenter
) -> None:
    with in_language("de"):
        sent = [send(issue, ada, f"{number} is a number, and I say so.") for number in range(MANY)]
    assert holds(sent[-1]) == {"rate": f"{MANY} in {in_english(MANY_WITHIN)}"}


def test_nearly_the_same_comment_of_another_reader_is_held(issue: Issue, ada: Commenter) -> None:
    first = send(issue, ada)
    grace = Commenter.objects.confirmed("grace@example.org")
    again = send(issue, grace, WORDS.replace("nobody has", "NOBODY, has").replace(".", "!!"))
    assert holds(again) == {"first": "", "duplicate": f"comment {first.pk}"}


def test_short_and_different_comments_are_no_duplicates() -> None:
    assert not word_runs("Thank you all!")
    others = "The county opened two wards in June, and somebody counts the beds each week."
    assert similarity(word_runs(WORDS), word_runs(others)) < SIMILAR
    assert similarity(word_runs(WORDS), word_runs(WORDS.upper())) == 1


def test_a_report_brings_a_published_comment_to_the_moderators(
    issue: Issue, ada: Commenter
) -> None:
    comment = make_comment(on=issue, commenter=ada, body="Something else entirely.")
    assert not Comment.objects.waiting().exists()
    answer = Client().post(
        f"/comments/{comment.pk}/report/", {"reason": "abuse", "detail": "It is about my son."}
    )
    assert answer.status_code == 200
    assert Comment.objects.waiting().get() == comment
    assert "reported" in holds(comment)
    assert comment.body in Client().get(issue.get_absolute_url()).content.decode()


def test_an_edited_comment_is_looked_at_again(issue: Issue, ada: Commenter) -> None:
    comment = send(issue, ada)
    assert own_comments.edit(comment, "Buy at www.pills.example now", at=timezone.now())
    comment.refresh_from_db()
    assert comment.state == CommentState.PENDING
    assert "link" in holds(comment)
    assert own_comments.edit(comment, "I take that back, all of it.", at=timezone.now())
    comment.refresh_from_db()
    assert (comment.state, holds(comment)) == (CommentState.APPROVED, {})
