"""Pages about accounts, passwords and deleting, in our own words."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from briefings.models import Role
from tests.briefings.admin_client import make_member, make_staff, staff_client
from tests.factories import make_briefing, make_issue

pytestmark = pytest.mark.django_db
PASSWORD = "a ward without any beds"


@pytest.fixture
def admin() -> Client:
    client = staff_client()
    client.force_login(User.objects.create_superuser("robin", password=PASSWORD))
    return client


def shown(client: Client, name: str, *keys: int) -> str:
    return client.get(reverse(f"admin:{name}", args=keys)).content.decode()


def test_the_list_of_accounts_names_their_roles(admin: Client) -> None:
    briefing = make_briefing(title="The Ward Round")
    make_member(Role.REPORTER, of=briefing, email="ada@example.com")
    make_staff("Editors", email="ina@example.com", is_active=False)

    page = shown(admin, "auth_user_changelist")

    assert "Reporter, The Ward Round" in page
    assert "Editors" in page
    assert "Superuser" in page
    assert "icon-no" not in page


def test_the_page_of_an_account_shows_no_hash(admin: Client) -> None:
    account = make_staff("Editors", email="ina@example.com", first_name="Ina", last_name="Okafor")

    page = shown(admin, "auth_user_change", account.pk)

    assert "<h1>Ina Okafor</h1>" in page
    assert "algorithm" not in page
    assert reverse("admin:auth_user_password_change", args=[account.pk]) in page


def test_an_administrator_makes_an_account_and_sets_its_password(admin: Client) -> None:
    words = {"username": "ada", "password1": PASSWORD, "password2": PASSWORD}
    admin.post(reverse("admin:auth_user_add"), words)
    account = User.objects.get(username="ada")
    assert account.check_password(PASSWORD)

    address = reverse("admin:auth_user_password_change", args=[account.pk])
    empty = admin.post(address, {"password1": "", "password2": ""})
    assert "This field is required." in empty.content.decode()
    admin.post(address, {"password1": "another of no use", "password2": "another of no use"})

    account.refresh_from_db()
    assert account.check_password("another of no use")


def test_the_page_for_a_new_password_quotes_the_link_of_the_log_in_page(admin: Client) -> None:
    [quoted] = re.findall(
        "“(.*?)”", shown(admin, "auth_user_password_change", User.objects.get(username="robin").pk)
    )

    assert f">{quoted}</a>" in shown(Client(), "login")


def test_people_change_their_own_password(admin: Client) -> None:
    address = reverse("admin:password_change")
    assert "for security" not in admin.get(address).content.decode().lower()
    words = {
        "old_password": "wrong",
        "new_password1": "no beds at all",
        "new_password2": "no beds at all",
    }
    assert "errorlist" in admin.post(address, words).content.decode()

    answer = admin.post(address, words | {"old_password": PASSWORD}, follow=True)

    assert "Your password is changed" in answer.content.decode()
    assert User.objects.get(username="robin").check_password("no beds at all")


def test_deleting_asks_in_plain_words(admin: Client) -> None:
    issue = make_issue(title="Beds nobody counted")

    page = shown(admin, "briefings_issue_delete", issue.pk)

    assert "Delete this issue?" in page
    assert "Sections: " in page
    assert "Yes, I" not in page
    admin.post(reverse("admin:briefings_issue_delete", args=[issue.pk]), {"post": "yes"})
    assert not type(issue).objects.filter(pk=issue.pk).exists()
