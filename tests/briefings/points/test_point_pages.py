"""The pages of points, as an editor uses them without a script and as the script does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from briefings.models import Comment, CommentState, Issue, Point
from tests.briefings.admin_client import messages_of, staff_client
from tests.briefings.points.points_in_tests import (
    LATE,
    OTHERS,
    check,
    make_point,
    piece_with,
    respond,
)
from tests.factories import make_issue, make_published_issue

if TYPE_CHECKING:
    from tests.briefings.admin_client import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return staff_client("Editors")


@pytest.fixture
def issue() -> Issue:
    return make_published_issue()


@pytest.fixture
def draft(issue: Issue) -> Issue:
    return make_issue(briefing=issue.briefing)


def url(name: str, draft: Issue, point: Point | None = None) -> str:
    return reverse(f"admin:briefings_{name}", args=[draft.pk, *([point.pk] if point else [])])


def words_of(page: Page) -> str:
    """Return the text of a page without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


def answer_as_script(
    client: Client, draft: Issue, point: Point, piece: Comment, **more: str
) -> Page:
    fields = {"seen": "open", "says": "yes", "read": piece_with(piece).words_hash, **more}
    return client.post(
        url("point_check", draft, point),
        {"piece": piece.pk, **fields},
        headers={"accept": "application/json"},
    )


def test_a_point_is_opened_with_a_sentence(client: Client, issue: Issue, draft: Issue) -> None:
    respond(issue, *LATE, *OTHERS)
    assert "Open a point" in words_of(client.get(url("points", draft)))
    page = client.post(
        url("point_open", draft),
        {"about": issue.number, "sentence": "  The ferry \n is late. "},
        follow=True,
    )
    assert Point.objects.get().sentence == "The ferry is late."
    assert "0 readers" in words_of(page)
    assert page.context["queue"][0].comment.body in LATE


def test_to_remove_a_point_takes_two_steps(client: Client, issue: Issue, draft: Issue) -> None:
    page = client.get(url("point", draft, make_point(issue))).content.decode()
    [fold] = re.findall(r"<details class=\"point-remove\">(.*?)</details>", page, re.DOTALL)
    assert page.count('value="remove"') == fold.count('value="remove"') == 1
    assert "cannot be brought back" in fold


def test_a_point_needs_a_sentence_or_a_piece(client: Client, issue: Issue, draft: Issue) -> None:
    page = client.post(url("point_open", draft), {"about": issue.number}, follow=True)
    assert "Write a sentence" in messages_of(page)
    assert not Point.objects.exists()


def test_a_point_is_opened_from_a_piece_and_named_later(
    client: Client, issue: Issue, draft: Issue
) -> None:
    first, *_ = respond(issue, *LATE, *OTHERS)
    start = client.get(url("points", draft))
    assert "Or start here" in words_of(start)
    assert 1 < len(start.context["start_here"]) < 7
    page = client.post(
        url("point_open", draft), {"about": issue.number, "piece": first.pk}, follow=True
    )
    assert "1 reader " in words_of(page)
    point = Point.objects.get()
    client.post(
        url("point_change", draft, point), {"act": "rename", "was": "", "sentence": "Late again."}
    )
    point.refresh_from_db()
    assert point.sentence == "Late again."


def test_what_waits_for_a_moderator_is_nothing_to_start_from(
    client: Client, issue: Issue, draft: Issue
) -> None:
    spam = (
        "Cheap watches of every brand, order two and pay for one today only.",
        "Every brand of watches, order today and pay only for one of the two!",
    )
    respond(issue, *spam, state=CommentState.PENDING)
    respond(issue, LATE[0], OTHERS[0])
    offered = client.get(url("points", draft)).context["start_here"]
    assert {one.comment.body for one in offered} == {LATE[0], OTHERS[0]}


def test_each_answer_is_stored_and_the_next_piece_is_shown(
    client: Client, issue: Issue, draft: Issue
) -> None:
    respond(issue, *LATE, *OTHERS)
    point = make_point(issue)
    page = client.get(url("point", draft, point))
    for number, says in enumerate(("yes", "no", "yes")):
        card = page.context["queue"][0]
        page = client.post(
            url("point_check", draft, point),
            {
                "piece": card.comment.pk,
                "read": card.piece.words_hash,
                "seen": "open",
                "says": says,
            },
            follow=True,
        )
        assert page.context["tally"].checked == number + 1
        assert page.context["undoable"].comment == card.comment
    assert "2 readers" in words_of(page)
    assert "3 checked, 4 not" in words_of(page)


def test_the_script_gets_the_pieces_as_they_are_ranked_now(
    client: Client, issue: Issue, draft: Issue
) -> None:
    first, second, *_ = respond(issue, *LATE, *OTHERS)
    point = make_point(issue)
    found = answer_as_script(client, draft, point, first).json()
    assert found["said"] == "Yes: Anonymous makes the point."
    assert f'data-card="{second.pk}"' in found["html"]
    assert f'data-card="{first.pk}"' not in found["html"]
    back = answer_as_script(client, draft, point, first, seen="yes", says="open").json()
    assert back["html"].index(f'data-card="{first.pk}"') < back["html"].index(
        f'data-card="{second.pk}"'
    )


def test_the_script_is_told_what_has_changed_meanwhile(
    client: Client, issue: Issue, draft: Issue
) -> None:
    first, *_ = respond(issue, *LATE)
    point = make_point(issue)
    check(point, first)
    other = answer_as_script(client, draft, point, first, says="no")
    assert other.status_code == 409
    assert "has answered “Yes” meanwhile" in other.json()["said"]
    Point.objects.all().delete()
    gone = answer_as_script(client, draft, point, first)
    assert gone.status_code == 409
    assert "removed" in gone.json()["said"]


def test_a_reply_is_shown_with_what_it_replies_to(
    client: Client, issue: Issue, draft: Issue
) -> None:
    [parent] = respond(issue, OTHERS[0])
    respond(issue, "The same goes for the ferry.", parent=parent)
    page = client.get(url("point", draft, make_point(issue)))
    reply = page.context["queue"][0]
    assert reply.comment.body == "The same goes for the ferry."
    assert "In reply to" in words_of(page)


def test_without_an_encoder_the_page_says_that_it_ranks_by_wording(
    client: Client, issue: Issue, draft: Issue
) -> None:
    respond(issue, *LATE)
    for page in (url("points", draft), url("point", draft, make_point(issue))):
        assert "Ranked by wording only" in words_of(client.get(page))


def test_points_are_merged_split_ordered_and_removed(
    client: Client, issue: Issue, draft: Issue
) -> None:
    made = respond(issue, *LATE)
    one, two = make_point(issue, "Boats are late."), make_point(issue, position=1)
    check(one, made[0])
    check(two, *made[1:])
    client.post(url("point_change", draft, two), {"act": "up"})
    assert [*Point.objects.about(issue)] == [two, one]
    page = client.post(
        url("point_change", draft, one), {"act": "merge", "into": two.pk}, follow=True
    )
    assert "3 readers" in words_of(page)
    page = client.post(
        url("point_change", draft, two),
        {"act": "split", "pieces": [made[0].pk], "sentence": "Boats are slow."},
        follow=True,
    )
    assert "1 reader " in words_of(page)
    page = client.post(
        url("point_change", draft, page.context["point"]), {"act": "remove"}, follow=True
    )
    assert [*Point.objects.about(issue)] == [two]
    gone = client.post(url("point_change", draft, one), {"act": "up"}, follow=True)
    assert messages_of(gone).count("merged with another one, or removed") == 1


def test_the_response_page_lists_the_points_and_names_them_at_each_piece(
    client: Client, issue: Issue, draft: Issue
) -> None:
    first, *_ = respond(issue, *LATE)
    point = make_point(issue)
    check(point, first)
    page = client.get(reverse("admin:briefings_response", args=[draft.pk]))
    assert words_of(page).count("The ferry is late.") == 2  # in the list, and at the piece
    assert "1 reader" in words_of(page)
    Comment.objects.filter(pk=first.pk).update(body="I take it back.")
    page = client.get(reverse("admin:briefings_response", args=[draft.pk]))
    assert words_of(page).count("The ferry is late.") == 1


def test_without_points_the_response_page_compares_nothing(
    client: Client, issue: Issue, draft: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    respond(issue, *LATE)
    monkeypatch.setattr("briefings.points.ranked_pieces.read_response", None)
    for name in ("response", "response_panel"):
        assert "Open a point" in words_of(client.get(url(name, draft)))


def test_a_point_of_another_briefing_is_refused(client: Client, draft: Issue) -> None:
    elsewhere = make_point(make_published_issue())
    assert client.get(url("point", draft, elsewhere)).status_code == 403
    gone = client.post(url("point_change", draft, elsewhere), {"act": "remove"})
    assert gone.status_code == 403
    assert Point.objects.count() == 1


def test_the_number_of_queries_does_not_grow_with_the_response(
    client: Client, issue: Issue, draft: Issue, django_assert_max_num_queries: object
) -> None:
    point = make_point(issue)
    respond(issue, *LATE)
    with django_assert_max_num_queries(40) as few:  # type: ignore[operator]
        client.get(url("point", draft, point))
    respond(issue, *OTHERS, *(f"{text} And {number}." for number, text in enumerate(OTHERS)))
    with django_assert_max_num_queries(len(few)):  # type: ignore[operator]
        client.get(url("point", draft, point))
