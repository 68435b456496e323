"""The link dialog finds earlier issues by headline, briefing and number."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from briefings.admin.link_search import MAX_RESULTS
from tests.briefings.admin_client import staff_client
from tests.factories import make_briefing, make_issue, make_published_issue

pytestmark = pytest.mark.django_db


def search(client: Client, words: str) -> list[str]:
    answer: Any = client.get(reverse("admin:briefings_link_search"), {"q": words}).json()
    return [result["title"] for result in answer["results"]]


def test_issues_are_found_by_headline_briefing_and_number() -> None:
    rail = make_briefing(title="Rail & road")
    first = make_published_issue(briefing=rail, title="The old timetable", number=12)
    bus = make_briefing(title="Buses")  # a made-up title has a number that may be searched for
    make_published_issue(briefing=bus, title="The new timetable", number=3)
    client = staff_client("Reporters")

    assert search(client, "TIMETABLE") == ["The new timetable", "The old timetable"]
    assert search(client, "rail timetable") == ["The old timetable"]
    assert search(client, "12") == search(client, "#12 rail") == ["The old timetable"]
    assert search(client, "no such words") == []
    answer: Any = client.get(reverse("admin:briefings_link_search"), {"q": "12"}).json()
    (result,) = answer["results"]
    assert result["url"] == first.get_absolute_url()
    assert result["from"].startswith("Rail & road 12, ")


def test_drafts_are_not_found_since_readers_could_not_open_them() -> None:
    make_issue(title="A secret draft")

    assert search(staff_client("Publishers", "Editors"), "secret") == []


@pytest.mark.parametrize("words", ["", "%", "_", "\\", "9" * 50, "١٢", "a" * 5000, "\0", "' OR 1"])
def test_no_query_is_an_error_or_returns_more_than_a_page(words: str) -> None:
    briefing = make_briefing()
    for number in range(1, MAX_RESULTS + 3):
        make_published_issue(briefing=briefing, title=f"Issue of week {number}", number=number)

    found = search(staff_client("Editors"), words)

    assert len(found) == (MAX_RESULTS if not words.strip("\0") else 0)


def test_only_those_who_write_may_search() -> None:
    url = reverse("admin:briefings_link_search")

    assert Client().get(url).status_code == 302
    assert staff_client("Moderators").get(url).status_code == 403
    assert staff_client("Editors").post(url).status_code == 405
