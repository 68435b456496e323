"""The public pages: home, a briefing, an issue, a contributor."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from briefings.images import store_image
from briefings.models import Comment, CommentState, SectionKind
from newsroom.html_tree import Element, parse
from tests.factories import (
    make_briefing,
    make_comment,
    make_contributor,
    make_correction,
    make_issue,
    make_published_issue,
    make_scheduled_issue,
)

pytestmark = pytest.mark.django_db


def words_of(html: str) -> str:
    """Return the text of a page without its tags."""
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", html).split()))


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return str(response.content.decode())


# --- home


def test_home_starts_with_the_newest_issue_and_lists_each_briefing_with_its_latest(
    client: Client,
) -> None:
    ward, council = make_briefing(title="The Ward Round"), make_briefing(title="Council & mayor")
    now = timezone.now()
    make_published_issue(briefing=ward, title="An older one", at=now - timedelta(days=8))
    make_published_issue(briefing=ward, title="The newest of all", at=now)
    make_published_issue(briefing=council, title="Seats", at=now - timedelta(days=1))
    make_scheduled_issue(briefing=council, title="Not out yet")
    html = page(client, "/")
    assert '<h2 id="lead" dir="auto"><a href="/' in html
    said = words_of(html)
    assert said.index("The newest of all") < said.index("Council & mayor", 200)
    assert said.count("The newest of all") == 1
    for title in ("An older one", "Seats", "The Ward Round"):
        assert title in said
    assert "Not out yet" not in said


def test_home_without_briefings_says_so(client: Client) -> None:
    assert "There are no briefings yet" in page(client, "/")


def test_a_briefing_without_issues_says_so(client: Client) -> None:
    briefing = make_briefing()
    assert "There are no issues yet." in page(client, "/")
    assert "There are no issues yet." in page(client, briefing.get_absolute_url())


def test_a_retired_briefing_can_be_read_but_takes_no_sign_ups(client: Client) -> None:
    briefing = make_briefing(title="The Old Round", retired=True)
    issue = make_published_issue(briefing=briefing, title="The last one")
    assert "Briefings that have ended" in page(client, "/")
    for path in (briefing.get_absolute_url(), issue.get_absolute_url()):
        html = page(client, path)
        assert "The last one" in html
        assert "/subscribe/" + briefing.slug not in html


def test_home_makes_a_fixed_number_of_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        briefing = make_briefing()
        for week in range(6):
            at = timezone.now() - timedelta(weeks=week)
            make_published_issue(briefing=briefing, author=make_contributor(), at=at)
    with django_assert_num_queries(3):  # one of them for a picture beside the newest issue
        page(client, "/")


def test_home_shows_the_first_large_picture_of_the_newest_issue(
    client: Client, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    names = {}
    for kind, size in {"logo": (90, 90), "tower": (300, 800), "bridge": (640, 320)}.items():
        file = io.BytesIO()
        Image.new("RGB", size, "teal").save(file, "PNG")
        upload = SimpleUploadedFile(f"{kind}.png", file.getvalue())
        names[kind] = store_image(upload, folder="issues").url
    body = "".join(f'<p><img src="{url}" alt="A {kind}"></p>' for kind, url in names.items())
    make_published_issue(sections=[(SectionKind.FEATURE, "Bridges", body)])
    html = page(client, "/")
    assert names["bridge"] in html
    assert names["logo"] not in html
    assert names["tower"] not in html
    assert 'fetchpriority="high"' in html


def test_home_takes_sign_ups_for_one_briefing_or_for_several(client: Client) -> None:
    ward = make_briefing(title="The Ward Round")
    make_briefing(title="An old one", slug="old", retired=True)
    assert f'action="/subscribe/{ward.slug}/"' in page(client, "/")
    council = make_briefing(title="Council & mayor")
    form = next(parse(page(client, "/")).find("form"))
    ticks = [box for box in form.find("input") if box.attributes.get("name") == "briefings"]
    assert {box.attributes["value"] for box in ticks} == {ward.slug, council.slug}
    assert not any("checked" in box.attributes for box in ticks)  # consent is given, not taken


def test_the_box_for_signing_up_asks_for_an_address_and_for_nothing_else(client: Client) -> None:
    html = page(client, make_published_issue().get_absolute_url())
    form = html[html.index('<form class="signup"') :].partition("</form>")[0]
    assert re.findall(r'type="(?!hidden)(\w+)"', form) == ["email"]
    assert 'name="name"' not in form


def test_a_page_that_is_not_there_offers_the_search(client: Client) -> None:
    html = client.get("/no-such-briefing/").content.decode()
    assert 'action="/search/"' in html
    assert 'name="q"' in html


# --- a briefing


def test_a_briefing_lists_its_archive_by_year_in_its_own_time_zone(client: Client) -> None:
    briefing = make_briefing(title="Night Shift", time_zone="Europe/London")
    # Half an hour before midnight UTC in summer time is the next day in London.
    for title, at in {
        "A new year in London": datetime(2026, 1, 1, 0, 30, tzinfo=UTC),
        "The last of the year": datetime(2025, 12, 31, 23, 30, tzinfo=UTC),
        "Past midnight": datetime(2025, 7, 3, 23, 30, tzinfo=UTC),
        "Latest": datetime(2026, 2, 5, 7, tzinfo=UTC),
    }.items():
        make_published_issue(briefing=briefing, title=title, at=at)
    said = words_of(page(client, briefing.get_absolute_url()))
    assert "Latest · Issue 4 · 5 February 2026" in said
    assert "2026 1 January A new year in London" in said
    assert "2025 31 December The last of the year" in said
    assert "4 July Past midnight" in said


def test_a_long_archive_is_shown_by_year(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("briefings.issue_archive.NEWEST_SHOWN", 2)
    briefing = make_briefing(time_zone="America/New_York")
    for title, at in {
        "First": datetime(2024, 1, 1, 4, 30, tzinfo=UTC),  # in New York it is 2023
        "Second": datetime(2024, 6, 6, tzinfo=UTC),
        "Third": datetime(2025, 6, 5, tzinfo=UTC),
        "Fourth": datetime(2025, 6, 12, tzinfo=UTC),
    }.items():
        assert "Issues by year" not in page(client, briefing.get_absolute_url())
        make_published_issue(briefing=briefing, title=title, at=at)
    path = briefing.get_absolute_url()
    html = page(client, path)
    assert re.findall(rf'href="{path}\?year=(\d+)"', html) == ["2025", "2024", "2023"]
    assert "Second" in html
    assert "First" not in html
    old = words_of(page(client, f"{path}?year=2023"))
    assert "All issues of 2023" in old
    assert "First" in old
    assert "Second" not in old
    for year in ("1999", "0000", "9999", "x", "²²²²", "20245"):
        assert client.get(f"{path}?year={year}").headers["Cache-Control"] == "no-store", year
        assert "Fourth" in page(client, f"{path}?year={year}")


def test_a_briefing_shows_its_slot_a_sign_up_form_and_its_feed(client: Client) -> None:
    briefing = make_briefing(title="The Ward Round", time_zone="America/New_York", accent="plum")
    html = page(client, briefing.get_absolute_url())
    assert "Every Thursday at 07:00 (New York time)" in words_of(html)
    assert f'action="/subscribe/{briefing.slug}/"' in html
    assert (
        f'type="application/atom+xml" title="The Ward Round" href="/{briefing.slug}/feed/"' in html
    )
    assert '<body class="accent-plum">' in html


def test_a_long_archive_makes_no_more_queries_than_a_short_one(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    briefing = make_briefing()
    for week in range(8):
        at = timezone.now() - timedelta(weeks=week)
        make_published_issue(briefing=briefing, author=make_contributor(), at=at)
    with django_assert_num_queries(4):  # two of them for when the next issue comes
        page(client, briefing.get_absolute_url())


# --- an issue


def test_an_issue_shows_its_author_date_and_reading_time(client: Client) -> None:
    author = make_contributor(
        name="Zofia Łukasiewicz", job_title="Reporter", contact="z@example.com"
    )
    issue = make_published_issue(
        title="Who pays for the empty beds?",
        author=author,
        at=datetime(2026, 4, 14, 6, tzinfo=UTC),
        sections=[(SectionKind.FEATURE, "Beds", f"<p>{'word ' * 700}</p>")],
    )
    html = page(client, issue.get_absolute_url())
    said = words_of(html)
    assert f"Issue {issue.number} · 14 April 2026 · 4 minutes to read" in said
    assert "Zofia Łukasiewicz Reporter Contact Zofia Łukasiewicz" in said
    assert f'href="{author.get_absolute_url()}?issue={issue.pk}#contact"' in html
    assert '<h1 dir="auto">Who pays for the empty beds?</h1>' in html
    assert '<span class="face" aria-hidden="true">ZŁ</span>' in html


def test_each_section_has_an_anchor_and_a_place_in_the_contents(client: Client) -> None:
    issue = make_published_issue()
    html = page(client, issue.get_absolute_url())
    for section in issue.sections.all():
        assert f'id="{section.anchor}"' in html
        assert f'<a href="#{section.anchor}">{section.heading}</a>' in html


@pytest.mark.parametrize(("headings", "folds"), [(4, False), (5, True)])
def test_a_long_list_of_contents_can_be_folded(client: Client, headings: int, folds: bool) -> None:
    sections = [(SectionKind.FEATURE, f"Part {number}", "<p>x</p>") for number in range(headings)]
    issue = make_published_issue(sections=sections)
    html = page(client, issue.get_absolute_url())
    contents = html[html.index('class="contents"') : html.index('class="prose"')]
    assert ("<details>" in contents) == folds
    assert contents.count("<li ") == headings


def test_each_kind_of_section_has_its_own_markup(client: Client) -> None:
    quote = "<blockquote><p>Procurement is not commissioning.</p><p>— A director</p></blockquote>"
    issue = make_published_issue(
        sections=[
            (SectionKind.FEATURE, "Beds", "<p>Beds.</p>"),
            (SectionKind.ROUNDUP, "The week", "<ul><li>A tender went. <em>Desk</em></li></ul>"),
            (SectionKind.FEEDBACK, "You said", quote),
            (SectionKind.NOTE, "", "<p>I am away next week.</p>"),
        ]
    )
    html = page(client, issue.get_absolute_url())
    for kind in ("feature", "roundup", "feedback", "note bare"):
        assert f'<section class="{kind}"' in html
    assert '<span class="src">Desk</span>' in html
    assert '<p class="said-by">— A director</p>' in html


def test_a_first_section_headed_like_the_issue_has_no_second_heading(client: Client) -> None:
    issue = make_published_issue(
        title="Providers hold hands",
        sections=[
            (SectionKind.FEATURE, "Providers hold hands ", "<p>They do.</p><h3>Where</h3>"),
            (SectionKind.NOTE, "Next week", "<p>More.</p>"),
        ],
    )
    html = page(client, issue.get_absolute_url())
    headings = re.findall(r"<(h[1-4])[^>]*>([^<]+)</", html)
    assert [tag for tag, words in headings if words.strip() == "Providers hold hands"] == ["h1"]
    assert ("h2", "Where") in headings  # it moves up, so that no level is skipped


def test_an_issue_links_to_the_previous_and_the_next_one(client: Client) -> None:
    briefing = make_briefing()
    first, second, third = (
        make_published_issue(briefing=briefing, title=title) for title in ("One", "Two", "Three")
    )
    make_scheduled_issue(briefing=briefing, title="Four")
    html = page(client, second.get_absolute_url())
    assert f'href="{first.get_absolute_url()}" rel="prev"' in html
    assert f'href="{third.get_absolute_url()}" rel="next"' in html
    assert 'rel="next"' not in page(client, third.get_absolute_url())


def test_an_issue_can_be_shared_by_plain_links(client: Client) -> None:
    issue = make_published_issue(title="Council & mayor: who’s first?")
    html = page(client, issue.get_absolute_url())
    address = f"http://news.example.com{issue.get_absolute_url()}"
    quoted = address.replace(":", "%3A").replace("/", "%2F")
    assert (
        'href="mailto:?subject=Council%20%26%20mayor%3A%20who%E2%80%99s%20first%3F&amp;body='
        in html
    )
    assert f"share-offsite/?url={quoted}" in html
    assert f"%3F%20{quoted.replace('%2F', '/')}" in html.replace("%2F", "/")
    assert f'<a href="{address}" data-copy>Copy link</a>' in html


def test_an_issue_has_metadata(client: Client) -> None:
    issue = make_published_issue(title='Beds & "boards"', strapline="Who <signed>?")
    html = page(client, issue.get_absolute_url())
    address = f"http://news.example.com{issue.get_absolute_url()}"
    assert '<html lang="en-GB" dir="ltr">' in html
    assert f'<link rel="canonical" href="{address}">' in html
    assert '<meta name="description" content="Who &lt;signed&gt;?">' in html
    assert '<meta property="og:title" content="Beds &amp; &quot;boards&quot;">' in html


def test_what_holds_up_the_first_words_is_fetched_first(client: Client) -> None:
    picture = '<p><img src="/media/beds.jpg" alt="Beds"></p>'
    sections = [(SectionKind.FEATURE, "Beds", picture), (SectionKind.NOTE, "Next", picture)]
    html = page(client, make_published_issue(sections=sections).get_absolute_url())
    assert html.index("css/pages.css") < html.index("newsreader-latin-wght-normal")
    assert [one for one in re.findall(r"<script [^>]*src=[^>]*>", html) if "defer" not in one] == [
        '<script src="/static/js/comment-draft.js" type="module" fetchpriority="low">'
    ]
    assert html.count('loading="lazy"') == 1


@pytest.mark.parametrize("words", ["who-pays", "comments-on-beds", "1"])
def test_a_longer_address_redirects_to_the_permanent_one(client: Client, words: str) -> None:
    issue = make_published_issue()
    response = client.get(f"{issue.get_absolute_url()}{words}/")
    assert response.status_code == 301
    assert response["Location"] == issue.get_absolute_url()


def test_nobody_reads_an_issue_before_it_is_published(client: Client) -> None:
    for issue in (make_issue(), make_scheduled_issue()):
        for path in ("", "comments/", "some-words/"):
            assert client.get(issue.get_absolute_url() + path).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/nobody/", "/nobody/1/", "/nobody/feed/", f"/nobody/{10**30}/", "/contributors/nobody/"],
)
def test_an_unknown_address_says_so(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "Page not found" in response.content.decode()


def test_an_issues_page_makes_four_queries_however_many_comments(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    briefing = make_briefing()
    issue = [make_published_issue(briefing=briefing) for _ in range(3)][1]
    section = issue.sections.first()
    for _ in range(4):
        thread = make_comment(on=issue, section=section)
        make_comment(on=issue, parent=thread, contributor=briefing.lead)
    path = issue.get_absolute_url()
    with django_assert_num_queries(4):
        page(client, path)


# --- a contributor


def test_a_contributors_page_lists_their_issues(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    author = make_contributor(name="Rosa Meyer", bio="Rosa reads board papers.", job_title="Editor")
    for title in ("One", "Two"):
        make_published_issue(
            briefing=make_briefing(title=f"Of {title}"), author=author, title=title
        )
    make_scheduled_issue(author=author, title="Not yet")
    with django_assert_num_queries(5):
        said = words_of(page(client, author.get_absolute_url()))
    for words in ("Rosa reads board papers.", "Editor", "Of One", "One", "Two"):
        assert words in said
    assert "Not yet" not in said


def test_a_contributor_who_wrote_a_lot_has_pages(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("briefings.contributor_views.PER_PAGE", 2)
    author = make_contributor(name="Rosa Meyer")
    briefing, now = make_briefing(), timezone.now()
    for week in range(5):
        at = now - timedelta(weeks=week)
        make_published_issue(briefing=briefing, author=author, title=f"Week {week}", at=at)
    path = author.get_absolute_url()
    shown = {}
    for number in (1, 2, 3):
        html = page(client, f"{path}?page={number}" if number > 1 else path)
        shown[number] = re.findall(r"Week \d", words_of(html.partition('id="contact"')[0]))
        assert f"Page {number} of 3" in words_of(html)
        assert (
            f'rel="canonical" href="http://news.example.com{path}'
            + (f'?page={number}"' if number > 1 else '"')
            in html
        )
        assert 'id="contact"' in html
    assert shown == {1: ["Week 0", "Week 1"], 2: ["Week 2", "Week 3"], 3: ["Week 4"]}
    for query in ("?page=1", "?page=9", "?page=x", "?page=02"):
        assert client.get(path + query).headers["Cache-Control"] == "no-store", query


# --- for all of them


def test_no_page_has_an_inline_style_or_script(client: Client) -> None:
    issue = make_published_issue(
        sections=[(SectionKind.FEATURE, "Beds", '<p style="text-align:center">Middle</p>')]
    )
    make_comment(on=issue, body='<script>alert("x")</script>\n\njavascript:alert(1)')
    for path in ("/", issue.briefing.get_absolute_url(), issue.get_absolute_url()):
        html = page(client, path)
        assert not re.search(r"<[^>]+\s(style|on\w+)=", html), path
        # What search engines read is data, not a script.
        assert not re.search(r'<script(?![^>]*\ssrc=)(?! type="application/ld\+json">)', html), path
        assert "<style" not in html


def test_every_date_is_machine_readable(client: Client) -> None:
    issue = make_published_issue(at=datetime(2026, 7, 2, 6, 0, 1, 654_321, tzinfo=UTC))
    make_published_issue(briefing=issue.briefing, at=timezone.now())
    for path in ("/", issue.briefing.get_absolute_url(), issue.get_absolute_url()):
        html = page(client, path)
        dates = re.findall(r'datetime="([^"]+)"', html)
        assert "2026-07-02T07:00:01+0100" in dates, path
        # HTML takes milliseconds at most, so none are written.
        assert all(re.fullmatch(r"[\d-]{10}T[\d:]{8}[+-]\d{4}", date) for date in dates), dates


# --- scripts that are written from right to left

ARABIC = "المستشفى"


def test_words_from_right_to_left_have_their_own_direction(client: Client) -> None:
    author = make_contributor(name=ARABIC, job_title=ARABIC, bio=ARABIC, slug="author")
    briefing = make_briefing(
        title=ARABIC, strapline=ARABIC, description=ARABIC, slug="ward", lead=author
    )
    body = f"<p>{ARABIC}</p><p>English</p><ul><li>{ARABIC}</li></ul><h3>{ARABIC} 12</h3>"
    for _ in range(3):
        issue = make_published_issue(
            briefing=briefing,
            author=author,
            title=ARABIC,
            strapline=ARABIC,
            sections=[(SectionKind.FEATURE, ARABIC, body), (SectionKind.NOTE, ARABIC, body)],
        )
    issue = briefing.issues.get(number=2)
    make_comment(on=issue, name=ARABIC, body=ARABIC, section=issue.sections.first())
    paths = ["/", issue.get_absolute_url(), "/ward/", author.get_absolute_url(), "/subscribe/ward/"]
    for path in paths:
        main = page(client, path).partition("<main")[2].partition("</main>")[0]
        # The wording that people agree to is one sentence of ours, and recorded as it stands.
        assert [one for one in undirected(parse(main)) if "wording" not in one] == [], path
    assert "<p>English</p>" in page(client, issue.get_absolute_url())


def undirected(element: Element) -> list[str]:
    """Return the elements with Arabic text whose direction depends on the words around it."""
    if element.tag in {"bdi", "option"} or "dir" in element.attributes:
        return []
    words = "".join(child for child in element.children if isinstance(child, str))
    own = [f"{element.tag} {element.classes}"] if ARABIC in words else []
    return own + [found for child in element.elements for found in undirected(child)]


@pytest.mark.parametrize("comments", [0, 3, 120])
def test_an_issue_takes_five_queries_at_most(
    client: Client,
    comments: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    briefing = make_briefing()
    issues = [make_published_issue(briefing=briefing, title=f"Number {one}") for one in "123"]
    thread = make_comment(on=issues[1])
    make_comment(on=issues[1], parent=thread)
    Comment.objects.bulk_create(
        Comment(
            issue=issues[1],
            body="Our ward too.",
            state=CommentState.APPROVED,
            confirmed_at=timezone.now(),
        )
        for _ in range(comments)
    )
    if comments == 3:
        make_correction(issues[1])
    path = issues[1].get_absolute_url()
    with django_assert_max_num_queries(5):
        html = page(client, path)
    assert words_of(html).index("Number 1") < words_of(html).index("Next issue")
    assert f"{comments + 2} comments" in html
