"""Recommending and reporting somebody's comment, and the orders of the threads."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from briefings.comment_identity import sign_in_path
from briefings.comment_threads import CommentOrder, comment_page
from briefings.models import Comment, Commenter, CommentReport, CommentState, Issue, Recommendation
from briefings.recommendations import forget_recommendations, recommend
from newsroom.models import OutgoingEmail
from tests.briefings.test_comment_identity import ADA, sign_in
from tests.factories import make_comment, make_published_issue

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue() -> Issue:
    return make_published_issue()


@pytest.fixture
def comment(issue: Issue) -> Comment:
    return make_comment(on=issue)


def count_of(comment: Comment) -> int:
    comment.refresh_from_db()
    assert comment.recommendation_count == comment.recommendations.count()
    return comment.recommendation_count


def test_a_reader_recommends_a_comment_once_and_can_take_it_back(
    client: Client, issue: Issue, comment: Comment
) -> None:
    sign_in(client)
    path = f"/comments/{comment.pk}/recommend/"
    assert client.post(path)["Location"] == comment.get_absolute_url()
    assert client.post(path)["Location"] == path  # the page says that it was theirs already
    assert "Take it back" in client.get(path).content.decode()
    assert count_of(comment) == 1
    assert client.get(f"/comments/me/?issue={issue.pk}").json()["recommended"] == [comment.pk]
    for _ in range(2):
        client.post(path, {"take_back": "yes"})
        assert count_of(comment) == 0


@pytest.mark.parametrize("issue_key", ["", "x", "-1", "9" * 30, "9" * 5_000])
def test_the_address_of_no_issue_has_no_recommendations(client: Client, issue_key: str) -> None:
    sign_in(client)
    assert client.get(f"/comments/me/?issue={issue_key}").json()["recommended"] == []


def test_a_get_recommends_nothing(client: Client, comment: Comment) -> None:
    sign_in(client)
    assert client.get(f"/comments/{comment.pk}/recommend/").status_code == 200
    assert count_of(comment) == 0


def test_nobody_recommends_their_own_comment(client: Client, comment: Comment) -> None:
    Comment.objects.update(commenter=sign_in(client))
    client.post(f"/comments/{comment.pk}/recommend/")
    assert count_of(comment) == 0


def test_who_is_not_signed_in_recommends_with_the_link_in_the_email(
    client: Client, comment: Comment
) -> None:
    page = client.post(f"/comments/{comment.pk}/recommend/").content.decode()
    assert f'name="recommends" value="{comment.pk}"' in page
    client.post("/comments/sign-in/", {"email": ADA, "recommends": str(comment.pk)})
    assert "Sign in for comments" in OutgoingEmail.objects.get().subject
    link = sign_in_path(ADA, recommends=comment)
    assert "Sign in and recommend" in client.get(link).content.decode()
    assert count_of(comment) == 0
    assert client.post(link)["Location"] == comment.get_absolute_url()
    assert count_of(comment) == 1


def links_in_emails() -> list[str]:
    texts = OutgoingEmail.objects.order_by("pk").values_list("text", flat=True)
    return [
        re.findall(r"http://news\.example\.com(/comments/sign-in/\S+)", one)[0] for one in texts
    ]


def test_of_two_comments_recommended_within_minutes_none_is_lost(
    client: Client, issue: Issue, comment: Comment
) -> None:
    other = make_comment(on=issue, body="And the roof leaks.")
    for one in (comment, other, other):  # the last is a double click
        client.post("/comments/sign-in/", {"email": ADA, "recommends": str(one.pk)})
    first, second = links_in_emails()
    client.post(first)
    # The first link signed them in; the second leads to the button for its own comment.
    assert client.post(second)["Location"] == f"/comments/{other.pk}/recommend/"
    assert client.get(second)["Location"] == f"/comments/{other.pk}/recommend/"
    client.post(f"/comments/{other.pk}/recommend/")
    assert (count_of(comment), count_of(other)) == (1, 1)


def test_a_used_link_asks_for_an_address_and_keeps_what_was_to_be_recommended(
    client: Client, comment: Comment
) -> None:
    link = sign_in_path(ADA, recommends=comment)
    client.post(link)
    page = Client().get(link)
    assert page.status_code == 410
    assert f'name="recommends" value="{comment.pk}"' in page.content.decode()


@pytest.mark.parametrize("state", [CommentState.PENDING, CommentState.REJECTED])
def test_a_comment_that_is_not_on_the_page_is_neither_recommended_nor_reported(
    client: Client, issue: Issue, state: CommentState
) -> None:
    comment = make_comment(on=issue, state=state)
    sign_in(client)
    for act in ("recommend", "report"):
        assert client.post(f"/comments/{comment.pk}/{act}/").status_code == 404
        assert client.get(f"/comments/{comment.pk}/{act}/").status_code == 404


def test_recommendations_of_an_erased_reader_no_longer_count(comment: Comment) -> None:
    readers = [Commenter.objects.confirmed(f"{name}@example.org") for name in ("ada", "grace")]
    for reader in readers:
        recommend(comment, by=reader, at=timezone.now())
    assert forget_recommendations(readers[:1]) == 1
    assert count_of(comment) == 1


def test_a_report_reaches_the_moderators_once_a_reader(client: Client, comment: Comment) -> None:
    path = f"/comments/{comment.pk}/report/"
    assert client.post(path, {"reason": ""}).status_code == 422
    report = {"reason": "private", "detail": "It names my street."}
    for _ in range(2):  # the second by the same network
        page = client.post(path, report)
        assert "Thank you for telling us" in page.content.decode()
    assert CommentReport.objects.get().commenter is None
    commenter = sign_in(client)
    for _ in range(2):
        client.post(path, report)
    assert CommentReport.objects.filter(commenter=commenter).count() == 1
    assert CommentReport.objects.count() == 2


# --- the orders of the threads


@pytest.mark.parametrize(
    ("order", "bodies"),
    [
        ("", ["c", "a", "b", "d"]),
        ("featured", ["c", "a", "b", "d"]),
        ("oldest", ["a", "b", "c", "d"]),
        ("newest", ["d", "c", "b", "a"]),
        ("recommended", ["b", "d", "a", "c"]),
        ("; DROP TABLE", ["c", "a", "b", "d"]),
    ],
)
def test_readers_choose_the_order_of_the_threads(
    client: Client, issue: Issue, order: str, bodies: list[str]
) -> None:
    start = timezone.now() - timedelta(hours=1)
    for number, (body, count) in enumerate({"a": 0, "b": 3, "c": 0, "d": 1}.items()):
        make_comment(
            on=issue,
            body=body,
            created_at=start + timedelta(minutes=number),
            featured=body == "c",
            recommendation_count=count,
        )
    assert [thread.comment.body for thread in comment_page(issue, order=order).threads] == bodies
    page = client.get(issue.get_absolute_url(), {"sort": order}).content.decode()
    assert page.count('aria-current="true"') == 1


def test_an_order_costs_no_query_more_and_stays_on_the_next_page(
    issue: Issue, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    Comment.objects.bulk_create(
        Comment(
            issue=issue,
            body=str(number),
            state=CommentState.APPROVED,
            confirmed_at=timezone.now(),
        )
        for number in range(120)
    )
    assert Recommendation.objects.count() == 0
    for order in CommentOrder:
        with django_assert_max_num_queries(4):
            page = comment_page(issue, number="2", order=order)
        assert len(page.threads) == 50
        wanted = "" if order == CommentOrder.FEATURED else f"sort={order}&"
        assert page.next_query == f"?{wanted}page=3"


def test_withdrawn_threads_have_a_place_and_no_number_on_every_page(issue: Issue) -> None:
    moment = timezone.now()
    Comment.objects.bulk_create(
        Comment(issue=issue, body=str(number), state=CommentState.APPROVED, confirmed_at=moment)
        for number in range(60)
    )
    kept, gone = Comment.objects.order_by("pk")[:2]
    make_comment(on=issue, parent=kept)
    Comment.objects.filter(pk__in=[kept.pk, gone.pk]).update(
        state=CommentState.WITHDRAWN, withdrawn_at=moment
    )
    pages = [comment_page(issue, number=number) for number in ("1", "2")]
    assert [page.comment_count for page in pages] == [59, 59]
    assert [len(page.threads) for page in pages] == [50, 9]
