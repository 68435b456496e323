"""A thread is rendered once, and again as soon as anything that it shows has changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone, translation

from briefings import comment_form_html
from briefings.comment_threads import Thread
from briefings.models import Briefing, Comment, CommentState, Issue, Section
from briefings.rendering import thread_html
from tests.factories import make_comment, make_contributor, make_published_issue

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue() -> Issue:
    """An issue with a thread: a comment on a section, and a reply of its author."""
    issue = make_published_issue()
    thread = make_comment(on=issue, name="Imran", section=issue.sections.first())
    make_comment(on=issue, parent=thread, contributor=issue.author, body="Thank you.")
    return issue


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the templates that are rendered apart from the page."""
    names: list[str] = []

    def note(name: str, context: dict[str, Any]) -> Any:
        names.append(name)
        return render(name, context)

    render = render_to_string
    for module in (thread_html, comment_form_html):
        module._render.cache_clear()
        monkeypatch.setattr(module, "render_to_string", note)
    return names


def page(client: Client, issue: Issue) -> str:
    return client.get(issue.get_absolute_url()).content.decode()


def test_what_did_not_change_is_not_rendered_again(
    client: Client, issue: Issue, rendered: list[str]
) -> None:
    first = page(client, issue)
    assert sorted(rendered) == ["briefings/_comment_form.html", "briefings/_thread.html"]
    rendered.clear()
    assert page(client, issue) == first
    assert rendered == []
    make_comment(on=issue, body="Another thread.")
    assert "Another thread." in page(client, issue)
    assert rendered == ["briefings/_thread.html"]


def first_comment(**changes: Any) -> Callable[[Issue], object]:
    return lambda issue: Comment.objects.filter(issue=issue, parent=None).update(**changes)


CHANGES: dict[str, Callable[[Issue], object]] = {
    "words": first_comment(body="Other words."),
    "name": first_comment(name="Ada"),
    "featured": first_comment(featured=True),
    "staff": first_comment(by_staff=True),
    "edited": first_comment(edited_at=timezone.now()),
    "recommended": first_comment(recommendation_count=7),
    "withdrawn": first_comment(state=CommentState.WITHDRAWN),
    "words that it is about": first_comment(passage="214 beds"),
    "section gone": first_comment(section=None),
    "written at": first_comment(created_at=timezone.now() - timedelta(days=2)),
    "author": first_comment(contributor=None),
    "a reply": lambda issue: make_comment(
        on=issue, parent=issue.comments.get(parent=None), body="I agree."
    ),
    "a reply fewer": lambda issue: issue.comments.exclude(parent=None).delete(),
    "name of the author": lambda issue: type(issue.author).objects.update(name="Rosa Q. Meyer"),
    "heading": lambda issue: Section.objects.update(heading="Closed, and counted"),
    "time zone": lambda issue: Briefing.objects.update(time_zone="Asia/Tokyo"),
    "address": lambda issue: Briefing.objects.update(slug="another-address"),
    "closed": lambda issue: Briefing.objects.update(comments_close_after=0),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_is_on_the_page_at_once(client: Client, issue: Issue, change: str) -> None:
    if change == "author":
        first_comment(contributor=make_contributor(name="Sam"))(issue)
    before = page(client, issue)
    CHANGES[change](issue)
    issue = Issue.objects.select_related("briefing").get(pk=issue.pk)
    after = page(client, issue)
    assert after != before
    thread_html._render.cache_clear()
    comment_form_html._render.cache_clear()
    assert after == page(client, issue)


def test_a_correction_of_words_that_a_comment_is_about_is_on_the_page_at_once(
    client: Client, issue: Issue
) -> None:
    first_comment(passage="214 beds")(issue)
    assert "(as it read then)" not in page(client, issue)
    Section.objects.filter(body__contains="214").update(body="<p>The county has 241 beds.</p>")
    assert "(as it read then)" in page(client, issue)


def test_each_language_has_threads_of_its_own(client: Client, issue: Issue) -> None:
    comments = issue.comments.filter(parent=None)
    comments.update(created_at=timezone.now().replace(month=3, day=1))
    shown = []
    for language in ("en-gb", "de", "en-gb"):
        with translation.override(language):
            threads = [thread_html_of(comment) for comment in comments]
        shown.append("".join(threads))
    assert "1 March" in shown[0]
    assert "1 March" not in shown[1]
    assert shown[2] == shown[0]


def thread_html_of(comment: Comment) -> str:
    threads = [Thread(comment=comment)]
    [html] = thread_html.thread_html(
        threads, issue=comment.issue, reply_query="?", has_actions=True, at=timezone.now()
    )
    return html
