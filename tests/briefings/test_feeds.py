"""The Atom feeds (RFC 4287): whole issues, permanent ids, and conditional requests."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from briefings.models import Issue, SectionKind
from briefings.rendering.page_html import render_body
from tests.factories import make_briefing, make_issue, make_published_issue, make_scheduled_issue

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


def feed(client: Client, path: str) -> ET.Element:
    response = client.get(path)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ET.fromstring(response.content)  # noqa: S314  (our own words)


def text(element: ET.Element, path: str) -> str:
    found = element.find(f"{ATOM}{path}")
    assert found is not None, path
    return found.text or ""


def links(element: ET.Element) -> dict[str, str]:
    return {link.attrib["rel"]: link.attrib["href"] for link in element.findall(f"{ATOM}link")}


def entries(element: ET.Element) -> list[ET.Element]:
    return element.findall(f"{ATOM}entry")


def test_a_feed_has_what_the_standard_requires(client: Client) -> None:
    issue = make_published_issue(
        title="Council & <mayor>", at=datetime(2026, 4, 14, 6, tzinfo=UTC), strapline="Who & why"
    )
    root = feed(client, "/feed/")
    assert root.tag == f"{ATOM}feed"
    assert root.attrib["{http://www.w3.org/XML/1998/namespace}lang"] == "en-GB"
    assert text(root, "title") == "Newsroom"
    assert links(root) == {
        "alternate": "http://news.example.com/",
        "self": "http://news.example.com/feed/",
    }
    [entry] = entries(root)
    assert text(entry, "title") == "Council & <mayor>"
    assert text(entry, "published") == "2026-04-14T06:00:00+00:00"
    assert text(entry, "summary") == "Who & why"
    assert text(entry, f"author/{ATOM}name") == issue.author.name
    assert links(entry) == {"alternate": f"http://news.example.com{issue.get_absolute_url()}"}
    assert text(root, "updated") == text(entry, "updated")


def test_an_entry_is_the_whole_issue_in_safe_html(client: Client) -> None:
    make_published_issue(
        sections=[
            (SectionKind.FEATURE, "Beds & boards", '<p>Read <a href="/x/">this</a>.</p>'),
            (SectionKind.NOTE, "", '<p onclick="x()">Bye<script>alert(1)</script></p>'),
        ]
    )
    [entry] = entries(feed(client, "/feed/"))
    content = entry.find(f"{ATOM}content")
    assert content is not None
    assert content.attrib == {"type": "html"}
    html = content.text or ""
    assert "<h2>Beds &amp; boards</h2>" in html
    assert '<p>Read <a href="http://news.example.com/x/">this</a>.</p>' in html
    assert "<p>Bye</p>" in html
    assert "script" not in html
    assert "onclick" not in html


def test_a_briefings_feed_holds_its_own_published_issues_the_latest_first(client: Client) -> None:
    briefing, now = make_briefing(title="The Ward Round"), timezone.now()
    make_published_issue(briefing=briefing, title="Older", at=now - timedelta(days=7))
    make_published_issue(briefing=briefing, title="Newer", at=now)
    make_published_issue(title="Of another briefing")
    make_scheduled_issue(briefing=briefing, title="Scheduled")
    make_issue(briefing=briefing, title="Draft")
    root = feed(client, f"{briefing.get_absolute_url()}feed/")
    assert [text(entry, "title") for entry in entries(root)] == ["Newer", "Older"]
    assert text(root, "title") == "The Ward Round · Newsroom"
    assert len(entries(feed(client, "/feed/"))) == 3


def test_ids_outlive_every_change_of_address(client: Client) -> None:
    issue = make_published_issue()
    before = text(entries(feed(client, "/feed/"))[0], "id")
    assert before.startswith("tag:news.example.com,")
    Issue.objects.filter(pk=issue.pk).update(number=99, title="Another", updated_at=timezone.now())
    issue.briefing.slug = "another"
    issue.briefing.save()
    after = feed(client, "/another/feed/")
    assert text(entries(after)[0], "id") == before
    assert text(after, "id") != before


def test_a_correction_changes_the_date(client: Client) -> None:
    issue = make_published_issue(at=timezone.now() - timedelta(days=1))
    later = timezone.now() + timedelta(minutes=5)
    Issue.objects.filter(pk=issue.pk).update(updated_at=later)
    [entry] = entries(feed(client, "/feed/"))
    assert text(entry, "updated") > text(entry, "published")


@pytest.mark.parametrize("with_issues", [True, False])
def test_an_unchanged_feed_is_not_sent_again(client: Client, with_issues: bool) -> None:
    if with_issues:
        make_published_issue()
    first = client.get("/feed/")
    for header, name in (("ETag", "if-none-match"), ("Last-Modified", "if-modified-since")):
        again = client.get("/feed/", headers={name: first[header]})
        assert again.status_code == 304, header
        assert not again.content
    make_published_issue(title="News", at=timezone.now() + timedelta(seconds=2))
    changed = client.get("/feed/", headers={"if-none-match": first["ETag"]})
    assert changed.status_code == 200


def test_characters_that_xml_does_not_allow_do_not_break_the_feed(client: Client) -> None:
    make_published_issue(
        title="Bell\x07 and\x0b tab",
        sections=[(SectionKind.FEATURE, "\x1fB", "<p>\x08a\ufffe</p>")],
    )
    [entry] = entries(feed(client, "/feed/"))
    assert text(entry, "title") == "Bell and tab"


def test_a_feed_makes_a_fixed_number_of_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(5):
        make_published_issue()
    with django_assert_num_queries(3):
        feed(client, "/feed/")


@pytest.mark.parametrize(
    ("written", "complete"),
    [
        ("/x/", "http://news.example.com/x/"),
        ("#fn1", "PAGE#fn1"),
        ("?page=2", "PAGE?page=2"),
        ("4/", "PAGE4/"),
        ("../4/", "BRIEFING4/"),
        ("https://other.example/x", "https://other.example/x"),
        ("mailto:ada@example.org", "mailto:ada@example.org"),
    ],
)
def test_a_feed_has_no_relative_link(written: str, complete: str) -> None:
    body = f'<p><a href="{written}">There</a></p>'
    page = "http://news.example.com/ward/3/"
    html, _ = render_body(body, base=page)
    found = re.search(r'href="([^"]*)"', html)
    wanted = complete.replace("PAGE", page).replace("BRIEFING", "http://news.example.com/ward/")
    # What the sanitiser allows no address for loses its link, which is never relative.
    assert found is None or found[1] == wanted


def test_a_feed_has_no_relative_picture() -> None:
    html, _ = render_body(
        '<p><img src="/media/a.png" alt="A"></p>', base="http://news.example.com/w/3/"
    )
    assert 'src="http://news.example.com/media/a.png"' in html
