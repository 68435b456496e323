"""Wrong passwords and codes: how many, by account and network, by network, and by account."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from newsroom.accounts import attempt_limits
from newsroom.accounts.attempt_limits import (
    BY_ACCOUNT,
    BY_ACCOUNT_AND_NETWORK,
    BY_NETWORK,
    Attempt,
    TooManyAttempts,
)
from newsroom.accounts.models import LogInAttempt, LogInOutcome
from newsroom.duration_words import in_words

pytestmark = pytest.mark.django_db
PASSWORD = "a long password"
HERE = "192.0.2.7"


@pytest.fixture(autouse=True)
def _one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count at one moment, so that no test depends on the end of a window."""
    moment = timezone.now()
    monkeypatch.setattr("newsroom.accounts.log_in.timezone.now", lambda: moment)


@pytest.fixture
def ada() -> User:
    return User.objects.create_superuser("ada", "ada@news.example.com", PASSWORD)


def log_in(username: str, password: str, ip: str = HERE) -> Any:
    words = {"username": username, "password": password}
    return Client().post("/admin/login/", words, REMOTE_ADDR=ip)


def test_the_last_wrong_password_allowed_says_how_long_to_wait(ada: User) -> None:
    answers = [log_in("ada", "a guess") for _ in range(BY_ACCOUNT_AND_NETWORK.failures)]
    assert [answer.status_code for answer in answers] == [200] * 7 + [429]
    assert in_words(BY_ACCOUNT_AND_NETWORK.window) in answers[-1].content.decode()
    assert answers[-1]["Retry-After"] == "1800"
    assert log_in("ada", PASSWORD).status_code == 429
    assert log_in("ada", PASSWORD, "198.51.100.7").status_code == 302


@pytest.mark.parametrize("spelling", ["ada", "ADA", "ａｄａ"])
def test_other_spellings_of_a_name_count_as_one(ada: User, spelling: str) -> None:
    for _ in range(BY_ACCOUNT_AND_NETWORK.failures):
        log_in(spelling, "a guess")
    assert log_in("ada", PASSWORD).status_code == 429


def test_guesses_from_one_ipv6_network_count_together(ada: User) -> None:
    answers = [log_in("ada", "a guess", f"2001:db8:1:2::{place:x}") for place in range(1, 25)]
    assert answers[-1].status_code == 429
    assert log_in("ada", PASSWORD, "2001:db8:1:2::ffff").status_code == 429
    assert log_in("ada", PASSWORD, "2001:db8:1:3::1").status_code == 302


def test_many_names_from_one_network_are_stopped(ada: User) -> None:
    codes = [log_in(f"name{number}", "a guess").status_code for number in range(12)]
    assert codes == [200] * (BY_NETWORK.failures - 1) + [429] * 3
    assert log_in("ada", PASSWORD).status_code == 429


def test_one_name_from_many_networks_is_stopped_more_slowly(ada: User) -> None:
    codes = [log_in("ada", "a guess", f"198.51.100.{place}").status_code for place in range(25)]
    assert codes == [200] * (BY_ACCOUNT.failures - 1) + [429] * 6
    assert log_in("ada", PASSWORD, "203.0.113.9").status_code == 429
    assert BY_ACCOUNT.window > BY_NETWORK.window


def test_strangers_cannot_lock_out_somebody_where_they_logged_in_before(ada: User) -> None:
    assert log_in("ada", PASSWORD).status_code == 302
    for place in range(BY_ACCOUNT.failures):
        log_in("ada", "a guess", f"198.51.100.{place}")
    for number in range(BY_NETWORK.failures):
        log_in(f"name{number}", "a guess")
    assert log_in("nobody", "a guess").status_code == 429
    assert log_in("ada", PASSWORD).status_code == 302
    for _ in range(BY_ACCOUNT_AND_NETWORK.failures):
        log_in("ada", "a guess")
    assert log_in("ada", PASSWORD).status_code == 429  # the first limit is for everybody


def test_the_right_password_forgets_wrong_ones_of_this_account_only(ada: User) -> None:
    for _ in range(3):
        for _ in range(BY_ACCOUNT_AND_NETWORK.failures - 5):
            log_in("ada", "a guess")
        assert log_in("ada", PASSWORD).status_code == 302
    codes = [log_in(f"name{number}", "a guess").status_code for number in range(12)]
    assert 429 in codes


def test_a_form_without_a_password_is_no_attempt(ada: User) -> None:
    answers = {log_in("ada", "").status_code for _ in range(20)}
    assert answers == {200}
    assert not LogInAttempt.objects.exists()


def test_a_new_window_begins_after_the_old_one(ada: User) -> None:
    now = timezone.now()
    for _ in range(BY_ACCOUNT_AND_NETWORK.failures):
        Attempt("ada", ip=HERE, at=now)
    with pytest.raises(TooManyAttempts):
        Attempt("ada", ip=HERE, at=now)
    Attempt("ada", ip=HERE, at=now + 2 * BY_ACCOUNT_AND_NETWORK.window)


def test_attempts_at_once_count_before_they_are_compared(ada: User) -> None:
    now = timezone.now()
    taken = [Attempt("ada", ip=HERE, at=now) for _ in range(BY_ACCOUNT_AND_NETWORK.failures)]
    with pytest.raises(TooManyAttempts):
        Attempt("ada", ip=HERE, at=now)
    taken[0].succeed()
    Attempt("ada", ip=HERE, at=now)


def test_a_refused_attempt_compares_nothing(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(BY_ACCOUNT_AND_NETWORK.failures):
        log_in("ada", "a guess")
    compared: list[str] = []
    monkeypatch.setattr(
        "django.contrib.auth.backends.ModelBackend.authenticate",
        lambda *_, **given: compared.append(given["username"]),
    )
    assert log_in("ada", PASSWORD).status_code == 429
    assert compared == []


@pytest.mark.parametrize("username", ["ada", "nobody", "n" * 100_000])
def test_an_attempt_hashes_once_whoever_it_is_for(
    ada: User, monkeypatch: pytest.MonkeyPatch, username: str
) -> None:
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def count(self: Any, password: str, salt: str) -> Any:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", count)
    assert log_in(username, "a guess").status_code == 200
    assert len(hashed) <= 1
    assert log_in(username, "x" * 1_000_000).status_code == 200
    assert all(len(password) < 2_000 for password in hashed)


def test_a_process_compares_only_a_few_passwords_at_once(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt_limits, "WAIT_SECONDS", 0.0)
    monkeypatch.setattr(attempt_limits, "_turns", threading.BoundedSemaphore(1))
    with attempt_limits.turn_to_compare():
        busy = log_in("ada", PASSWORD)
    assert busy.status_code == 503
    assert busy["Retry-After"]
    assert log_in("ada", PASSWORD).status_code == 302


def test_a_refusal_is_recorded_once_in_a_minute(ada: User) -> None:
    for _ in range(30):
        log_in("ada", "a guess")
    assert LogInAttempt.objects.filter(outcome=LogInOutcome.REFUSED).count() == 1
    assert LogInAttempt.objects.filter(outcome=LogInOutcome.WRONG_PASSWORD).count() == 8


def test_limits_are_told_apart_by_their_names() -> None:
    limits = (BY_ACCOUNT, BY_NETWORK, BY_ACCOUNT_AND_NETWORK)
    assert len({limit.name for limit in limits}) == 3
    assert all(limit.window >= timedelta(minutes=30) for limit in limits)
