"""Administrators give roles on the page of an account or of a briefing; the log records it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from briefings.models import Briefing, Membership, Role
from newsroom.models import AuditLogEntry
from tests.briefings.admin_client import make_member, make_staff, read_form
from tests.factories import make_briefing

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def save_account(by: User, account: User, **changes: Any) -> str:
    """Save an account's page with changes, and return the page that follows."""
    url = reverse("admin:auth_user_change", args=[account.pk])
    client = client_of(by)
    form: dict[str, Any] = read_form(client.get(url), "user_form")
    form |= {"is_active": "on", "is_staff": "on"}
    client.post(url, {**form, **changes})
    return client.get(url).content.decode()


def log_of(account: User) -> list[tuple[str, dict[str, str]]]:
    entries = AuditLogEntry.objects.on(account)
    return [(entry.verb, entry.detail) for entry in entries]


def test_a_role_in_one_briefing_is_given_on_the_page_of_the_account() -> None:
    briefing, account = make_briefing(title="The Ward Round"), make_staff(username="ina")
    chief = make_member(Role.ADMINISTRATOR, of=None)

    page = save_account(
        chief,
        account,
        **{
            "memberships-TOTAL_FORMS": "1",
            "memberships-0-role": "editor",
            "memberships-0-briefing": str(briefing.pk),
        },
    )

    [role] = account.memberships.all()
    assert (role.role, role.briefing) == (Role.EDITOR, briefing)
    expected = {"role": "Editor", "briefing": "The Ward Round"}
    assert log_of(account) == [("was given a role", expected)]
    assert "gave the user a role: Editor in The Ward Round" in page


def test_a_group_is_a_role_in_all_briefings_and_logged_like_one() -> None:
    account = make_staff()
    publishers = Group.objects.get(name="Publishers")

    save_account(make_member(Role.ADMINISTRATOR, of=None), account, groups=[str(publishers.pk)])

    assert list(account.groups.all()) == [publishers]
    expected = {"role": "Publishers", "briefing": "all briefings"}
    assert log_of(account) == [("was given a role", expected)]


def test_an_administrator_cannot_make_themselves_a_superuser() -> None:
    chief = make_member(Role.ADMINISTRATOR, of=None)

    save_account(chief, chief, is_superuser="on")

    chief.refresh_from_db()
    assert not chief.is_superuser


def save_briefing(by: User, briefing: Briefing, **changes: str) -> None:
    url = reverse("admin:briefings_briefing_change", args=[briefing.pk])
    client = client_of(by)
    form = read_form(client.get(url), "briefing_form")
    client.post(url, {**form, "accent": briefing.accent, **changes})


@pytest.mark.parametrize(("role", "may"), [(Role.ADMINISTRATOR, True), (Role.EDITOR, False)])
def test_only_administrators_give_roles_and_demand_four_eyes_on_a_briefings_page(
    role: Role, *, may: bool
) -> None:
    briefing, account = make_briefing(), make_staff()
    changes = {
        "title": "Renamed",
        "four_eyes": "on",
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "0",
        "memberships-0-user": str(account.pk),
        "memberships-0-role": "reporter",
    }
    by = make_member(role, of=briefing)
    if role == Role.ADMINISTRATOR:  # the page lists their own role already
        changes["memberships-TOTAL_FORMS"] = "2"
        changes["memberships-INITIAL_FORMS"] = "1"
        changes["memberships-1-user"] = changes.pop("memberships-0-user")
        changes["memberships-1-role"] = changes.pop("memberships-0-role")

    save_briefing(by, briefing, **changes)

    briefing.refresh_from_db()
    assert briefing.title == "Renamed"
    assert briefing.four_eyes == may
    assert account.memberships.exists() == may


def test_the_same_role_is_given_once() -> None:
    account = make_staff()
    Membership.objects.create(user=account, role=Role.EDITOR)
    briefing = make_briefing()
    Membership.objects.create(user=account, role=Role.EDITOR, briefing=briefing)

    for twice in (None, briefing):
        again = Membership(user=account, role=Role.EDITOR, briefing=twice)
        with pytest.raises(Exception, match="has this role in"):
            again.validate_constraints()
