"""Readers who recommend one comment at the same moment: each counts once."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from briefings.models import Commenter
from briefings.recommendations import recommend, take_back
from tests.factories import make_comment, make_published_issue

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_the_count_is_right_whoever_recommends_and_takes_back_at_once() -> None:
    comment = make_comment(on=make_published_issue())
    readers = [Commenter.objects.confirmed(f"reader{number}@example.org") for number in range(4)]
    start = Barrier(8)

    def click(reader: Commenter) -> None:
        start.wait()
        try:
            for _ in range(5):
                recommend(comment, by=reader, at=timezone.now())
                take_back(comment, by=reader)
                recommend(comment, by=reader, at=timezone.now())
        finally:
            connection.close()

    threads = [Thread(target=click, args=[reader]) for reader in readers * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    comment.refresh_from_db()
    assert comment.recommendation_count == comment.recommendations.count()
    for reader in readers:
        recommend(comment, by=reader, at=timezone.now())
    comment.refresh_from_db()
    assert comment.recommendation_count == len(readers)
