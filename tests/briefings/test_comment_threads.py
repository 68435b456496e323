"""The comments that readers see: approved ones only, in threads, featured ones first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from briefings.models import CommentState, Issue
from tests.factories import make_briefing, make_comment, make_contributor, make_published_issue

pytestmark = pytest.mark.django_db


def page(client: Client, issue: Issue) -> str:
    return str(client.get(issue.get_absolute_url()).content.decode())


@pytest.mark.parametrize(
    "state", [CommentState.UNCONFIRMED, CommentState.PENDING, CommentState.REJECTED]
)
def test_a_comment_that_nobody_approved_is_not_shown(client: Client, state: CommentState) -> None:
    issue = make_published_issue()
    make_comment(on=issue, body="Not for the page", state=state)
    html = page(client, issue)
    assert "Not for the page" not in html
    assert "There are no comments yet" in html


def test_featured_comments_come_first_then_the_oldest(client: Client) -> None:
    issue, now = make_published_issue(), timezone.now()
    make_comment(on=issue, body="Second said", created_at=now - timedelta(hours=1))
    make_comment(on=issue, body="First said", created_at=now - timedelta(hours=2))
    make_comment(on=issue, body="Featured", created_at=now, featured=True)
    html = page(client, issue)
    assert html.index(">Featured<") < html.index("First said") < html.index("Second said")
    assert "3 comments" in html


def test_an_authors_reply_is_marked_and_shown_in_its_thread(client: Client) -> None:
    issue = make_published_issue()
    rosa = make_contributor(name="Rosa Meyer")
    thread = make_comment(on=issue, body="A question?", name="Imran")
    make_comment(on=issue, body="Somebody else", name="Maureen")
    make_comment(on=issue, body="A reply.", parent=thread, contributor=rosa)
    html = page(client, issue)
    assert html.index("A question?") < html.index("A reply.") < html.index("Somebody else")
    reply = html[html.index("Reply by \u2068Rosa Meyer\u2069") : html.index("A reply.")]
    assert '<span class="tag">Author</span>' in reply
    assert html.count('<span class="tag">Author</span>') == 1


def test_a_reply_is_hidden_with_its_comment(client: Client) -> None:
    issue = make_published_issue()
    thread = make_comment(on=issue, body="Hidden", state=CommentState.REJECTED)
    make_comment(on=issue, body="A reply to it", parent=thread)
    html = page(client, issue)
    assert "A reply to it" not in html
    assert '<h2 id="comments-heading">Comments</h2>' in html


def test_a_comment_is_plain_text_and_its_address_is_never_shown(client: Client) -> None:
    issue = make_published_issue()
    make_comment(
        on=issue,
        name="<i>Ada</i> \u202eevil",
        email="ada@secret.example",
        body="<b>bold</b> & https://spam.example/\n\nSecond paragraph",
    )
    html = page(client, issue)
    assert "ada@secret.example" not in html
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; https://spam.example/</p>" in html
    assert "<p>Second paragraph</p>" in html
    assert "<bdi>&lt;i&gt;Ada&lt;/i&gt; \u202eevil</bdi>" in html


def test_a_comment_without_a_name_is_anonymous_and_says_what_it_is_about(client: Client) -> None:
    issue = make_published_issue()
    section = issue.sections.all()[1]
    comment = make_comment(on=issue, section=section)
    html = page(client, issue)
    assert "<bdi>Anonymous</bdi>" in html
    assert f'on <a href="#{section.anchor}">{section.heading}</a>' in html
    assert f'href="?reply_to={comment.pk}#comment-form"' in html


def test_the_time_of_a_comment_is_in_the_briefings_time_zone(client: Client) -> None:
    issue = make_published_issue(briefing=make_briefing(time_zone="Asia/Tokyo"))
    summer = timezone.now().replace(year=2026, month=7, day=1, hour=16, minute=5)
    make_comment(on=issue, created_at=summer)
    assert "2 July 2026, 01:05" in page(client, issue)
