"""Items of a round-up that are entered as title, link, outlet and text."""

from __future__ import annotations

import pytest

from briefings.models import Issue, SectionKind, WorkingCopy
from briefings.roundup_items import RoundupItem, add_item
from tests.briefings.admin_client import open_issue, save, staff_client
from tests.briefings.rendering.sample_emails import render
from tests.factories import make_issue

ITEM = RoundupItem(
    title="A tender was <scrapped>",
    link="https://paper.example/beds?a=1&b=2",
    outlet="The Skarrow Echo",
    text="Nobody had bid",
)
LI = (
    '<li><strong><a href="https://paper.example/beds?a=1&amp;b=2">A tender was &lt;scrapped&gt;</a>'
    ".</strong> Nobody had bid. <em>The Skarrow Echo</em></li>"
)


@pytest.mark.parametrize(
    ("body", "result"),
    [
        ("", f"<ul>{LI}</ul>"),
        ("<p>This week:</p>", f"<p>This week:</p><ul>{LI}</ul>"),
        ("<ul><li>One</li></ul>", f"<ul><li>One</li>{LI}</ul>"),
        ("<ol><li>One</li></ol>", f"<ol><li>One</li>{LI}</ol>"),
        ("<ul><li>A</li></ul><p>B</p>", f"<ul><li>A</li>{LI}</ul><p>B</p>"),
        ("<ul><li>A</li></ul><ul><li>B</li></ul>", f"<ul><li>A</li></ul><ul><li>B</li>{LI}</ul>"),
        ("<ul><li>A<ul><li>B</li></ul></li></ul>", f"<ul><li>A<ul><li>B</li></ul></li>{LI}</ul>"),
        ("<ul><li></li></ul>", f"<ul>{LI}</ul>"),
        ("<ul><li>A &amp; B&nbsp;C</li></ul>", f"<ul><li>A &amp; B&nbsp;C</li>{LI}</ul>"),
    ],
)
def test_an_item_comes_at_the_end_of_the_last_list(body: str, result: str) -> None:
    assert add_item(body, ITEM) == result


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (RoundupItem(title="Who pays?"), "<strong>Who pays?</strong>"),
        (
            RoundupItem(link="www.paper.example/a"),
            '<strong><a href="https://www.paper.example/a">www.paper.example/a</a>.</strong>',
        ),
        (RoundupItem(title="Beds", link="not a link"), "<strong>Beds.</strong> (not a link)"),
        (RoundupItem(text="Only a text"), "<strong>Only a text.</strong>"),
        (RoundupItem(title="Beds", outlet="Echo"), "<strong>Beds.</strong> <em>Echo</em>"),
        (
            RoundupItem(title="Beds", link="javascript:alert(1)"),
            "<strong>Beds.</strong> (javascript:alert(1))",
        ),
    ],
)
def test_no_word_of_an_item_is_lost_whatever_is_missing(item: RoundupItem, words: str) -> None:
    assert add_item("", item) == f"<ul><li>{words}</li></ul>"


def roundup() -> Issue:
    return make_issue(sections=[(SectionKind.ROUNDUP, "In brief", "<ul><li>First</li></ul>")])


def entered(**changes: str) -> dict[str, str]:
    words = {
        "item_title": "A tender was <scrapped>",
        "item_link": "https://paper.example/beds?a=1&b=2",
        "item_outlet": " The  Skarrow Echo ",
        "item_text": "Nobody\r\nhad bid",
        **changes,
    }
    return {f"sections-0-{name}": value for name, value in words.items()}


@pytest.mark.django_db
def test_saving_adds_the_item_without_a_script_and_readers_get_it() -> None:
    issue = roundup()
    client = staff_client("Editors")

    save(client, issue, open_issue(client, issue), **entered())

    assert issue.sections.get().body == f"<ul><li>First</li>{LI}</ul>"
    assert "_section" not in open_issue(client, issue)
    assert open_issue(client, issue)["sections-0-item_title"] == ""
    email = render(issue)
    assert "• A tender was <scrapped>" in email.text
    assert "https://paper.example/beds?a=1&b=2" in email.text


@pytest.mark.django_db
def test_an_item_survives_a_form_that_is_refused() -> None:
    issue = roundup()
    client = staff_client("Editors")

    page = save(client, issue, open_issue(client, issue), title="", **entered())

    assert "A tender was &amp;lt;scrapped&amp;gt;" in page.content.decode()


@pytest.mark.django_db
def test_an_item_survives_that_somebody_else_saved_meanwhile() -> None:
    issue = roundup()
    one, other = staff_client("Editors"), staff_client("Editors")
    issue.keep_revision("saved", by=None)  # type: ignore[arg-type]
    mine, theirs = open_issue(one, issue), open_issue(other, issue)

    save(other, issue, theirs, title="Their headline")
    save(one, issue, mine, **entered())

    issue.refresh_from_db()
    assert issue.title == "Their headline"
    assert LI in issue.sections.get().body


@pytest.mark.django_db
def test_what_is_typed_into_the_small_form_is_kept_before_it_is_added() -> None:
    issue = roundup()
    client = staff_client("Editors")
    section = {
        "id": str(issue.sections.get().pk),
        "kind": "roundup",
        "heading": "In brief",
        "body": "<ul><li>First</li></ul>",
        "item_title": "Half a titl",
        "removed": False,
    }
    words = {
        "token": "aaaaaaaa0001",
        "sequence": 1,
        "issue": issue.pk,
        "version": "1",
        "seen": "",
        "fields": {},
        "sections": [section],
    }

    client.post("/admin/briefings/issue/autosave/", words, content_type="application/json")

    assert WorkingCopy.objects.get().content["sections"] == [section]
    page = client.get(f"/admin/briefings/issue/{issue.pk}/change/").content.decode()
    assert "Half a titl" in page
