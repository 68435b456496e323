"""What a person types is kept on the server until it is saved, in whatever order it arrives."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from briefings.admin.page_owner import HEADER
from briefings.models import Issue, IssueState, OpenPage, WorkingCopy
from briefings.working_copies import MAX_COPIES, Kept, keep_words, newest_copy, settle
from newsroom.models import AuditLogEntry
from tests.briefings.admin_client import (
    change_url,
    make_staff,
    open_issue,
    read_form,
    save,
    staff_client,
)
from tests.factories import make_issue, make_scheduled_issue

if TYPE_CHECKING:
    from tests.briefings.admin_client import Page

pytestmark = pytest.mark.django_db
TOKEN = "0123456789abcdef"


def page_of(issue: Issue | None, title: str, *, token: str = TOKEN, sequence: int = 1) -> Any:
    """Return what the script of a page sends."""
    return {
        "token": token,
        "sequence": sequence,
        "issue": issue.pk if issue else None,
        "version": "1",
        "seen": "",
        "fields": {"title": title},
        "sections": [
            {"id": "", "kind": "note", "heading": "Beds", "body": "<p>x</p>", "removed": False}
        ],
    }


def autosave(client: Client, page: Any) -> Any:
    return client.post(reverse("admin:briefings_autosave"), page, content_type="application/json")


def user_of(client: Client) -> User:
    return User.objects.get(pk=client.session["_auth_user_id"])


def words_of(page: Page) -> str:
    return page.content.decode()


def titles(user: User, issue: Issue | None) -> str:
    copy = newest_copy(user, issue)
    return copy.content["fields"]["title"] if copy else ""


def test_words_are_offered_to_the_same_person_on_another_computer() -> None:
    issue = make_issue()
    rosa, imran = staff_client("Editors", username="rosa"), staff_client("Editors")

    assert autosave(rosa, page_of(issue, "Beds nobody counted")).json()["result"] == "kept"

    elsewhere = Client()
    elsewhere.force_login(User.objects.get(username="rosa"))
    assert "Beds nobody counted" in words_of(elsewhere.get(change_url(issue)))
    assert "Beds nobody counted" not in words_of(imran.get(change_url(issue)))
    assert "Beds nobody counted" not in words_of(elsewhere.get(change_url(make_issue())))


def test_words_of_an_issue_that_was_never_saved_are_offered_on_the_page_for_a_new_one() -> None:
    rosa = staff_client("Editors")
    autosave(rosa, page_of(None, "Never saved"))

    assert "Never saved" in words_of(rosa.get(reverse("admin:briefings_issue_add")))


def test_an_autosave_changes_nothing_that_others_see() -> None:
    issue = make_scheduled_issue()
    before = Issue.objects.values().get(pk=issue.pk)
    entries = AuditLogEntry.objects.count()

    autosave(staff_client("Editors"), page_of(issue, "Something else"))

    assert Issue.objects.values().get(pk=issue.pk) == before
    assert before["state"] == IssueState.SCHEDULED
    assert AuditLogEntry.objects.count() == entries


@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
def test_the_newest_words_stay_whatever_order_requests_arrive_in(order: tuple[int, ...]) -> None:
    issue, rosa = make_issue(), staff_client("Editors")

    for sequence in order:
        answer = autosave(rosa, page_of(issue, f"Words {sequence}", sequence=sequence)).json()
        assert answer["sequence"] == max(order[: order.index(sequence) + 1])

    assert titles(user_of(rosa), issue) == "Words 3"


def test_two_pages_of_one_person_keep_their_words_apart() -> None:
    issue, rosa = make_issue(), staff_client("Editors")
    autosave(rosa, page_of(issue, "First tab", token="firsttab", sequence=9))
    autosave(rosa, page_of(issue, "Second tab", token="secondtab", sequence=1))

    assert WorkingCopy.objects.filter(issue=issue).count() == 2
    assert titles(user_of(rosa), issue) == "Second tab"
    settle(user=user_of(rosa), tokens=["secondtab"])
    assert titles(user_of(rosa), issue) == "First tab"


def test_saving_forgets_the_words_and_a_late_request_does_not_bring_them_back() -> None:
    issue, rosa = make_issue(), staff_client("Editors")
    form = open_issue(rosa, issue) | {"draft_token": TOKEN, "title": "Saved"}
    autosave(rosa, page_of(issue, "Saved", sequence=1))

    rosa.post(change_url(issue), form)
    late = autosave(rosa, page_of(issue, "Saved", sequence=2)).json()

    assert late["result"] == Kept.SETTLED
    assert newest_copy(user_of(rosa), issue) is None
    assert WorkingCopy.objects.get().content == {}


def test_the_first_autosave_may_arrive_after_the_save() -> None:
    issue, rosa = make_issue(), staff_client("Editors")
    rosa.post(change_url(issue), open_issue(rosa, issue) | {"draft_token": TOKEN, "title": "Saved"})

    assert autosave(rosa, page_of(issue, "Saved")).json()["result"] == Kept.SETTLED
    assert newest_copy(user_of(rosa), issue) is None


def test_a_refused_save_forgets_nothing() -> None:
    issue, rosa = make_issue(), staff_client("Editors")
    autosave(rosa, page_of(issue, ""))

    refused = save(rosa, issue, open_issue(rosa, issue), draft_token=TOKEN, title="")

    assert read_form(refused)["draft_token"] == TOKEN
    assert newest_copy(user_of(rosa), issue) is not None


def test_restored_words_stay_where_they_come_from_until_they_are_saved() -> None:
    issue, rosa = make_issue(), staff_client("Editors")
    autosave(rosa, page_of(issue, "Typed at home", token="athome12"))
    autosave(rosa, page_of(issue, "Typed at home, and on", token="atwork12", sequence=2))
    assert WorkingCopy.objects.filter(is_settled=False).count() == 2

    form = open_issue(rosa, issue) | {"draft_token": "atwork12 athome12", "title": "Typed"}
    saved = rosa.post(change_url(issue), form)

    assert saved.cookies["saved_draft"].value == "atwork12.athome12"
    assert newest_copy(user_of(rosa), issue) is None


def draft(client: Client, issue: Issue | None, title: str, *, token: str, over: str = "") -> int:
    """Keep words in a page that restored others; return their sequence number."""
    page = page_of(issue, title, token=token, sequence=len(title))
    return int(autosave(client, page | {"taken_over": over.split()}).json()["sequence"])


@pytest.mark.parametrize("way", ["save", "discard"])
def test_a_chain_of_restores_ends_with_one_save_or_discard(way: str) -> None:
    issue, rosa = make_issue(), staff_client("Editors")
    form = open_issue(rosa, issue)
    home = draft(rosa, issue, "At home", token="athome12")
    train = draft(rosa, issue, "At home, by train", token="bytrain1", over=f"athome12:{home}")

    # The third page names only the one that it restored.
    if way == "save":
        drafts = f"atwork12 bytrain1:{train}"
        rosa.post(change_url(issue), form | {"draft_token": drafts, "title": "By train"})
    else:
        autosave(rosa, {"settle": [f"bytrain1:{train}"]})

    assert newest_copy(user_of(rosa), issue) is None
    assert "unsaved-words" not in words_of(rosa.get(change_url(issue)))


def test_words_typed_after_they_were_restored_elsewhere_are_not_settled_with_the_others() -> None:
    issue, rosa = make_issue(), staff_client("Editors")
    home = draft(rosa, issue, "At home", token="athome12")
    draft(rosa, issue, "At work", token="atwork12", over=f"athome12:{home}")
    draft(rosa, issue, "At home, and on", token="athome12")

    autosave(rosa, {"settle": ["atwork12"]})

    assert titles(user_of(rosa), issue) == "At home, and on"


def test_words_that_two_pages_restored_are_settled_with_both() -> None:
    issue, rosa = make_issue(), staff_client("Editors")
    early = draft(rosa, issue, "At home", token="athome12")
    late = draft(rosa, issue, "At home, and on", token="athome12")
    draft(rosa, issue, "At work", token="atwork12", over=f"athome12:{late}")
    draft(rosa, issue, "By train", token="bytrain1", over=f"athome12:{early}")

    autosave(rosa, {"settle": ["atwork12", "bytrain1"]})

    assert newest_copy(user_of(rosa), issue) is None


def test_a_copy_that_another_one_contains_is_not_offered() -> None:
    issue, rosa = make_issue(), staff_client("Editors")
    home = draft(rosa, issue, "At home", token="athome12")
    draft(rosa, issue, "At work, too", token="atwork12", over=f"athome12:{home}")
    WorkingCopy.objects.filter(token="atwork12").update(updated_at=timezone.now() - timedelta(1))

    assert titles(user_of(rosa), issue) == "At work, too"
    draft(rosa, issue, "At home, and more", token="athome12")
    assert titles(user_of(rosa), issue) == "At home, and more"


def test_a_page_learns_which_of_the_drafts_in_its_browser_are_settled() -> None:
    issue, rosa, imran = make_issue(), staff_client("Editors"), staff_client("Editors")
    saved = draft(rosa, issue, "Saved", token="saved123")
    draft(rosa, issue, "Still typing", token="typing12")
    autosave(rosa, {"settle": ["saved123"]})
    asked = {"draft": ["saved123", "typing12", "unknown1", "no token", "nul\0nul12"]}

    answer = rosa.get(reverse("admin:briefings_autosave"), asked).json()

    assert answer["settled"] == {"saved123": saved}
    assert imran.get(reverse("admin:briefings_autosave"), asked).json()["settled"] == {}


def test_words_outlive_the_issue_they_were_typed_into() -> None:
    issue, rosa = make_issue(), staff_client("Editors")
    autosave(rosa, page_of(issue, "An hour of typing"))

    issue.discard(by=None)

    assert titles(user_of(rosa), None) == "An hour of typing"
    assert autosave(rosa, page_of(issue, "And more", sequence=2)).status_code == 200
    assert titles(user_of(rosa), None) == "And more"


def test_nobody_reads_or_settles_another_persons_words() -> None:
    issue = make_issue()
    rosa, imran = staff_client("Editors"), staff_client("Editors")
    autosave(rosa, page_of(issue, "Rosa’s"))

    autosave(imran, page_of(issue, "Imran’s", sequence=99))
    autosave(imran, {"settle": [TOKEN]})

    assert titles(user_of(rosa), issue) == "Rosa’s"
    assert titles(user_of(imran), issue) == ""


def test_words_of_a_page_are_not_kept_for_somebody_who_logged_in_in_another_tab() -> None:
    issue = make_issue()
    rosa, ina = staff_client("Editors"), staff_client("Editors")
    shown_to_rosa = {HEADER: str(user_of(rosa).pk)}
    address = reverse("admin:briefings_autosave")
    presence = reverse("admin:briefings_presence", args=[issue.pk])

    for answer in (
        ina.post(
            address,
            page_of(issue, "Rosa's"),
            content_type="application/json",
            headers=shown_to_rosa,
        ),
        ina.get(address, headers=shown_to_rosa),
        ina.post(
            presence, {"token": TOKEN}, content_type="application/json", headers=shown_to_rosa
        ),
    ):
        assert answer.status_code == 401
    assert not WorkingCopy.objects.exists()
    assert not OpenPage.objects.exists()

    answer = rosa.post(
        address, page_of(issue, "Rosa's"), content_type="application/json", headers=shown_to_rosa
    )
    assert answer.status_code == 200


def test_only_people_who_may_write_issues_are_let_in() -> None:
    url = reverse("admin:briefings_autosave")
    outsider = Client()
    outsider.force_login(User.objects.create(username="reader"))

    assert Client().post(url, "{}", content_type="application/json").status_code == 401
    assert outsider.post(url, "{}", content_type="application/json").status_code == 401
    viewer = staff_client(may=("view_issue",))
    assert viewer.post(url, "{}", content_type="application/json").status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(make_staff("Editors"))
    assert autosave(strict, page_of(None, "Forged")).status_code == 403
    token = strict.get(url).json()["csrf"]
    sent = strict.post(
        url, page_of(None, "Mine"), content_type="application/json", headers={"X-CSRFToken": token}
    )
    assert sent.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 200_000,
        json.dumps(page_of(None, "x") | {"token": "a; b"}).encode(),
        json.dumps(page_of(None, "x") | {"sequence": "1"}).encode(),
        json.dumps(page_of(None, "x") | {"sequence": 2**70}).encode(),
        json.dumps(page_of(None, "x") | {"issue": "1 OR 1=1"}).encode(),
        json.dumps(page_of(None, "x") | {"fields": []}).encode(),
        json.dumps(page_of(None, "x") | {"sections": [1]}).encode(),
        json.dumps({"settle": 1}).encode(),
    ],
    ids=lambda body: body[:30].decode(),
)
def test_a_request_that_is_no_autosave_is_refused_with_a_sentence(body: bytes) -> None:
    answer = autosave(staff_client("Editors"), body)

    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")
    assert not WorkingCopy.objects.exists()


def test_characters_that_a_database_refuses_are_replaced() -> None:
    rosa = staff_client("Editors")

    autosave(rosa, page_of(None, "A\x00 bed \ud83d"))

    assert titles(user_of(rosa), None) == "A bed ?"


def test_one_person_keeps_a_limited_number_of_copies() -> None:
    rosa = make_staff("Editors")
    content = {"fields": {"title": "x"}, "sections": []}
    for number in range(MAX_COPIES + 5):
        keep_words(user=rosa, token=f"page{number:08}", sequence=1, issue=None, content=content)

    assert WorkingCopy.objects.count() == MAX_COPIES
    assert not WorkingCopy.objects.filter(token="page00000000").exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_newest_of_many_requests_at_once_stays() -> None:
    rosa, issue = make_staff("Editors"), make_issue()
    for turn in range(10):
        start = threading.Barrier(6)

        def send(sequence: int, turn: int = turn, start: threading.Barrier = start) -> None:
            start.wait()
            keep_words(
                user=rosa,
                token=f"turn{turn:08}",
                sequence=sequence,
                issue=issue,
                content={"fields": {"title": str(sequence)}},
            )
            connections.close_all()

        threads = [threading.Thread(target=send, args=[number]) for number in range(1, 7)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        stored = WorkingCopy.objects.get(token=f"turn{turn:08}")
        assert (stored.sequence, stored.content["fields"]["title"]) == (6, "6")
