"""Comments are found by the address that they came from, in any case, without reading them all."""

from __future__ import annotations

import pytest
from django.db import connection

from briefings.models import Comment, CommentState
from tests.factories import make_comment, make_published_issue

pytestmark = pytest.mark.django_db


def test_the_case_of_an_address_makes_no_difference() -> None:
    issue = make_published_issue()
    own = make_comment(on=issue, email="Ada.Byron@example.org")
    waits = make_comment(on=issue, email="ada.byron@example.org", state=CommentState.UNCONFIRMED)
    make_comment(on=issue, email="ada_byron@example.org")
    make_comment(on=issue, email="ada%byron@example.org")
    make_comment(on=issue)
    assert set(Comment.objects.from_address("ADA.BYRON@example.org")) == {own, waits}
    assert set(Comment.objects.of_address("ada.byron@EXAMPLE.org")) == {own}


def test_they_are_found_by_an_index() -> None:
    found = Comment.objects.order_by().from_address("ada@example.org")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # of a few rows it would read all
    assert "comment_by_address" in found.explain()
