"""Two editors see each other in an issue, and one asks the other to hand it over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from briefings.models import OpenPage, TakeOver
from briefings.presence import HIDDEN_FOR, OPEN_FOR
from briefings.take_over import ANSWER_WITHIN, HANDED_OVER_FOR
from newsroom.duration_words import in_words
from tests.briefings.admin_client import staff_client
from tests.factories import make_issue

if TYPE_CHECKING:
    from briefings.models import Issue

pytestmark = pytest.mark.django_db


def beat(client: Client, issue: Issue, *, token: str = "", **act: Any) -> Any:
    page = {"token": token or f"page{client.session['_auth_user_id']:0>8}", "section": "", **act}
    url = reverse("admin:briefings_presence", args=[issue.pk])
    return client.post(url, page, content_type="application/json")


def rosa_and_imran() -> tuple[Client, Client]:
    return (
        staff_client("Editors", first_name="Rosa", last_name="Meyer"),
        staff_client("Editors", first_name="Imran", last_name="Sadiq"),
    )


def key_of(client: Client) -> int:
    return int(client.session["_auth_user_id"])


def move_back(model: Any, field: str, by: timedelta) -> None:
    """Let time pass: move a moment of every row into the past."""
    for row in model.objects.all():
        setattr(row, field, getattr(row, field) - by)
        row.save()


def test_each_sees_who_else_is_in_the_issue_and_where() -> None:
    issue = make_issue()
    rosa, imran = rosa_and_imran()

    assert beat(rosa, issue, section="12").json()["others"] == []

    (other,) = beat(imran, issue).json()["others"]
    assert other == {
        "pk": key_of(rosa),
        "name": "Rosa Meyer",
        "section": "12",
        "is_self": False,
    }
    assert beat(imran, make_issue()).json()["others"] == []


def test_ones_own_other_page_is_named_so() -> None:
    issue = make_issue()
    rosa, _ = rosa_and_imran()
    beat(rosa, issue, token="firstpage")

    (other,) = beat(rosa, issue, token="secondpage").json()["others"]

    assert other["is_self"]


@pytest.mark.parametrize(("hidden", "lasts"), [(False, OPEN_FOR), (True, HIDDEN_FOR)])
def test_somebody_who_says_nothing_any_more_is_gone(hidden: bool, lasts: timedelta) -> None:
    issue = make_issue()
    rosa, imran = rosa_and_imran()
    beat(rosa, issue, hidden=hidden)

    move_back(OpenPage, "expires_at", lasts - timedelta(seconds=15))
    assert len(beat(imran, issue).json()["others"]) == 1
    move_back(OpenPage, "expires_at", timedelta(seconds=15))
    assert beat(imran, issue).json()["others"] == []


def test_somebody_who_leaves_is_gone_at_once() -> None:
    issue = make_issue()
    rosa, imran = rosa_and_imran()
    beat(rosa, issue)

    beat(rosa, issue, leaves=True)

    assert beat(imran, issue).json()["others"] == []
    assert OpenPage.objects.count() == 1


def test_who_is_asked_hands_over_and_takes_it_back() -> None:
    issue = make_issue()
    rosa, imran = rosa_and_imran()
    beat(rosa, issue)

    asked = beat(imran, issue, asks=key_of(rosa)).json()
    assert (asked["own"]["outcome"], asked["own"]["name"]) == ("waiting", "Rosa Meyer")
    question = beat(rosa, issue).json()["question"]
    assert question["name"] == "Imran Sadiq"

    handed = beat(rosa, issue, answers=question["pk"], hands_over=True).json()
    assert handed["handed_to"]["name"] == "Imran Sadiq"
    assert handed["question"] is None
    assert beat(imran, issue).json()["own"]["outcome"] == "handed_over"
    # A page that is opened again knows it, too.
    assert beat(rosa, issue, token="anotherpage").json()["handed_to"]["name"] == "Imran Sadiq"

    assert beat(rosa, issue, takes_back=True).json()["handed_to"] is None
    assert beat(imran, issue).json()["own"]["outcome"] == "taken_back"


def test_who_is_asked_may_refuse() -> None:
    issue = make_issue()
    rosa, imran = rosa_and_imran()
    beat(rosa, issue)
    beat(imran, issue, asks=key_of(rosa))
    question = beat(rosa, issue).json()["question"]

    assert beat(rosa, issue, answers=question["pk"]).json()["handed_to"] is None

    assert beat(imran, issue).json()["own"]["outcome"] == "refused"


def test_without_an_answer_within_half_a_minute_the_page_says_so() -> None:
    issue = make_issue()
    rosa, imran = rosa_and_imran()
    beat(rosa, issue)
    beat(imran, issue, asks=key_of(rosa))
    question = beat(rosa, issue).json()["question"]

    move_back(TakeOver, "asked_at", ANSWER_WITHIN)

    assert beat(imran, issue).json()["own"]["outcome"] == "no_answer"
    late = beat(rosa, issue, answers=question["pk"], hands_over=True).json()
    assert (late["handed_to"], late["question"]) == (None, None)
    assert f"waits for {in_words(ANSWER_WITHIN)} only" in late["news"]


def test_an_issue_that_was_handed_over_is_free_again_the_next_day() -> None:
    issue = make_issue()
    rosa, imran = rosa_and_imran()
    beat(rosa, issue)
    beat(imran, issue, asks=key_of(rosa))
    beat(rosa, issue, answers=TakeOver.objects.get().pk, hands_over=True)

    move_back(TakeOver, "asked_at", HANDED_OVER_FOR)

    assert beat(rosa, issue).json()["handed_to"] is None


def test_only_the_one_who_is_asked_answers() -> None:
    issue = make_issue()
    rosa, imran = rosa_and_imran()
    beat(rosa, issue)
    beat(imran, issue, asks=key_of(rosa))

    beat(imran, issue, answers=TakeOver.objects.get().pk, hands_over=True)

    assert beat(imran, issue).json()["own"]["outcome"] == "waiting"


def test_nobody_asks_somebody_who_is_not_there_or_themselves_or_twice() -> None:
    issue = make_issue()
    rosa, imran = rosa_and_imran()
    assert "left the issue" in beat(imran, issue, asks=key_of(rosa)).json()["news"]
    beat(imran, issue, asks=key_of(imran))
    assert TakeOver.objects.count() == 0

    beat(rosa, issue)
    for _ in range(2):
        beat(imran, issue, asks=key_of(rosa))
    assert TakeOver.objects.count() == 1


def test_only_people_who_may_view_the_issue_are_told_who_is_in_it() -> None:
    issue = make_issue()
    url = reverse("admin:briefings_presence", args=[issue.pk])
    page = {"token": "abcdefgh"}
    nobody = staff_client()
    unknown = reverse("admin:briefings_presence", args=[issue.pk + 1])

    assert Client().post(url, page, content_type="application/json").status_code == 401
    assert nobody.post(url, page, content_type="application/json").status_code == 403
    assert nobody.get(url).status_code == 405
    editor = staff_client("Editors")
    assert editor.post(unknown, page, content_type="application/json").status_code == 403
    for broken in ("", "[]", "{", '{"token": "no"}', '{"token": 7, "section": null}'):
        assert editor.post(url, broken, content_type="application/json").status_code == 400
    assert OpenPage.objects.count() == 0
    assert User.objects.count() == 2
