"""Who logged in, or tried to: recorded for 90 days, and told to the owner of the account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from newsroom.accounts.log_in_history import browser_name
from newsroom.accounts.models import LogInAttempt, LogInOutcome
from newsroom.models import OutgoingEmail
from newsroom.retention.enforcement import apply_policy

pytestmark = pytest.mark.django_db
PASSWORD = "a long password"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def ada() -> User:
    user = User.objects.create_superuser("ada", "ada@news.example.com", PASSWORD)
    user.last_login = timezone.now() - timedelta(days=400)
    user.save()
    return user


def log_in(username: str, password: str, ip: str = "192.0.2.7") -> Any:
    words = {"username": username, "password": password}
    return Client().post("/admin/login/", words, REMOTE_ADDR=ip, headers={"user-agent": FIREFOX})


def test_failures_and_successes_are_kept_with_name_and_address(ada: User) -> None:
    log_in("ada", "a guess")
    log_in("nobody", "a guess", "2001:db8::5")
    log_in("ada", PASSWORD)
    kept = LogInAttempt.objects.order_by("pk").values_list("outcome", "username", "ip", "account")
    assert list(kept) == [
        (LogInOutcome.WRONG_PASSWORD, "ada", "192.0.2.7", None),
        (LogInOutcome.WRONG_PASSWORD, "nobody", "2001:db8::5", None),
        (LogInOutcome.SUCCEEDED, "ada", "192.0.2.7", ada.pk),
    ]


@pytest.mark.parametrize("name", ["n" * 5_000, "a\0b", "ä ö <script>", ""])
def test_any_name_can_be_recorded(name: str) -> None:
    assert log_in(name, "a guess").status_code == 200


def test_what_is_older_than_90_days_is_deleted() -> None:
    now = timezone.now()
    for days in (89, 91):
        LogInAttempt.objects.create(
            at=now - timedelta(days=days), outcome=LogInOutcome.SUCCEEDED, username=f"day{days}"
        )
    apply_policy(at=now)
    assert list(LogInAttempt.objects.values_list("username", flat=True)) == ["day89"]


def test_a_log_in_from_a_new_place_is_emailed_to_its_owner(ada: User) -> None:
    log_in("ada", PASSWORD)
    email = OutgoingEmail.objects.get()
    assert email.to == "ada@news.example.com"
    assert "192.0.2.7" in email.text
    assert "Firefox on Linux" in email.text
    log_in("ada", PASSWORD, "192.0.2.99")  # the same customer of a provider
    assert OutgoingEmail.objects.count() == 1
    log_in("ada", PASSWORD, "198.51.100.1")
    assert OutgoingEmail.objects.count() == 2


def test_a_place_is_new_again_after_90_days(ada: User) -> None:
    log_in("ada", PASSWORD)
    LogInAttempt.objects.update(at=timezone.now() - timedelta(days=91))
    log_in("ada", PASSWORD)
    assert OutgoingEmail.objects.count() == 2


def test_nobody_is_emailed_of_a_wrong_password_or_their_first_log_in(ada: User) -> None:
    log_in("ada", "a guess")
    User.objects.create_user("new", "new@news.example.com", PASSWORD, is_staff=True)
    log_in("new", PASSWORD)
    assert not OutgoingEmail.objects.exists()


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140.0", "Edge on Windows"),
        ("curl/8.0", "A browser"),
        ("", "A browser"),
    ],
)
def test_browsers_have_the_names_that_people_use(agent: str, name: str) -> None:
    assert browser_name(agent) == name
