"""A new colleague is invited by email, and chooses a password."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from newsroom.accounts.invitations import invitation_link
from newsroom.models import AuditLogEntry, OutgoingEmail

pytestmark = pytest.mark.django_db
NEW = "correct horse battery"


@pytest.fixture
def admin() -> Client:
    client = Client()
    chief = User.objects.create_superuser("chief", first_name="Cleo", last_name="Marsh")
    client.force_login(chief)
    return client


def add_bob(admin: Client, **more: str) -> Any:
    words = {"username": "bob", "first_name": "Bob", "email": "bob@news.example.com"}
    return admin.post("/admin/auth/user/add/", {**words, **more}, follow=True)


def link() -> str:
    email = OutgoingEmail.objects.filter(name="invitation").latest("pk")
    found = re.search(
        r"http://news\.example\.com(/admin/password-reset/invitation/\S+)", email.text
    )
    assert found
    return found[1]


def choose(where: str, password: str = NEW) -> Any:
    client = Client()
    form = client.get(where, follow=True)
    if not form.redirect_chain:
        return form
    words = {"new_password1": password, "new_password2": password}
    return client.post(form.redirect_chain[-1][0], words, follow=True)


def test_a_new_account_is_invited(admin: Client) -> None:
    page = add_bob(admin)
    assert "We have emailed an invitation to bob@news.example.com." in page.content.decode()
    bob = User.objects.get(username="bob")
    assert bob.is_staff
    assert not bob.has_usable_password()
    email = OutgoingEmail.objects.get()
    assert email.to == "bob@news.example.com"
    assert "Cleo Marsh has made an account" in email.text
    assert "7 days" in email.text
    assert AuditLogEntry.objects.filter(verb="invited", subject_id=str(bob.pk)).exists()
    assert "Your new password is set" in choose(link()).content.decode()
    words = {"username": "bob", "password": NEW}
    assert Client().post("/admin/login/", words).status_code == 302
    assert "This link does not work" in choose(link()).content.decode()


def test_a_weak_password_is_refused(admin: Client) -> None:
    add_bob(admin)
    assert "too short" in choose(link(), "bob").content.decode()
    assert not User.objects.get(username="bob").has_usable_password()


def test_a_new_invitation_ends_the_former_one(admin: Client) -> None:
    add_bob(admin)
    former = link()
    bob = User.objects.get(username="bob")
    page = admin.get(f"/admin/auth/user/{bob.pk}/change/").content.decode()
    assert "Email an invitation again" in page
    admin.post(f"/admin/auth/user/{bob.pk}/invite/")
    assert "This link does not work" in choose(former).content.decode()
    assert "Your new password is set" in choose(link()).content.decode()
    page = admin.get(f"/admin/auth/user/{bob.pk}/change/").content.decode()
    assert "Email an invitation again" not in page
    admin.post(f"/admin/auth/user/{bob.pk}/invite/")
    bob.refresh_from_db()
    assert bob.check_password(NEW)


def test_an_invitation_ends_after_seven_days(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    add_bob(admin)
    where, now = link(), time.time()
    monkeypatch.setattr(time, "time", lambda: now + timedelta(days=7, minutes=1).total_seconds())
    assert "This link does not work" in choose(where).content.decode()
    monkeypatch.setattr(time, "time", lambda: now + timedelta(days=6).total_seconds())
    page = Client().get(where)
    assert page.status_code == 302


@pytest.mark.parametrize(
    "change", [{"is_active": False}, {"is_staff": False}, {"email": "other@news.example.com"}]
)
def test_a_change_of_the_account_ends_it(admin: Client, change: dict[str, Any]) -> None:
    add_bob(admin)
    where = link()
    User.objects.filter(username="bob").update(**change)
    assert "This link does not work" in choose(where).content.decode()


def test_its_token_does_not_reset_passwords_and_the_other_way_round(admin: Client) -> None:
    from newsroom.password_reset import reset_link

    add_bob(admin)
    bob = User.objects.get(username="bob")
    path = invitation_link(bob).removeprefix("http://news.example.com")
    token = path.rstrip("/").rpartition("/")[2]
    reset = reset_link(bob).removeprefix("http://news.example.com")
    swapped = reset.replace(reset.rstrip("/").rpartition("/")[2], token)
    assert "This link does not work" in choose(swapped).content.decode()
    swapped = path.replace(token, reset.rstrip("/").rpartition("/")[2])
    assert "This link does not work" in choose(swapped).content.decode()


def test_an_account_without_an_address_needs_a_password(admin: Client) -> None:
    page = add_bob(admin, email="")
    assert "Enter an address for the invitation" in page.content.decode()
    page = add_bob(admin, email="", password1="short", password2="short")
    assert "too short" in page.content.decode()
    page = add_bob(admin, email="", password1=NEW, password2="something else")
    assert "not the same" in page.content.decode()
    assert not User.objects.filter(username="bob").exists()
    add_bob(admin, email="", password1=NEW, password2=NEW)
    assert User.objects.get(username="bob").check_password(NEW)
    assert not OutgoingEmail.objects.exists()


def test_no_two_names_differ_in_capitals_only(admin: Client) -> None:
    add_bob(admin)
    page = add_bob(admin, username="BOB")
    assert "exists already" in page.content.decode()


def test_nobody_can_log_in_before(admin: Client) -> None:
    add_bob(admin)
    for password in ("", "!", "None"):
        words = {"username": "bob", "password": password}
        assert Client().post("/admin/login/", words).status_code == 200
    assert timezone.now() > User.objects.get(username="bob").date_joined
