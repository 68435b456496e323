"""A preview shows what readers would get, with the words that are not saved yet."""

from __future__ import annotations

import html as html_entities
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from briefings.models import Issue, SectionKind, WorkingCopy
from briefings.proofs import harmless_links
from briefings.rendering.issue_email import render_issue_email
from briefings.unsaved_issue import with_unsaved_words
from briefings.working_copies import settle
from subscribers.models import Subscription
from subscribers.models.subscriber import SubscriptionState
from tests.briefings.admin_client import author_client, make_staff
from tests.briefings.working_copies_in_tests import keep_unsaved
from tests.factories import make_briefing, make_issue, make_reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> User:
    return make_staff("Editors")


@pytest.fixture
def client(editor: User) -> Client:
    client = Client()
    client.force_login(editor)
    return client


def part(client: Client, issue: Issue | None, part: str, **query: str) -> str:
    """Return one part of a preview, as the frame loads it."""
    url = reverse("admin:briefings_issue_preview_part", args=[issue.pk if issue else 0, part])
    answer = client.get(url, query)
    assert answer.status_code == 200
    return answer.content.decode()


def whole(client: Client, issue: Issue, **query: str) -> str:
    """Return the page around a preview as text."""
    url = reverse("admin:briefings_issue_preview", args=[issue.pk])
    words = re.sub(r"<[^>]+>", " ", client.get(url, query).content.decode())
    return re.sub(r"\s+", " ", html_entities.unescape(words))


@pytest.mark.parametrize("shown", ["page", "email", "text"])
def test_a_preview_shows_unsaved_words_and_saves_nothing(
    client: Client, editor: User, shown: str
) -> None:
    issue = make_issue(title="Saved headline")
    token = keep_unsaved(
        editor,
        issue,
        title="Typed headline",
        strapline="Typed line",
        bodies=["<p>Typed words.</p>"],
    )
    found = part(client, issue, shown, draft=token)
    assert "Typed headline" in found
    assert "Typed words." in found
    assert "214 beds" not in found
    issue.refresh_from_db()
    assert issue.title == "Saved headline"
    assert issue.sections.count() == 2


def test_without_unsaved_words_of_that_page_the_saved_ones_are_shown(
    client: Client, editor: User
) -> None:
    issue = make_issue(title="Saved headline")
    token = keep_unsaved(editor, issue, title="Typed headline")
    settle(user=editor, tokens=[token])
    assert "Saved headline" in part(client, issue, "page", draft=token)
    assert "Saved headline" in part(client, issue, "page", draft="neverseen1234")


def test_the_page_of_a_preview_shows_the_newest_unsaved_words_or_the_saved_ones(
    client: Client, editor: User
) -> None:
    issue = make_issue(title="Saved headline")
    keep_unsaved(editor, issue, title="Typed headline")
    assert "Subject Typed headline" in whole(client, issue, **{"as": "email"})
    assert "Subject Saved headline" in whole(client, issue, **{"as": "email", "saved": "1"})


def test_unsaved_words_that_are_older_than_the_last_save_are_only_shown_when_asked_for(
    client: Client, editor: User
) -> None:
    issue = make_issue(title="Saved since then")
    token = keep_unsaved(editor, issue, title="Typed last week")
    WorkingCopy.objects.update(updated_at=timezone.now() - timedelta(days=7))
    assert "Subject Saved since then" in whole(client, issue, **{"as": "email"})
    assert "Not saved yet" in whole(client, issue)
    assert "Subject Typed last week" in whole(client, issue, **{"as": "email", "draft": token})


def test_the_unsaved_words_of_somebody_else_are_not_shown(client: Client) -> None:
    issue = make_issue(title="Saved headline")
    token = keep_unsaved(make_staff("Editors"), issue, title="A colleague’s headline")
    assert "Saved headline" in part(client, issue, "page", draft=token)


def test_a_saved_section_keeps_its_place_of_the_page_and_a_removed_one_is_left_out(
    client: Client, editor: User
) -> None:
    kinds = [(SectionKind.FEATURE, name, f"<p>{name}.</p>") for name in ("One", "Two", "Three")]
    issue = make_issue(sections=kinds)
    one, two, three = issue.sections.all()
    content = {
        "fields": {},
        "sections": [
            {"id": str(three.pk), "kind": "note", "heading": "Three", "body": "<p>3</p>"},
            {"id": str(two.pk), "kind": "feature", "heading": "Two", "body": "", "removed": True},
            {"id": str(one.pk), "kind": "no such kind", "heading": "First", "body": "<p>1</p>"},
        ],
    }
    sections = with_unsaved_words(issue, content).sections.all()
    assert [(found.pk, found.kind, found.heading) for found in sections] == [
        (three.pk, "note", "Three"),
        (one.pk, "feature", "First"),
    ]


@pytest.mark.parametrize("shown", ["page", "email"])
def test_unsaved_words_are_sanitised_as_saved_ones_are(
    client: Client, editor: User, shown: str
) -> None:
    issue = make_issue()
    bodies = ['<p onclick="x()">Words<script>alert(1)</script><img src=x onerror=y></p>']
    found = part(client, issue, shown, draft=keep_unsaved(editor, issue, bodies=bodies))
    assert "onclick" not in found
    assert "alert(1)" not in found
    assert "onerror" not in found


def test_unsaved_words_look_the_same_in_the_preview_as_saved_ones_will(editor: User) -> None:
    """The preview goes through the code that renders the issue for readers."""
    saved = make_issue(title="The beds", sections=[(SectionKind.FEATURE, "A", "<p>B <b>c</b></p>")])
    other = make_issue(title="Old", briefing=saved.briefing, number=9, sections=[])
    other.number, other.publish_at = saved.number, saved.publish_at
    other.created_at = saved.created_at
    words = {"kind": "feature", "heading": "A", "body": "<p>B <b>c</b></p>"}
    fields = {"title": "The beds", "strapline": saved.strapline}
    shown = with_unsaved_words(other, {"fields": fields, "sections": [words]})
    links = harmless_links(saved)
    assert render_issue_email(shown, links=links) == render_issue_email(saved, links=links)


def test_a_new_issue_is_previewed_before_it_is_ever_saved(client: Client, editor: User) -> None:
    briefing = make_briefing(title="The Ward")
    fields = {"title": "First words", "briefing": str(briefing.pk), "number": "7"}
    token = keep_unsaved(editor, None, bodies=["<p>Not saved at all.</p>"], **fields)
    for shown in ("page", "email", "text"):
        found = part(client, None, shown, draft=token)
        assert "Not saved at all." in found
        assert "The Ward" in found
    assert not Issue.objects.exists()
    nothing = reverse("admin:briefings_issue_preview_part", args=[0, "page"])
    assert client.get(nothing).status_code == 404
    assert client.get(nothing, {"draft": "neverseen1234"}).status_code == 404


def test_a_reporter_previews_a_new_issue_that_will_have_another_author() -> None:
    reporter, briefing = make_staff("Reporters"), make_briefing()
    token = keep_unsaved(reporter, None, title="First words", briefing=str(briefing.pk))
    client = Client()
    client.force_login(reporter)
    assert "First words" in part(client, None, "page", draft=token)


def test_words_that_are_half_typed_do_no_harm(client: Client, editor: User) -> None:
    issue = make_issue()
    fields = {"title": "", "strapline": "\n", "author": "x", "goes_out": "2026-1", "number": "-"}
    assert part(client, issue, "page", draft=keep_unsaved(editor, issue, bodies=[], **fields))


def test_a_preview_is_framed_by_the_admin_only_and_runs_no_script(client: Client) -> None:
    issue = make_issue()
    url = reverse("admin:briefings_issue_preview_part", args=[issue.pk, "page"])
    answer = client.get(url)
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "no-store" in answer.headers["Cache-Control"]
    assert 'sandbox="allow-same-origin' in client.get(url[: -len("page/")]).content.decode()
    assert "allow-scripts" not in client.get(url[: -len("page/")]).content.decode()


def test_the_page_of_a_preview_works_without_a_script(client: Client) -> None:
    url = reverse("admin:briefings_issue_preview", args=[make_issue().pk])
    page = client.get(url, {"as": "email", "width": "phone", "scheme": "dark"}).content.decode()
    assert "is-phone is-dark" in page
    assert re.search(r'href="\?as=text&amp;width=phone&amp;scheme=dark"', page)


def test_the_email_is_addressed_to_a_made_up_subscriber(client: Client) -> None:
    assert "Sam Reader <sam@example.com> (made up)" in whole(
        client, make_issue(), **{"as": "email"}
    )


def test_staff_who_may_see_subscribers_see_it_as_one_of_them(client: Client) -> None:
    issue = make_issue()
    make_reader(of=issue.briefing, email="ada@example.com", name="Ada Marsh")
    shown = whole(client, issue, **{"as": "email", "reader": " ADA@example.com"})
    assert "To Ada Marsh <ada@example.com>" in shown
    assert "would not get" not in shown


def test_a_subscriber_who_would_not_get_it_is_said_to(client: Client) -> None:
    issue = make_issue()
    make_reader(of=issue.briefing, email="left@example.com")
    Subscription.objects.update(
        state=SubscriptionState.UNSUBSCRIBED, unsubscribed_at=timezone.now()
    )
    shown = whole(client, issue, **{"as": "email", "reader": "left@example.com"})
    assert f"They would not get this issue: they do not subscribe to {issue.briefing}." in shown


def test_an_address_of_nobody_is_said_to_be_one(client: Client) -> None:
    issue = make_issue()
    shown = whole(client, issue, **{"as": "email", "reader": "nobody@example.com"})
    assert "nobody@example.com is not the address of a subscriber." in shown


def test_who_may_not_see_subscribers_can_look_up_none() -> None:
    issue = make_issue()
    make_reader(of=issue.briefing, email="ada@example.com", name="Ada Marsh")
    shown = whole(author_client(issue), issue, **{"as": "email", "reader": "ada@example.com"})
    assert "Ada Marsh" not in shown
    assert "See it as a subscriber" not in shown
    assert "Sam Reader" in shown
