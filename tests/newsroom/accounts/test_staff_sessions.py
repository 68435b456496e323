"""Sessions of staff: they end by themselves, and their owner sees and ends them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from newsroom.accounts import staff_sessions
from newsroom.accounts.models import StaffSession

pytestmark = pytest.mark.django_db
PASSWORD = "a long password"
OTHER = "correct horse battery"


@pytest.fixture
def ada() -> User:
    return User.objects.create_superuser("ada", "ada@news.example.com", PASSWORD)


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def is_logged_in(client: Client) -> bool:
    return client.get("/admin/account/").status_code == 200


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that moves the clock of sessions on."""
    start = timezone.now()
    moved = [timedelta()]

    def now() -> datetime:
        return start + moved[0]

    monkeypatch.setattr("newsroom.accounts.account_middleware.timezone.now", now)

    def move(**by: float) -> None:
        moved[0] += timedelta(**by)

    return move


def test_a_session_ends_when_it_is_not_used(ada: User, later: Any, settings: Any) -> None:
    client = logged_in(ada)
    later(hours=11, minutes=58)
    assert is_logged_in(client)
    later(hours=11, minutes=58)
    assert is_logged_in(client)
    later(hours=12, minutes=2)
    assert client.get("/admin/account/")["Location"] == "/admin/login/?next=/admin/account/"


def test_a_session_ends_after_a_week_however_much_it_is_used(ada: User, later: Any) -> None:
    client = logged_in(ada)
    for _ in range(16):
        later(hours=10)
        assert is_logged_in(client)
    later(hours=10)
    answer = client.get("/admin/account/")
    assert answer["Location"] == "/admin/login/?next=%2Fadmin%2Faccount%2F"
    assert "Your session has ended" in client.get(answer["Location"]).content.decode()
    assert not StaffSession.objects.exists()


def test_settings_say_how_long_sessions_last(ada: User, later: Any, settings: Any) -> None:
    settings.SESSION_IDLE = timedelta(hours=1)
    settings.SESSION_LENGTH = timedelta(hours=3)
    client = logged_in(ada)
    for _ in range(3):
        later(minutes=59)
        assert is_logged_in(client)
    later(minutes=59)
    assert not is_logged_in(client)


def test_the_browser_forgets_an_idle_session_too(ada: User, settings: Any) -> None:
    client = Client()
    client.post("/admin/login/", {"username": "ada", "password": PASSWORD})
    assert client.cookies[settings.SESSION_COOKIE_NAME]["max-age"] == 12 * 3600


def test_what_a_page_asks_by_itself_keeps_no_session_alive(
    ada: User, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from briefings.admin.presence_view import presence
    from subscribers.sending.admin import DispatchAdmin

    for view in (presence, DispatchAdmin.progress_view):
        assert getattr(view, "is_in_background", False)
    client = logged_in(ada)
    seen = StaffSession.objects.get().seen_at
    later(minutes=30)
    client.post("/admin/briefings/issue/1/presence/")
    assert StaffSession.objects.get().seen_at == seen
    assert is_logged_in(client)
    assert StaffSession.objects.get().seen_at > seen


def test_a_session_that_is_used_writes_once_a_minute(
    ada: User, django_assert_num_queries: Any
) -> None:
    client = logged_in(ada)
    assert is_logged_in(client)
    with django_assert_num_queries(2):  # the session and the account
        client.get("/admin/jsi18n/")


def test_a_person_sees_their_own_sessions_and_ends_one(ada: User) -> None:
    client, other = logged_in(ada), logged_in(ada)
    bob = User.objects.create_superuser("bob", password=PASSWORD)
    strange = logged_in(bob)
    page = client.get("/admin/account/").content.decode()
    assert page.count("End it") == 1
    assert "This session" in page
    others = StaffSession.objects.get(user=bob)
    client.post("/admin/account/sessions/", {"session": others.pk})
    assert is_logged_in(strange)
    ended = StaffSession.objects.filter(user=ada).exclude(session_key=client.session.session_key)
    client.post("/admin/account/sessions/", {"session": ended.get().pk})
    assert not is_logged_in(other)
    assert is_logged_in(client)


def test_a_person_ends_all_others(ada: User) -> None:
    client, *others = [logged_in(ada) for _ in range(3)]
    page = client.post("/admin/account/sessions/", follow=True).content.decode()
    assert "Your 2 other sessions have ended." in page
    assert [is_logged_in(one) for one in others] == [False, False]
    assert is_logged_in(client)
    assert page.count("This session") == 1


def test_a_new_password_ends_all_other_sessions(ada: User) -> None:
    client, other = logged_in(ada), logged_in(ada)
    words = {"old_password": PASSWORD, "new_password1": OTHER, "new_password2": OTHER}
    assert client.post("/admin/password_change/", words).status_code == 302
    assert not is_logged_in(other)
    assert is_logged_in(client)
    assert StaffSession.objects.get().session_key == client.session.session_key


def test_a_password_that_an_administrator_sets_ends_all_sessions(ada: User) -> None:
    bob = User.objects.create_user("bob", "bob@news.example.com", PASSWORD, is_staff=True)
    client, admin = logged_in(bob), logged_in(ada)
    words = {"password1": OTHER, "password2": OTHER}
    admin.post(f"/admin/auth/user/{bob.pk}/password/", words)
    assert not is_logged_in(client)
    assert not StaffSession.objects.filter(user=bob).exists()
    assert is_logged_in(admin)


def test_logging_out_takes_the_session_from_the_list(ada: User) -> None:
    client = logged_in(ada)
    client.post("/admin/logout/")
    assert not StaffSession.objects.exists()


def test_a_session_from_before_an_upgrade_goes_on(ada: User) -> None:
    client = logged_in(ada)
    session = client.session
    for name in (staff_sessions.BEGAN, staff_sessions.SEEN):
        del session[name]
    session.save()
    StaffSession.objects.all().delete()
    assert is_logged_in(client)
    assert StaffSession.objects.get().user == ada
