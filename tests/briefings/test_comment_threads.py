"""The comments that readers see: approved ones only, in threads, featured ones first."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from html import unescape
from typing import Any, cast

import pytest
from django.db import connection
from django.db.models import signals
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefings.comment_counts import Counts, count_comments
from briefings.models import Comment, CommentState, Issue, IssueState
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
    assert f'on <a href="#{section.anchor}"><bdi>{section.heading}</bdi></a>' in html
    assert f'href="?reply_to={comment.pk}#comment-form"' in html


def test_the_time_of_a_comment_is_in_the_briefings_time_zone(client: Client) -> None:
    issue = make_published_issue(briefing=make_briefing(time_zone="Asia/Tokyo"))
    summer = timezone.now().replace(year=2026, month=7, day=1, hour=16, minute=5)
    make_comment(on=issue, created_at=summer)
    assert "2 July 2026, 01:05" in page(client, issue)


# --- pages of comments


def many(issue: Issue, count: int, *, parent: Comment | None = None) -> list[Comment]:
    """Create comments, a minute apart, each with its number in its text."""
    start = timezone.now() - timedelta(days=3)
    stem = f"Reply to {parent.pk}" if parent else "Thread"
    return Comment.objects.bulk_create(
        [
            Comment(
                issue=issue,
                parent=parent,
                body=f"{stem}, number {number}.",
                state=CommentState.APPROVED,
                created_at=start + timedelta(minutes=number),
                confirmed_at=start,
            )
            for number in range(1, count + 1)
        ]
    )


def test_fifty_threads_make_a_page_and_links_lead_to_the_others(client: Client) -> None:
    issue = make_published_issue()
    many(issue, 120)
    path = issue.get_absolute_url()
    seen = []
    for number in (1, 2, 3):
        html = page_at(client, f"{path}?page={number}")
        assert "120 comments" in html
        assert f"Page {number} of 3" in html
        assert ('rel="next"' in html) == (number < 3)
        assert ('rel="prev"' in html) == (number > 1)
        seen += re.findall(r"Thread, number (\d+)\.", html)
    assert seen == [str(number) for number in range(1, 121)]
    assert "Page 1 of" not in page(client, make_published_issue())


@pytest.mark.parametrize(
    ("asked", "shown"),
    [("", 1), ("2", 2), ("99", 2), ("0", 1), ("-1", 1), ("two", 1), ("²", 1), ("9" * 400, 1)],
)
def test_a_wrong_number_of_a_page_is_no_error(client: Client, asked: str, shown: int) -> None:
    issue = make_published_issue()
    many(issue, 51)
    assert f"Page {shown} of 2" in page_at(client, f"{issue.get_absolute_url()}?page={asked}")


def test_the_link_of_a_comment_leads_to_the_page_that_shows_it(client: Client) -> None:
    issue = make_published_issue()
    rows = many(issue, 101)
    reply = many(issue, 1, parent=rows[100])[0]
    for comment, number in ((rows[0], 1), (rows[49], 1), (rows[50], 2), (rows[100], 3), (reply, 3)):
        answer = client.get(comment.get_absolute_url())
        query = f"?page={number}" if number > 1 else ""
        assert answer["Location"] == f"{issue.get_absolute_url()}{query}#comment-{comment.pk}"
        html = page_at(client, answer["Location"])
        assert f'id="comment-{comment.pk}"' in html
        assert f'href="{comment.get_absolute_url()}"' in html
    # A featured comment comes first and moves all others by one place.
    Comment.objects.filter(pk=rows[100].pk).update(featured=True)
    assert f'id="comment-{rows[100].pk}"' in page(client, issue)
    assert client.get(rows[49].get_absolute_url())["Location"].endswith(
        f"?page=2#comment-{rows[49].pk}"
    )


def test_the_link_of_a_comment_that_nobody_sees_leads_nowhere(client: Client) -> None:
    issue, other = make_published_issue(), make_published_issue()
    hidden = make_comment(on=issue, state=CommentState.REJECTED)
    reply = make_comment(on=issue, parent=hidden)
    elsewhere = make_comment(on=other)
    for pk in (hidden.pk, reply.pk, elsewhere.pk, 10**17):
        assert client.get(f"{issue.get_absolute_url()}comments/{pk}/").status_code == 404


def test_a_thread_with_many_replies_has_pages_of_its_own(client: Client) -> None:
    issue = make_published_issue()
    first, other = many(issue, 2)
    replies = many(issue, 120, parent=first)
    html = page(client, issue)
    assert "122 comments" in html
    assert "70 more replies" in html
    assert (
        html.index("number 50.") < html.index("70 more replies") < html.index("Thread, number 2.")
    )
    assert f'id="comment-{other.pk}"' in html
    link = re.search(r'href="(\?thread=[^"#]+)', html)
    assert link
    second = page_at(client, issue.get_absolute_url() + unescape(link[1]))
    assert "Page 2 of 3" in second
    assert f'id="comment-{first.pk}"' in second
    assert f'id="comment-{replies[50].pk}"' in second
    assert f'id="comment-{other.pk}"' not in second
    for reply in (replies[49], replies[50], replies[119]):
        answer = client.get(reply.get_absolute_url())
        assert f'id="comment-{reply.pk}"' in page_at(client, answer["Location"])


def test_a_reply_is_written_on_the_page_of_its_thread(client: Client) -> None:
    issue = make_published_issue()
    rows = many(issue, 60)
    html = page_at(client, f"{issue.get_absolute_url()}?page=2")
    link = re.search(rf'href="(\?page=2&amp;reply_to={rows[55].pk})#comment-form"', html)
    assert link
    html = page_at(client, issue.get_absolute_url() + unescape(link[1]))
    assert "Page 2 of 2" in html
    assert f'name="reply_to" value="{rows[55].pk}"' in html


def test_a_page_reads_what_it_shows_however_many_comments_there_are(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cost(issue: Issue, number: int) -> tuple[int, int]:
        read: list[object] = []
        original = Comment.from_db.__func__  # type: ignore[attr-defined]

        def counted(model: type[Comment], *row: Any) -> Comment:
            read.append(row)
            return cast("Comment", original(model, *row))

        monkeypatch.setattr(Comment, "from_db", classmethod(counted))
        with CaptureQueriesContext(connection) as queries:
            page_at(client, f"{issue.get_absolute_url()}?page={number}")
        monkeypatch.undo()
        return len(queries), len(read)

    small, large = make_published_issue(), make_published_issue()
    for issue, times in ((small, 2), (large, 20)):
        for thread in many(issue, 50 * times)[:50:10]:
            many(issue, 50 * times, parent=thread)
    with connection.cursor() as cursor:  # as the database does by itself, in time
        cursor.execute("ANALYZE briefings_comment")
    assert cost(small, 1) == cost(large, 1)
    assert cost(large, 1)[1] == 51 + 5 * 50  # one more thread than shown: is there another page?
    assert cost(large, 1)[0] == cost(large, 2)[0] == cost(large, 19)[0]


def page_at(client: Client, path: str) -> str:
    return str(client.get(path).content.decode())


# --- what a page costs


def test_counts_are_those_of_all_pages_whatever_states_comments_have(client: Client) -> None:
    issue = make_published_issue()
    states = [*CommentState, CommentState.APPROVED, CommentState.APPROVED]
    for number in range(140):
        state = states[number % len(states)]
        thread = make_comment(on=issue, body=f"Thread {number}.", state=state)
        for place in range(number % 3):
            state = states[(number + place) % len(states)]
            make_comment(on=issue, parent=thread, body=f"Reply {number}-{place}.", state=state)
    path, seen, threads, number = issue.get_absolute_url(), 0, 0, 1
    while True:
        html = page_at(client, f"{path}?page={number}")
        seen += len(re.findall(r"<p>(?:Thread|Reply) ", html))
        threads += html.count('aria-label="Comment by') + html.count('"Withdrawn comment"')
        said = re.search(r'id="comments-heading">(\d+) comments', html)
        if 'rel="next"' not in html:
            break
        number += 1
    assert number == 2
    assert said is not None
    assert count_comments(issue) == Counts(threads=threads, comments=seen)
    assert int(said[1]) == seen


@pytest.mark.django_db(transaction=True)
def test_comments_are_counted_once_until_they_change() -> None:
    issue = make_published_issue()
    made = many(issue, 60)
    assert count_comments(issue).comments == 60
    with CaptureQueriesContext(connection) as queries:
        assert count_comments(issue).comments == 60
    assert len(queries) == 0
    made[0].reject(by=None, at=timezone.now())
    assert count_comments(issue) == Counts(threads=59, comments=59)


def test_a_page_reads_no_more_rows_from_a_large_archive_or_many_comments(client: Client) -> None:
    def rows_read(issue: Issue) -> dict[str, int]:
        read: list[str] = []

        def note(sender: type, **_: object) -> None:
            read.append(sender.__name__)

        signals.post_init.connect(note)
        try:
            page(client, issue)
        finally:
            signals.post_init.disconnect(note)
        return dict(Counter(read))

    briefing = make_briefing()
    issues = [make_published_issue(briefing=briefing) for _ in range(3)]
    many(issues[1], 51)
    page(client, issues[1])  # makes the form, which is remembered
    before = rows_read(issues[1])
    assert before["Comment"] == 51
    many(issues[1], 60)
    Issue.objects.bulk_create(
        Issue(
            briefing=briefing,
            number=number,
            title="Another",
            author=briefing.lead,
            state=IssueState.PUBLISHED,
            approved_hash="x",
            published_at=timezone.now(),
        )
        for number in range(4, 60)
    )
    after = rows_read(issues[1])
    assert after == before
