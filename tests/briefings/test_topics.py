"""Topics: shown on an issue, with a page and a feed of their own."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from briefings.admin import topic_admin
from briefings.models import Topic
from newsroom.models import AuditLogEntry
from tests.briefings.admin_client import make_staff
from tests.factories import (
    make_briefing,
    make_issue,
    make_published_issue,
    make_scheduled_issue,
)

pytestmark = pytest.mark.django_db


def make_topic(name: str = "Waiting times", **fields: Any) -> Topic:
    fields.setdefault("slug", name.lower().replace(" ", "-"))
    return Topic.objects.create(name=name, **fields)


def test_an_issue_shows_its_topics_without_another_query(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    issue = make_published_issue()
    issue.topics.add(make_topic("Waiting times"), make_topic("Beds & <wards>", slug="beds"))
    with django_assert_max_num_queries(5):
        html = client.get(issue.get_absolute_url()).content.decode()
    found = re.findall(r'<a href="(/topics/[^"]+)" rel="tag"><bdi>([^<]+)</bdi>', html)
    assert found == [
        ("/topics/beds/", "Beds &amp; &lt;wards&gt;"),
        ("/topics/waiting-times/", "Waiting times"),
    ]
    feed = client.get("/feed/").content.decode()
    assert '<category term="Waiting times"' in feed


@pytest.mark.parametrize("name", ["Beds\u2028and wards", "Beds\x85wards", "Beds\x0bwards"])
def test_a_topic_may_have_any_character_that_a_form_lets_through(client: Client, name: str) -> None:
    issue = make_published_issue()
    issue.topics.add(make_topic(name, slug="beds"))
    assert name in client.get(issue.get_absolute_url()).content.decode()


def test_a_topic_lists_published_issues_of_every_briefing(client: Client) -> None:
    topic = make_topic(description="Who waits, and for how long.")
    ward, ferry = make_briefing(title="Ward"), make_briefing(title="Ferry")
    for briefing, title in ((ward, "The queue"), (ferry, "The quay")):
        make_published_issue(briefing=briefing, title=title).topics.add(topic)
    make_issue(title="A draft").topics.add(topic)
    make_published_issue(title="About something else")
    html = client.get(topic.get_absolute_url()).content.decode()
    assert re.findall(r'class="title" dir="auto"><a [^>]+>([^<]+)', html) == [
        "The quay",
        "The queue",
    ]
    assert "2 issues." in html
    assert "Who waits, and for how long." in html
    assert "A draft" not in html
    feed = client.get(f"{topic.get_absolute_url()}feed/")
    assert re.findall(r"<entry><title>([^<]+)", feed.content.decode()) == ["The quay", "The queue"]
    assert not feed.cookies


def test_a_topic_without_issues_says_so(client: Client) -> None:
    topic = make_topic()
    make_issue().topics.add(topic)
    html = client.get(topic.get_absolute_url()).content.decode()
    assert html.count("No published issue is about <bdi>Waiting times</bdi> yet.") == 1
    assert "0 issues" not in html
    assert "No issues yet" not in html
    assert client.get("/topics/none/").status_code == 404
    assert "Waiting times" not in client.get("/search/").content.decode()


def test_the_search_page_lists_topics_that_have_issues(client: Client) -> None:
    make_published_issue().topics.add(make_topic("Waiting times"), make_topic("Beds"))
    html = client.get("/search/").content.decode()
    assert re.findall(r'href="/topics/([a-z-]+)/"', html) == ["beds", "waiting-times"]


def test_topics_are_set_on_the_issue_and_end_no_approval(client: Client) -> None:
    client.force_login(make_staff("Editors"))
    issue = make_scheduled_issue()
    approved = issue.approved_hash
    old, kept = make_topic("Old"), make_topic("Kept")
    issue.topics.add(old)
    page = f"/admin/briefings/issue/{issue.pk}/"
    html = client.get(f"{page}change/").content.decode()
    assert 'form="topics-form" checked> Old' in html
    for posted in ({"topic": [kept.pk], "new": "  New  \n one "}, {"topic": [kept.pk, ""]}):
        assert client.post(f"{page}topics/", posted).status_code == 302
        if "new" in posted:
            assert [topic.name for topic in issue.topics.all()] == ["Kept", "New one"]
            assert Topic.objects.get(name="New one").slug == "new-one"
    assert [topic.name for topic in issue.topics.all()] == ["Kept"]
    issue.refresh_from_db()
    assert (issue.state, issue.approved_hash) == ("scheduled", approved)
    assert issue.content_hash() == approved


def test_a_published_issue_gets_topics_without_a_correction(client: Client) -> None:
    client.force_login(make_staff("Publishers"))
    issue, topic = make_published_issue(), make_topic()
    html = client.get(f"/admin/briefings/issue/{issue.pk}/change/").content.decode()
    assert 'form="topics-form"> Waiting times' in html
    path = f"/admin/briefings/issue/{issue.pk}/topics/"
    assert client.post(path, {"topic": [topic.pk, "x"], "new": "WAITING TIMES"}).status_code == 302
    assert list(issue.topics.all()) == [topic]
    assert not issue.corrections.exists()


def test_a_topic_that_somebody_else_makes_meanwhile_is_taken(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue = make_issue()
    client.force_login(make_staff("Editors"))

    def make_it_first(*_: Any, **__: Any) -> str:
        return make_topic("Beds").slug

    monkeypatch.setattr(topic_admin, "free_slug", make_it_first)
    client.post(f"/admin/briefings/issue/{issue.pk}/topics/", {"new": "Beds"})

    assert [topic.name for topic in issue.topics.all()] == ["Beds"]


def test_topics_that_stay_the_same_are_no_entry_in_the_log(client: Client) -> None:
    client.force_login(make_staff("Editors"))
    issue, topic = make_issue(), make_topic()
    path = f"/admin/briefings/issue/{issue.pk}/topics/"

    for posted in ({}, {"topic": [topic.pk]}, {"topic": [topic.pk]}, {"new": topic.name}):
        client.post(path, posted)

    entries = AuditLogEntry.objects.on(issue).filter(verb="set the topics of")
    assert [entry.detail["topics"] for entry in entries] == [["Waiting times"]]
