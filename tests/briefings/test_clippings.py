"""The clippings tray: links kept during the week, and put into the round-up by one click."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from briefings.clippings import (
    FoundLink,
    canonical_address,
    clippings_address,
    keep_clipping,
    read_links,
)
from briefings.document_import import read_document, save_as_draft
from briefings.models import Briefing, Clipping, Issue, Membership, SectionKind
from briefings.models.membership import Role
from tests.briefings.admin_client import (
    change_url,
    messages_of,
    open_issue,
    read_form,
    save,
    staff_client,
)
from tests.factories import make_briefing, make_issue, make_published_issue


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("https://Paper.Example/Beds?utm_source=x&utm_medium=y", "https://paper.example/Beds"),
        ("http://paper.example:80", "http://paper.example/"),
        ("https://paper.example:8443/a", "https://paper.example:8443/a"),
        ("www.paper.example/a?id=4&fbclid=abc#part", "https://www.paper.example/a?id=4#part"),
        ("https://paper.example/a?q=a+b&q=c%20d", "https://paper.example/a?q=a+b&q=c%20d"),
        ("https://paper.example/Größe", "https://paper.example/Gr%C3%B6%C3%9Fe"),
        ("https://paper.example/Gr%C3%B6%C3%9Fe", "https://paper.example/Gr%C3%B6%C3%9Fe"),
        ("https://paper.example/a#:~:text=beds", "https://paper.example/a"),
        (
            f"https://paper.example/a?{'q=1&' * 220}utm_source=x",
            f"https://paper.example/a?{'&'.join(['q=1'] * 220)}",
        ),
        ("javascript:alert(1)", ""),
        ("mailto:ada@paper.example", ""),
        ("https://", ""),
        ("https://localhost/x", ""),
        ("https://[::1", ""),
        ("https://paper.example/" + "a" * 2000, ""),
        ("", ""),
    ],
)
def test_two_links_to_one_page_have_one_address(written: str, canonical: str) -> None:
    assert canonical_address(written) == canonical
    assert canonical_address(canonical) == canonical


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("https://a.example/1", [("https://a.example/1", "", "")]),
        ("Beds closed: https://a.example/1", [("https://a.example/1", "Beds closed", "")]),
        ("https://a.example/1 – Beds closed", [("https://a.example/1", "Beds closed", "")]),
        ("Beds closed\nhttps://a.example/1", [("https://a.example/1", "Beds closed", "")]),
        (
            "Beds closed\r\nhttps://a.example/1\r\nNobody asked.\r\n\r\nWards\r\nhttps://b.example",
            [
                ("https://a.example/1", "Beds closed", "Nobody asked."),
                ("https://b.example/", "Wards", ""),
            ],
        ),
        (
            "One\nhttps://a.example/1\nTwo\nhttps://b.example/2",
            [("https://a.example/1", "One", ""), ("https://b.example/2", "Two", "")],
        ),
        (
            "https://a.example/1 https://b.example/2",
            [("https://a.example/1", "", ""), ("https://b.example/2", "", "")],
        ),
        ("- [Beds (214)](https://a.example/1)", [("https://a.example/1", "Beds (214)", "")]),
        (
            "See https://a.example/wiki/Bed_(hospital).",
            [("https://a.example/wiki/Bed_(hospital)", "See", "")],
        ),
        (
            "https://a.example/1?utm_source=a\nhttps://a.example/1?utm_source=b",
            [("https://a.example/1", "", "")],
        ),
        ("<https://a.example/1>", [("https://a.example/1", "", "")]),
        ("Nothing here\nat all", []),
        ("", []),
    ],
)
def test_pasted_lines_are_read_with_their_words(
    lines: str, found: list[tuple[str, str, str]]
) -> None:
    assert [(link.url, link.title, link.text) for link in read_links(lines)] == found


def keep(briefing: Briefing, url: str = "https://paper.example/beds", **words: str) -> Clipping:
    link = FoundLink(url=url, **words)
    return keep_clipping(briefing, link, by=None, at=timezone.now())[0]


def in_tray(briefing: Briefing) -> list[str]:
    return [clipping.url for clipping in Clipping.objects.in_tray_of(briefing)]


pytestmark = pytest.mark.django_db


def test_links_are_pasted_on_the_trays_page_and_doubles_joined() -> None:
    briefing = make_briefing()
    client = staff_client("Reporters")
    url = reverse("admin:briefings_clippings", args=[briefing.pk])
    lines = "Beds closed\nhttps://paper.example/beds?utm_source=mail\n\nhttps://echo.example/w"

    first = client.post(url, {"lines": lines}, follow=True)
    again = client.post(url, {"lines": "https://paper.example/beds More words"}, follow=True)

    assert "Added 2 links." in messages_of(first)
    assert "Nothing was added" in messages_of(again)
    assert sorted(in_tray(briefing)) == ["https://echo.example/w", "https://paper.example/beds"]
    clipping = Clipping.objects.get(url="https://paper.example/beds")
    assert (clipping.title, clipping.outlet) == ("Beds closed", "paper.example")
    assert clipping.added_by is not None
    assert "Beds closed" in again.content.decode()


def test_lines_without_a_link_are_refused_and_stay_in_the_field() -> None:
    client = staff_client("Reporters")
    url = reverse("admin:briefings_clippings", args=[make_briefing().pk])

    page = client.post(url, {"lines": "No link in these words"})

    assert "There is no link" in page.content.decode()
    assert "No link in these words" in page.content.decode()


def test_the_bookmarklet_opens_a_filled_form_that_saves_only_on_post() -> None:
    briefing = make_briefing()
    client = staff_client("Reporters")
    tray = client.get(reverse("admin:briefings_clippings", args=[briefing.pk])).content.decode()
    add = reverse("admin:briefings_clipping_add")
    given = {
        "briefing": str(briefing.pk),
        "url": "https://paper.example/beds?utm_campaign=x",
        "title": "Beds <closed>",
        "text": "“Nobody asked.”",
    }

    page = client.get(add, given)

    assert f"{add}?briefing={briefing.pk}" in tray.partition("javascript:")[2].partition('"')[0]
    assert not Clipping.objects.exists()
    form = read_form(page, "clipping_form")
    assert form["url"] == "https://paper.example/beds"
    assert form["title"] == "Beds <closed>"
    done = client.post(add, {**form, "briefing": str(briefing.pk)}, follow=True)
    assert "Kept for" in done.content.decode()
    assert in_tray(briefing) == ["https://paper.example/beds"]
    refused = client.post(add, {**form, "url": "nonsense", "title": "My words"})
    assert "not the address of a web page" in refused.content.decode()
    assert "My words" in refused.content.decode()


def test_nobody_uses_the_tray_of_a_briefing_that_they_do_not_write_for() -> None:
    mine, other = make_briefing(), make_briefing()
    client = staff_client()
    user = User.objects.get(pk=int(client.session["_auth_user_id"]))
    Membership.objects.create(user=user, briefing=mine, role=Role.REPORTER)
    clipping = keep(other)
    tray = "admin:briefings_clippings"
    change = {"lines": "https://a.example/1"}

    assert client.get(reverse(tray, args=[mine.pk])).status_code == 200
    assert client.get(reverse(tray, args=[other.pk])).status_code == 404
    assert client.post(reverse(tray, args=[other.pk]), change).status_code == 404
    for act in ("remove", "restore"):
        url = reverse(f"admin:briefings_clipping_{act}", args=[clipping.pk])
        assert client.post(url).status_code == 404
    add = reverse("admin:briefings_clipping_add")
    page = client.post(add, {"briefing": other.pk, "url": "https://a.example/1"})
    assert page.status_code == 200
    assert in_tray(other) == [clipping.url]
    assert staff_client("Moderators").get(reverse(tray, args=[mine.pk])).status_code == 404


def test_removing_a_link_can_be_undone_and_get_changes_nothing() -> None:
    briefing = make_briefing()
    clipping = keep(briefing)
    client = staff_client("Editors")
    remove = reverse("admin:briefings_clipping_remove", args=[clipping.pk])
    restore = reverse("admin:briefings_clipping_restore", args=[clipping.pk])

    assert client.get(remove).status_code == 405
    page = client.post(remove, follow=True).content.decode()
    assert in_tray(briefing) == []
    assert restore in page
    client.post(restore)
    assert in_tray(briefing) == [clipping.url]
    assert client.post(remove, headers={"X-Fragment": "1"}).status_code == 204


def roundup_of(briefing: Briefing) -> Issue:
    return make_issue(
        briefing=briefing,
        sections=[
            (SectionKind.FEATURE, "Beds", "<p>The county has 214 beds.</p>"),
            (SectionKind.ROUNDUP, "In brief", "<ul><li>First</li></ul>"),
        ],
    )


def test_one_click_puts_a_link_into_the_round_up_without_a_script_and_ticks_it_off() -> None:
    issue = roundup_of(make_briefing())
    clipping = keep(issue.briefing, title="Beds closed", outlet="Echo", text="Nobody asked")
    client = staff_client("Editors")
    page = client.get(change_url(issue)).content.decode()
    assert "Beds closed" in page

    save(client, issue, open_issue(client, issue), title="New headline", _clip=str(clipping.pk))

    issue.refresh_from_db()
    clipping.refresh_from_db()
    assert issue.title == "New headline"
    body = issue.sections.get(kind=SectionKind.ROUNDUP).body
    assert body.startswith("<ul><li>First</li><li><strong>")
    assert f'<a href="{clipping.url}">Beds closed</a>' in body
    assert body.endswith("Nobody asked. <em>Echo</em></li></ul>")
    assert clipping.used_in == issue
    assert in_tray(issue.briefing) == []


def test_a_round_up_is_added_where_there_is_none() -> None:
    issue = make_issue(sections=[(SectionKind.NOTE, "", "<p>Away.</p>")])
    clipping = keep(issue.briefing)
    client = staff_client("Editors")

    save(client, issue, open_issue(client, issue), _clip=str(clipping.pk))

    kinds = list(issue.sections.values_list("kind", flat=True))
    assert kinds == [SectionKind.NOTE, SectionKind.ROUNDUP]


def test_a_clipping_of_another_briefing_is_not_put_in() -> None:
    issue = roundup_of(make_briefing())
    clipping = keep(make_briefing())
    client = staff_client("Editors")

    save(client, issue, open_issue(client, issue), _clip=str(clipping.pk))

    assert clipping.url not in issue.sections.get(kind=SectionKind.ROUNDUP).body


def test_what_is_taken_out_of_the_text_is_in_the_tray_again() -> None:
    issue = roundup_of(make_briefing())
    clipping = keep(issue.briefing)
    client = staff_client("Editors")
    link = f'<ul><li><a href="{clipping.url}?utm_source=typed">Beds</a></li></ul>'

    save(client, issue, open_issue(client, issue), **{"sections-1-body": link})
    clipping.refresh_from_db()
    assert clipping.used_in == issue

    save(client, issue, open_issue(client, issue), **{"sections-1-body": "<p>Gone</p>"})
    clipping.refresh_from_db()
    assert clipping.used_in is None


def test_a_link_in_an_imported_document_is_used() -> None:
    briefing = make_briefing()
    clipping = keep(briefing)
    text = f"# Wards\n\nMore about [the beds]({clipping.url}) on Thursday, at the council.\n"

    issue = save_as_draft(
        read_document(text.encode(), name="a.md"), briefing=briefing, at=timezone.now()
    )

    clipping.refresh_from_db()
    assert clipping.used_in == issue


def test_a_link_that_a_published_issue_used_comes_back_only_if_somebody_keeps_it_again() -> None:
    issue = make_published_issue()
    clipping = keep(issue.briefing)
    Clipping.objects.filter(pk=clipping.pk).update(used_in=issue)
    link = FoundLink(url=clipping.url)

    again = keep_clipping(issue.briefing, link, by=None, at=timezone.now(), may_revive=False)
    assert again == (clipping, False)
    assert in_tray(issue.briefing) == []
    assert keep_clipping(issue.briefing, link, by=None, at=timezone.now())[1]
    assert in_tray(issue.briefing) == [clipping.url]


def test_links_that_are_kept_again_get_the_words_that_they_lack() -> None:
    briefing = make_briefing()
    keep(briefing, title="Mine")

    clipping = keep(briefing, title="Theirs", text="And a text")

    assert (clipping.title, clipping.text) == ("Mine", "And a text")


def test_the_page_says_where_to_send_links(settings: Any) -> None:
    briefing = make_briefing()
    client = staff_client("Editors")
    url = reverse("admin:briefings_clippings", args=[briefing.pk])
    settings.REPLY_ADDRESS = ""
    assert "takes no links by email" in client.get(url).content.decode()

    settings.REPLY_ADDRESS = "replies@news.example.com"
    address = clippings_address(briefing)
    assert address.startswith("replies+")
    assert address in client.get(url).content.decode()


def test_the_tray_of_a_long_week_is_asked_for_at_once(django_assert_max_num_queries: Any) -> None:
    briefing = make_briefing()
    client = staff_client("Editors")
    url = reverse("admin:briefings_clippings", args=[briefing.pk])
    for number in range(40):
        link = FoundLink(url=f"https://paper.example/{number}")
        user = User.objects.first()
        keep_clipping(briefing, link, by=user, at=timezone.now() - timedelta(hours=number))

    client.get(url)
    with django_assert_max_num_queries(20):
        client.get(url)
