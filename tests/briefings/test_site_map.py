"""The site map, robots.txt and humans.txt: what programs find the public pages by."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from briefings import sitemaps
from briefings.models import Issue, Topic
from tests.factories import (
    make_briefing,
    make_contributor,
    make_issue,
    make_published_issue,
    make_scheduled_issue,
)

pytestmark = pytest.mark.django_db
SITE = "http://news.example.com"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"


def read(client: Client, path: str) -> ET.Element:
    answer = client.get(path, headers={"host": "other.example.com"})
    assert answer.status_code == 200, path
    assert answer["Content-Type"] == "application/xml"
    return ET.fromstring(answer.content)  # noqa: S314  (our own words)


def listed(client: Client, path: str) -> list[str]:
    return [place.text or "" for place in read(client, path).iter(f"{MAP}loc")]


def parts(client: Client) -> list[str]:
    root = read(client, "/sitemap.xml")
    assert root.tag == f"{MAP}sitemapindex"
    return [place.removeprefix(SITE) for place in listed(client, "/sitemap.xml")]


def test_the_site_map_leads_to_every_page_that_is_published(client: Client) -> None:
    old = make_published_issue(at=datetime(2024, 12, 31, 23, 59, tzinfo=UTC))
    issue = make_published_issue(briefing=old.briefing)
    draft = make_issue(briefing=issue.briefing)
    topic, unused = (Topic.objects.create(name=name, slug=name) for name in ("beds", "unused"))
    issue.topics.add(topic)
    draft.topics.add(unused)
    nobody = make_contributor(name="Nobody")
    places = [place for part in parts(client) for place in listed(client, part)]
    for row in (old, issue, issue.briefing, issue.author, topic):
        assert SITE + row.get_absolute_url() in places
    for path in ("/", "/search/", "/subscribe/"):
        assert SITE + path in places
        assert client.get(path).status_code == 200
    for hidden in (draft, unused, nobody):
        assert SITE + hidden.get_absolute_url() not in places
    news = SITE + issue.get_absolute_url()
    assert len(places) == len(set(places)) + 1
    assert places.count(news) == 2


def test_issues_are_listed_by_year_each_with_its_latest_change(client: Client) -> None:
    issues = {
        year: make_published_issue(at=datetime(year, 6, 1, tzinfo=UTC)) for year in (2023, 2025)
    }
    changed = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    Issue.objects.filter(pk=issues[2023].pk).update(updated_at=changed)
    index = read(client, "/sitemap.xml")
    dates = {
        part.findtext(f"{MAP}loc"): part.findtext(f"{MAP}lastmod")
        for part in index.iter(f"{MAP}sitemap")
    }
    assert datetime.fromisoformat(dates[f"{SITE}/sitemap-issues-2023.xml"] or "") == changed
    for year, issue in issues.items():
        assert listed(client, f"/sitemap-issues-{year}.xml") == [SITE + issue.get_absolute_url()]


@pytest.mark.parametrize("part", ["issues-1999", "issues-x", "issues-02025", "issues", "nothing"])
def test_there_is_no_other_part(client: Client, part: str) -> None:
    make_published_issue(at=datetime(2025, 6, 1, tzinfo=UTC))
    assert client.get(f"/sitemap-{part}.xml").status_code == 404


def test_an_empty_newsroom_has_a_site_map(client: Client) -> None:
    assert parts(client) == ["/sitemap-pages.xml"]
    assert listed(client, "/sitemap-news.xml") == []


def test_a_year_takes_two_queries_however_many_issues(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    briefing = make_briefing()
    for week in range(5):
        at = datetime(2025, 6, 1, tzinfo=UTC) + timedelta(weeks=week)
        make_published_issue(briefing=briefing, at=at)
    with django_assert_num_queries(3):  # the years, how many, and the issues
        assert len(listed(client, "/sitemap-issues-2025.xml")) == 5


def test_news_are_the_issues_of_the_last_two_days(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    german = make_briefing(language="de")
    new = make_published_issue(briefing=german, title="Beds & <boards>", at=now)
    make_published_issue(at=now - timedelta(hours=47), title="Yesterday")
    make_published_issue(at=now - timedelta(hours=49), title="Too old")
    make_scheduled_issue(title="Not yet")
    root = read(client, "/sitemap-news.xml")
    assert [title.text for title in root.iter(f"{NEWS}title")] == ["Beds & <boards>", "Yesterday"]
    first = next(root.iter(f"{MAP}url"))
    assert first.findtext(f"{MAP}loc") == SITE + new.get_absolute_url()
    publication = first.find(f"{NEWS}news/{NEWS}publication")
    assert publication is not None
    assert publication.findtext(f"{NEWS}name") == "Newsroom"
    assert publication.findtext(f"{NEWS}language") == "de"
    date = first.findtext(f"{NEWS}news/{NEWS}publication_date") or ""
    assert datetime.fromisoformat(date) == now.replace(microsecond=0)
    monkeypatch.setattr(sitemaps, "MOST_NEWS", 1)
    assert len(listed(client, "/sitemap-news.xml")) == 1


def test_each_of_the_news_has_the_language_of_its_briefing(client: Client, settings: Any) -> None:
    settings.LANGUAGE_CODE = "de"
    for language in ("fr", "en", ""):
        make_published_issue(briefing=make_briefing(language=language), title=language or "site")
    root = read(client, "/sitemap-news.xml")
    said = {
        one.findtext(f"{NEWS}title"): one.findtext(f"{NEWS}publication/{NEWS}language")
        for one in root.iter(f"{NEWS}news")
    }
    assert said == {"fr": "fr", "en": "en", "site": "de"}


@pytest.mark.parametrize(
    ("path", "is_open"),
    [
        *(("/", True), ("/ward/1/", True), ("/search/", True), ("/topics/beds/", True)),
        *(
            ("/search/?q=beds", False),
            ("/search/?in=comments&q=beds", False),
            ("/search/feed/?q=beds", False),
            ("/admin/", False),
        ),
        *(("/search/feed.json?q=beds", False), ("/preferences/x/", False), ("/view/x/", False)),
        *(("/comments/mine/", False), ("/feed.json", True), ("/ward/1/picture-x.png", True)),
    ],
)
def test_robots_are_kept_from_pages_of_one_person_and_endless_lists(
    client: Client, path: str, is_open: bool
) -> None:
    rules = RobotFileParser()
    lines = client.get("/robots.txt").content.decode().splitlines()
    rules.parse(lines)
    assert rules.can_fetch("AnyBot", path) == is_open
    assert rules.site_maps() == [f"{SITE}/sitemap.xml"]


def test_humans_are_told_who_writes(client: Client) -> None:
    rosa = make_contributor(name="Rosa\nMeyer", job_title="Correspondent")
    make_briefing(lead=rosa)
    make_contributor(name="Nobody Yet")
    answer = client.get("/humans.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    text = answer.content.decode()
    assert re.search(r"^  Rosa Meyer, Correspondent$", text, re.MULTILINE)
    assert "Nobody" not in text
    assert f"Newsroom: {SITE}/" in text
