"""JSON Feed 1.1 beside each Atom feed, with the same entries."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.test import Client

from briefings.models import Issue, SectionKind, Topic
from tests.factories import make_briefing, make_correction, make_published_issue

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
SITE = "http://news.example.com"


@pytest.fixture
def issue() -> Issue:
    """An issue that is in every kind of feed, under one of another briefing."""
    briefing = make_briefing(title="The Ward Round", slug="ward")
    issue = make_published_issue(
        briefing=briefing,
        title="Council & <mayor>",
        strapline="Who & why",
        sections=[(SectionKind.FEATURE, "Beds", '<p>Read <a href="/x/">this</a> on ferries.</p>')],
    )
    issue.topics.add(Topic.objects.create(name="Beds & boards", slug="beds"))
    make_correction(issue)
    make_published_issue(title="Bell\x07, without a strapline", strapline="")
    return issue


PAGES = ["/", "/ward/", "/ward/1/", "/topics/beds/", "/ward/corrections/", "/search/?q=ferries"]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_both_formats_of_its_feed_which_say_the_same(
    client: Client, issue: Issue, page: str
) -> None:
    html = client.get(page).content.decode()
    found = re.findall(
        r'<link rel="alternate" type="([^"]+)" title="([^"]*)" href="([^"]+)">', html
    )
    [(atom_type, atom_title, atom), (json_type, json_title, json)] = found
    assert (atom_type, json_type) == ("application/atom+xml", "application/feed+json")
    assert atom_title == json_title
    root = ET.fromstring(client.get(unescape(atom)).content)  # noqa: S314  (our own words)
    feed = read(client, unescape(json))
    assert feed["title"] == root.findtext(f"{ATOM}title")
    assert feed["feed_url"] == SITE + unescape(json)
    assert feed["home_page_url"] == link(root, "alternate")
    entries = root.findall(f"{ATOM}entry")
    assert entries
    assert [item["id"] for item in feed["items"]] == [
        entry.findtext(f"{ATOM}id") for entry in entries
    ]
    for item, entry in zip(feed["items"], entries, strict=True):
        assert item["url"] == link(entry, "alternate")
        assert item["content_html"] == entry.findtext(f"{ATOM}content")
        assert item["title"].replace("\x07", "") == entry.findtext(f"{ATOM}title")
        assert item["tags"] == [one.attrib["term"] for one in entry.findall(f"{ATOM}category")]
        for name, element in (("date_published", "published"), ("date_modified", "updated")):
            moment = datetime.fromisoformat(entry.findtext(f"{ATOM}{element}") or "")
            assert datetime.fromisoformat(item[name]) == moment.replace(microsecond=0)


def read(client: Client, path: str) -> dict[str, Any]:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/feed+json"
    assert not answer.cookies
    content: dict[str, Any] = answer.json()
    return content


def link(element: ET.Element, rel: str) -> str:
    return element.findall(f"{ATOM}link[@rel='{rel}']")[0].attrib["href"]


def test_a_feed_has_what_the_standard_requires_and_no_empty_value(
    client: Client, issue: Issue
) -> None:
    feed = read(client, "/feed.json")
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["language"] == "en-GB"
    assert feed["icon"].startswith(f"{SITE}/static/")
    plain, item = feed["items"]
    assert (item["title"], item["summary"]) == ("Council & <mayor>", "Who & why")
    assert item["authors"] == [
        {"name": issue.author.name, "url": SITE + issue.author.get_absolute_url()}
    ]
    assert item["tags"] == ["The Ward Round", "Beds & boards"]
    assert f'<a href="{SITE}/x/">this</a>' in item["content_html"]
    assert "summary" not in plain
    for part in (feed, *feed["items"]):
        assert not [name for name, value in part.items() if value in ("", None, [])]
    for moment in (item["date_published"], item["date_modified"]):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", moment)


@pytest.mark.parametrize(
    ("language", "said"), [("de", "de"), ("en", "en-GB"), ("", "en-GB"), ("cy", "cy")]
)
def test_a_briefings_feeds_are_in_its_language(client: Client, language: str, said: str) -> None:
    briefing = make_briefing(slug="ward", language=language)
    make_correction(make_published_issue(briefing=briefing))
    for path in ("/ward/feed", "/ward/corrections/feed"):
        assert read(client, f"{path}.json")["language"] == said
        root = ET.fromstring(client.get(f"{path}/").content)  # noqa: S314  (our own words)
        assert root.attrib["{http://www.w3.org/XML/1998/namespace}lang"] == said
    assert read(client, "/feed.json")["language"] == "en-GB"


def test_the_foot_of_a_page_leads_to_the_feed_of_all_issues(client: Client) -> None:
    assert '<a href="/feed/">Feed of all issues</a>' in client.get("/").content.decode()
    assert '<a href="/feed/">Feed of all issues</a>' in client.get("/privacy/").content.decode()


def test_an_unchanged_feed_is_not_sent_again(client: Client, issue: Issue) -> None:
    first = client.get("/ward/feed.json")
    again = client.get("/ward/feed.json", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/nobody/feed.json", "/topics/x/feed.json", "/search/feed.json"])
def test_what_is_not_there_has_no_feed(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
