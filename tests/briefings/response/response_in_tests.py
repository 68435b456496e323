"""Issues with responses, and the page of one as an editor opens it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.urls import reverse

from briefings.models import Comment, CommentChannel, CommentState, Issue, QuoteChoice
from briefings.quote_wording import record_choice
from tests.factories import make_comment, make_issue

if TYPE_CHECKING:
    from typing import Any

    from django.test import Client

    from tests.briefings.admin_client import Page


def make_draft_after(issue: Issue) -> Issue:
    return make_issue(briefing=issue.briefing)


def make_private(*, on: Issue, channel: CommentChannel, **fields: Any) -> Comment:
    """Create an answer or a message that only the newsroom reads."""
    if channel == CommentChannel.MESSAGE:
        fields.setdefault("confirmed_at", None)
    return make_comment(on=on, channel=channel, state=CommentState.PRIVATE, **fields)


def ask_about_quoting(
    comment: Comment, choice: QuoteChoice, *, later: timedelta = timedelta()
) -> None:
    """Record what a reader chose: in the form of the comment, or later."""
    Comment.objects.filter(pk=comment.pk).update(quoting=choice)
    record_choice(comment, choice, at=comment.created_at + later, source="/", ip=None)


def response_url(draft: Issue) -> str:
    return reverse("admin:briefings_response", args=[draft.pk])


def open_response(client: Client, draft: Issue, **query: str) -> Page:
    page = client.get(response_url(draft), query)
    assert page.status_code == 200
    return page


def bodies(page: Page) -> list[str]:
    return [piece.comment.body for piece in page.context["pieces"]]
