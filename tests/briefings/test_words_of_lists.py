"""What the admin says after a save, in an empty list, and where Django has words of its own."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin as admin_site
from django.contrib.auth.models import Group, Permission, User
from django.contrib.messages import get_messages
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from briefings.models import Contributor
from newsroom.accounts.attempt_limits import BY_NETWORK
from newsroom.accounts.models import LogInAttempt, LogInOutcome
from tests.briefings.admin_client import (
    author_client,
    change_url,
    messages_of,
    open_issue,
    save,
    staff_client,
)
from tests.factories import make_briefing, make_contributor, make_issue

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("robin"))
    return client


def shown(client: Client, name: str, *keys: int) -> str:
    return client.get(reverse(f"admin:{name}", args=keys)).content.decode()


def test_a_save_and_a_deletion_are_said_in_few_words(admin: Client) -> None:
    added = admin.post(
        reverse("admin:briefings_contributor_add"),
        {"name": "Ada Okafor", "slug": "", "job_title": "", "bio": "", "sign_off": ""},
        follow=True,
    )
    assert messages_of(added) == "Saved."
    ada = Contributor.objects.get()
    url = reverse("admin:briefings_contributor_delete", args=[ada.pk])
    assert messages_of(admin.post(url, {"post": "yes"}, follow=True)) == "Deleted “Ada Okafor”."
    unknown = admin.get(reverse("admin:briefings_contributor_change", args=[999]), follow=True)
    assert messages_of(unknown) == "There is no contributor 999. Perhaps it was deleted."


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("subscribers_suppression_changelist", "There are no suppressions yet."),
        ("subscribers_signup_changelist", "There are no sign-ups yet."),
        ("briefings_issue_changelist", "There are no issues yet."),
    ],
)
def test_an_empty_list_has_a_sentence_of_its_own(admin: Client, name: str, sentence: str) -> None:
    assert sentence in shown(admin, name)


def test_filters_have_plain_words(admin: Client) -> None:
    page = shown(admin, "subscribers_signup_changelist")
    assert "Not confirmed" in page
    assert "Not empty" not in page
    assert "By confirmed" not in page


def test_a_wrong_password_is_refused_in_our_words() -> None:
    page = Client().post(reverse("admin:login"), {"username": "robin", "password": "wrong"})
    words = page.content.decode()
    assert "No account that can open the admin has this name and this password." in words
    assert "case-sensitive" not in words
    assert "credentials" not in words


def test_a_list_of_log_ins_has_one_name_on_all_its_pages(admin: Client) -> None:
    record = LogInAttempt.objects.create(username="robin", outcome=LogInOutcome.SUCCEEDED)
    page = shown(admin, "accounts_loginattempt_changelist")
    assert "<h1>Log-ins and failed log-ins</h1>" in page
    assert ">Log-ins and failed log-ins</a>" in shown(
        admin, "accounts_loginattempt_change", record.pk
    )


@pytest.mark.parametrize("outcome", LogInOutcome)
def test_a_record_of_a_log_in_has_a_plain_title_and_stays(
    admin: Client, outcome: LogInOutcome
) -> None:
    record = LogInAttempt.objects.create(username="robin", ip="192.0.2.7", outcome=outcome)
    title, name = "Log-in of robin, ", "accounts_loginattempt"

    for page in (shown(admin, f"{name}_change", record.pk), shown(admin, f"{name}_changelist")):
        assert "deletelink" not in page
        assert "Delete selected" not in page
        assert "ttempt" not in re.sub(r"<[^>]*>", "", page).replace("too many attempts", "")
        assert outcome.label in page
    page = shown(admin, f"{name}_change", record.pk)
    assert f"<h1>{title}" in page
    assert f"<title>{title}" in page
    assert " @ " not in page
    assert "+00:00" not in page
    assert ">None<" not in page
    assert 'type="submit" value="Save"' not in page
    delete = reverse(f"admin:{name}_delete", args=[record.pk])
    assert admin.post(delete, {"post": "yes"}).status_code == 403
    assert LogInAttempt.objects.filter(pk=record.pk).exists()


def test_somebody_who_is_locked_out_is_let_in_again(admin: Client) -> None:
    User.objects.create_user("ada", password="a ward of beds", is_staff=True)
    right = {"username": "ada", "password": "a ward of beds"}
    for _ in range(BY_NETWORK.failures):
        Client().post(reverse("admin:login"), {**right, "password": "wrong"})
    assert Client().post(reverse("admin:login"), right).status_code == 429

    url = reverse("admin:accounts_loginattempt_changelist")
    chosen = [attempt.pk for attempt in LogInAttempt.objects.all()[:1]]
    done = admin.post(url, {"action": "let_in_again", "_selected_action": chosen}, follow=True)

    assert messages_of(done) == "Done. They can log in again, with the right password."
    assert Client().post(reverse("admin:login"), right).status_code == 302


def test_a_group_is_changed_by_boxes_to_tick(admin: Client) -> None:
    group = Group.objects.create(name="Night shift")
    page = shown(admin, "auth_group_change", group.pk)
    assert "Can add" not in page
    kept = Permission.objects.get(content_type__app_label="briefings", codename="view_issue")
    url = reverse("admin:auth_group_change", args=[group.pk])
    admin.post(url, {"name": "Night shift", "permissions": [kept.pk]})
    assert list(group.permissions.all()) == [kept]


def test_permissions_are_named_as_the_lists_are(admin: Client) -> None:
    page = shown(admin, "auth_group_change", Group.objects.create(name="Night shift").pk)
    for words in ("View sign-ups", "Change issues", "View staff accounts", "Approve issues"):
        assert words in page
    assert "signup" not in page
    assert "View issue\n" not in page


def test_the_list_of_accounts_has_one_name_on_all_pages(admin: Client) -> None:
    robin = User.objects.get(username="robin")
    pages = [shown(admin, f"auth_user_{name}") for name in ("changelist", "add")]
    pages += [
        shown(admin, f"auth_user_{name}", robin.pk)
        for name in ("change", "password_change", "history")
    ]
    for page in (*pages, shown(admin, "index")):
        assert "Staff accounts" in page
        assert ">Accounts<" not in page
        assert "› Accounts" not in page


def test_a_briefing_that_one_may_only_read_says_yes_no_and_none() -> None:
    briefing = make_briefing(four_eyes=True)
    page = shown(staff_client("Reporters"), "briefings_briefing_change", briefing.pk)

    assert "/icon-" not in page
    assert re.search(r"Four eyes</span>\s*<div class=\"readonly\">Yes</div>", page)
    assert re.search(r"Retired</span>\s*<div class=\"readonly\">No</div>", page)
    assert re.search(r"Breaks</h2>[^§]{0,800}None\.", page)


def test_our_words_replace_only_the_message_of_the_deed(rf: RequestFactory) -> None:
    """Whatever else a request says is said."""
    request = rf.get("/")
    SessionMiddleware(lambda _: HttpResponse()).process_request(request)
    MessageMiddleware(lambda _: HttpResponse()).process_request(request)
    page = admin_site.site.get_model_admin(Contributor)
    make_contributor()

    page.delete_queryset(request, Contributor.objects.all())
    page.message_user(request, "Successfully deleted 1 contributor.")
    page.message_user(request, "Their portrait is kept.")

    said = [str(message) for message in get_messages(request)]
    assert said == ["Deleted 1.", "Their portrait is kept."]


def test_the_cursor_is_in_the_headline_of_a_new_issue_only(admin: Client) -> None:
    issue = make_issue()
    assert "autofocus" in _headline(shown(admin, "briefings_issue_add"))
    assert "autofocus" not in _headline(admin.get(change_url(issue)).content.decode())


def _headline(page: str) -> str:
    return page.split('<textarea name="title"')[1].split(">", maxsplit=1)[0]


def test_a_step_that_also_saves_says_one_thing() -> None:
    issue = make_issue()
    client = author_client(issue)
    page = save(client, issue, open_issue(client, issue), _step="submit", title="Other words")
    [message] = page.context["messages"]
    assert str(message).startswith("Submitted for review.")


def test_a_proof_is_sent_from_the_bar_of_the_preview() -> None:
    page = shown(staff_client("Editors"), "briefings_issue_preview", make_issue().pk)
    assert page.index("Send a proof to others") < page.index("<iframe")
