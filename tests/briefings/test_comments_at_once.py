"""Many comments on one issue at once, while its page is read: each is stored and shown once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from briefings.comment_identity import COOKIE, sign_in
from briefings.comment_submission import MAX_SIGNED_IN_AN_HOUR
from briefings.models import Comment, Commenter, CommentState, Issue
from tests.factories import make_published_issue

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
THREADS = 8
READERS = 6


def cookie_of(address: str) -> str:
    response = HttpResponse()
    sign_in(response, Commenter.objects.confirmed(address))
    return response.cookies[COOKIE].value


def comments_shown(issue: Issue) -> int:
    page = Client().get(issue.get_absolute_url()).content.decode()
    found = re.search(r">(\d+) comments?</h2>", page)
    return int(found[1]) if found else 0


def test_each_comment_is_stored_and_shown_once_and_the_limit_holds() -> None:
    """A double click sends two at once; one reader sends twice as many as they may."""
    issue = make_published_issue()
    cookies = [cookie_of(f"reader{number}@example.org") for number in range(READERS)]
    eager = cookie_of("eager@example.org")
    posts = [
        (cookie, f"Comment {number} of reader {reader}.")
        for number in range(5)
        for reader, cookie in enumerate(cookies)
        for _ in range(2)
    ]
    posts += [(eager, f"One more, {number}.") for number in range(2 * MAX_SIGNED_IN_AN_HOUR)]
    shown: list[int] = []

    def send(post: tuple[str, str]) -> int:
        cookie, body = post
        client = Client()
        client.cookies[COOKIE] = cookie
        where = f"/comments/on/{issue.briefing.slug}/{issue.number}/"
        try:
            status: int = client.post(where, {"body": body}).status_code
            for comment in Comment.objects.filter(body=body, state=CommentState.PENDING):
                comment.approve(by=None, at=timezone.now())
            shown.append(comments_shown(issue))
        finally:
            connection.close()
        return status

    with ThreadPoolExecutor(THREADS) as pool:
        statuses = list(pool.map(send, posts))
    assert set(statuses) == {302, 429}
    assert statuses.count(429) == MAX_SIGNED_IN_AN_HOUR
    bodies = list(Comment.objects.values_list("body", flat=True))
    expected = 5 * READERS + MAX_SIGNED_IN_AN_HOUR
    assert len(bodies) == len(set(bodies)) == expected
    assert comments_shown(issue) == expected
    assert max(shown) <= expected
