"""What an editor reads about the previous issue on the page of its response."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from briefings.models import Comment, CommentChannel, CommentState, Issue
from tests.briefings.admin_client import staff_client
from tests.factories import make_comment, make_contributor, make_issue, make_published_issue

if TYPE_CHECKING:
    from tests.briefings.admin_client import Page

pytestmark = pytest.mark.django_db


def make_draft_after(issue: Issue) -> Issue:
    return make_issue(briefing=issue.briefing)


def open_response(draft: Issue, **query: str) -> Page:
    page = staff_client("Editors").get(reverse("admin:briefings_response", args=[draft.pk]), query)
    assert page.status_code == 200
    return page


def bodies(page: Page) -> list[str]:
    return [piece.comment.body for piece in page.context["pieces"]]


def test_it_shows_everything_that_readers_said_about_the_previous_issue() -> None:
    issue = make_published_issue()
    make_comment(on=issue, body="On the page.")
    make_comment(on=issue, body="By email.", channel=CommentChannel.MAIL)
    make_comment(on=issue, body="Still in the queue.", state=CommentState.PENDING)
    make_comment(
        on=issue, body="An answer.", channel=CommentChannel.ANSWER, state=CommentState.PRIVATE
    )
    make_comment(
        on=issue,
        body="To the author.",
        channel=CommentChannel.MESSAGE,
        state=CommentState.PRIVATE,
        confirmed_at=None,
    )
    hidden = (CommentState.UNCONFIRMED, CommentState.REJECTED, CommentState.WITHDRAWN)
    for state in hidden:
        make_comment(on=issue, body=f"It is {state}.", state=state)
    make_comment(on=issue, body="The author's.", contributor=make_contributor())
    make_comment(on=issue, body="The staff's.", by_staff=True)
    make_comment(on=make_published_issue(), body="Of another briefing.")
    assert set(bodies(open_response(make_draft_after(issue)))) == {
        *("On the page.", "By email.", "Still in the queue.", "An answer.", "To the author.")
    }
    assert Comment.objects.count() == 11


def test_the_page_of_a_draft_leads_to_it() -> None:
    draft = make_issue()
    page = staff_client("Editors").get(reverse("admin:briefings_issue_change", args=[draft.pk]))
    assert reverse("admin:briefings_response", args=[draft.pk]) in page.content.decode()


def test_before_the_first_issue_there_is_nothing_to_read() -> None:
    page = open_response(make_issue())
    assert "has appeared yet" in page.content.decode()
