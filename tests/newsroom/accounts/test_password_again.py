"""The password again before sending, exporting, erasing and giving roles; no word is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from briefings.models import Issue, IssueState, Membership, Role
from newsroom.accounts.models import LogInAttempt, LogInOutcome
from newsroom.accounts.password_again import CONFIRMED, FIELD
from newsroom.accounts.second_factor import make_recovery_codes
from subscribers.models import Dispatch, Subscriber
from tests.briefings.admin_client import open_issue, read_form
from tests.factories import (
    make_briefing,
    make_correction,
    make_dispatch,
    make_issue,
    make_reader,
    make_scheduled_issue,
)

pytestmark = pytest.mark.django_db
PASSWORD = "a long password"


@pytest.fixture
def ada() -> User:
    return User.objects.create_superuser("ada", "ada@news.example.com", PASSWORD)


@pytest.fixture
def client(ada: User) -> Client:
    """Return a client whose password was entered 16 minutes ago."""
    client = Client()
    client.force_login(ada)
    wait_a_while(client)
    return client


def wait_a_while(client: Client) -> None:
    session = client.session
    session[CONFIRMED] = timezone.now().timestamp() - 16 * 60
    session.save()


def make_approved_issue() -> Issue:
    issue = make_issue()
    issue.submit(by=None)
    issue.approve(by=None)
    return issue


def hidden_values(page: Any) -> dict[str, str]:
    """Return what the page that asks for the password sends again."""
    found = re.findall(
        r'<textarea hidden name="([^"]*)">\n(.*?)</textarea>', page.content.decode(), re.DOTALL
    )
    return dict(found)


def test_an_export_asks_first_and_then_gives_the_file(client: Client) -> None:
    make_reader(of=make_briefing())
    url = reverse("admin:subscribers_export")
    words = {"status": "active", "briefing": "", "columns": "address"}
    asked = client.post(url, words)
    assert asked.status_code == 403
    assert 'type="password"' in asked.content.decode()
    assert f'action="{url}"' in asked.content.decode()
    assert hidden_values(asked) == words
    wrong = client.post(url, {**words, FIELD: "a guess"})
    assert wrong.status_code == 422
    assert "That is not your password" in wrong.content.decode()
    assert hidden_values(wrong) == words
    done = client.post(url, {**words, FIELD: PASSWORD})
    assert done.status_code == 200
    assert done["Content-Type"].startswith("text/csv")
    assert client.post(url, words)["Content-Type"].startswith("text/csv")
    wait_a_while(client)
    assert client.post(url, words).status_code == 403


def test_words_of_an_issue_come_through_unchanged(client: Client) -> None:
    issue = make_approved_issue()
    form = open_issue(client, issue)
    title = 'A title with “quotes”, <tags> & "more"'
    sent = {**form, "title": title, "_off_clock": form["from_version"], "_step": "schedule"}
    url = reverse("admin:briefings_issue_change", args=[issue.pk])
    asked = client.post(url, sent)
    assert asked.status_code == 403
    issue.refresh_from_db()
    assert issue.title != title
    import html

    again = {name: html.unescape(value) for name, value in hidden_values(asked).items()}
    assert again.keys() == sent.keys() - {"csrfmiddlewaretoken"}
    client.post(url, {**again, FIELD: PASSWORD})
    issue.refresh_from_db()
    assert issue.title == title


def sensitive_acts(issue: Issue) -> list[tuple[str, str, dict[str, Any]]]:
    """Return addresses and forms of what cannot be taken back."""
    scheduled = make_scheduled_issue()
    dispatch = make_dispatch(issue=scheduled)
    reader = make_reader(of=scheduled.briefing).subscriber
    return [
        ("send", reverse("admin:subscribers_dispatch_send", args=[issue.pk]), {}),
        (
            "step",
            reverse("admin:briefings_issue_step", args=[issue.pk]),
            {"_step": "schedule"},
        ),
        (
            "resume",
            reverse("admin:subscribers_dispatch_action", args=[dispatch.pk]),
            {"action": "resume"},
        ),
        ("retry", reverse("admin:subscribers_dispatch_retry", args=[dispatch.pk]), {"all": "1"}),
        (
            "correction",
            reverse(
                "admin:subscribers_dispatch_send_correction", args=[make_correction(scheduled).pk]
            ),
            {},
        ),
        ("erase", reverse("admin:subscribers_subscriber_erase", args=[reader.pk]), {}),
        (
            "release",
            reverse("admin:subscribers_helditem_changelist"),
            {"decision": "release", "name": "x"},
        ),
        ("own codes", reverse("admin:auth_group_add"), {"name": "Night shift"}),
    ]


def test_each_act_that_cannot_be_taken_back_asks_first(client: Client) -> None:
    issue = make_approved_issue()
    for name, url, words in sensitive_acts(issue):
        assert client.post(url, words).status_code == 403, name
    issue.refresh_from_db()
    assert issue.state == IssueState.APPROVED
    assert not Dispatch.objects.filter(issue=issue).exists()
    assert Subscriber.objects.exists()
    assert not Group.objects.filter(name="Night shift").exists()


def test_a_download_asks_first_and_then_goes_on(client: Client) -> None:
    dispatch = make_dispatch(issue=make_scheduled_issue())
    url = reverse("admin:subscribers_dispatch_deliveries_csv", args=[dispatch.pk]) + "?state=sent"
    asked = client.get(url)
    assert asked.status_code == 403
    assert 'action="/admin/account/confirm/"' in asked.content.decode()
    done = client.post("/admin/account/confirm/", {"next": url, FIELD: PASSWORD})
    assert done["Location"] == url
    assert client.get(url).status_code == 200


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", ""])
def test_it_leads_to_no_other_site(client: Client, target: str) -> None:
    done = client.post("/admin/account/confirm/", {"next": target, FIELD: PASSWORD})
    assert done["Location"] == "/admin/account/"


def test_a_role_in_a_briefing_is_given_with_the_password(client: Client, ada: User) -> None:
    briefing = make_briefing()
    url = reverse("admin:briefings_briefing_change", args=[briefing.pk])
    form = read_form(client.get(url), "briefing_form") | {"accent": briefing.accent}
    unchanged = client.post(url, form)
    assert unchanged.status_code != 403
    place = int(form["memberships-TOTAL_FORMS"])
    more = {
        "memberships-TOTAL_FORMS": str(place + 1),
        f"memberships-{place}-user": str(ada.pk),
        f"memberships-{place}-role": Role.EDITOR.value,
        f"memberships-{place}-briefing": str(briefing.pk),
        f"memberships-{place}-id": "",
    }
    assert client.post(url, form | more).status_code == 403
    assert not Membership.objects.exists()
    client.post(url, {**form, **more, FIELD: PASSWORD})
    assert Membership.objects.get().role == Role.EDITOR


def test_an_account_is_changed_with_the_password(client: Client) -> None:
    bob = User.objects.create_user("bob", password=PASSWORD, is_staff=True)
    url = reverse("admin:auth_user_password_change", args=[bob.pk])
    words = {"password1": "correct horse battery", "password2": "correct horse battery"}
    assert client.post(url, words).status_code == 403
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)
    assert client.post(url, {**words, FIELD: PASSWORD}).status_code == 302
    bob.refresh_from_db()
    assert bob.check_password("correct horse battery")


def test_wrong_passwords_are_limited_here_too(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = timezone.now()
    monkeypatch.setattr("newsroom.accounts.password_again.timezone.now", lambda: moment)
    words = {"next": "/admin/", FIELD: "a guess"}
    codes = [client.post("/admin/account/confirm/", words).status_code for _ in range(9)]
    assert codes == [422] * 8 + [429]
    assert client.post("/admin/account/confirm/", {FIELD: PASSWORD}).status_code == 429
    failures = LogInAttempt.objects.filter(outcome=LogInOutcome.WRONG_PASSWORD)
    assert failures.count() == 8


def test_who_has_no_password_enters_a_code(client: Client, ada: User) -> None:
    ada.set_unusable_password()
    ada.save()
    client.force_login(ada)
    TOTPDevice.objects.create(user=ada, key="ff" * 20, confirmed=True)
    wait_a_while(client)
    [code, *_] = make_recovery_codes(ada)
    url = reverse("admin:subscribers_export")
    words = {"status": "active"}
    assert "Code" in client.post(url, words).content.decode()
    assert client.post(url, {**words, FIELD: "wrong"}).status_code == 422
    assert client.post(url, {**words, FIELD: code}).status_code == 200


def test_the_view_never_sees_the_password(client: Client) -> None:
    answer = client.post("/admin/account/sessions/", {"session": "x", FIELD: PASSWORD})
    assert FIELD not in answer.wsgi_request.POST


def test_nobody_is_asked_within_fifteen_minutes_of_the_log_in(ada: User) -> None:
    client = Client()
    client.post("/admin/login/", {"username": "ada", "password": PASSWORD})
    words = {"status": "active"}
    assert client.post(reverse("admin:subscribers_export"), words).status_code == 200
