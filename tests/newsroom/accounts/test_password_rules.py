"""Which passwords are refused: short, common, common ones made longer, and stolen ones."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from newsroom.accounts.breached_passwords import is_breached, parse_breached_file


def refusals(password: str, **user: str) -> set[str]:
    try:
        validate_password(password, User(**user))
    except ValidationError as problem:
        return {str(error.code) for error in problem.error_list}
    return set()


@pytest.mark.parametrize("password", ["eleven-char", "Tr0ub4dor&3", "x"])
def test_fewer_than_twelve_characters_are_refused(password: str) -> None:
    assert "password_too_short" in refusals(password)


@pytest.mark.parametrize(
    "password",
    [
        *("Password2026!!", "password1234567", "qwertyqwerty", "!!!iloveyou!!!", "123456789012"),
        *(
            "dragondragondragon",
            "abcabcabcabc",
            "2026-2026-2026",
            "newsroom2026",
            "Newsroom!Newsroom",
        ),
    ],
)
def test_common_passwords_made_longer_are_refused(password: str) -> None:
    assert refusals(password)


@pytest.mark.parametrize(
    "password",
    ["correct horse battery", "a ward without any beds", "лошадь батарея скоба", "w9#kfQ2z!pLmx7"],
)
def test_good_passwords_are_accepted(password: str) -> None:
    assert refusals(password) == set()


def test_a_password_like_the_name_is_refused() -> None:
    assert "password_too_similar" in refusals("ada.lovelace.1", username="ada.lovelace")


@pytest.fixture
def hashes(tmp_path: Path) -> Path:
    stolen = [f"a stolen password {number}" for number in range(500)]
    digests = sorted(
        hashlib.sha1(one.encode(), usedforsecurity=False).hexdigest().upper() for one in stolen
    )
    file = tmp_path / "hashes.txt"
    file.write_text("".join(f"{one}:{place * 977}\r\n" for place, one in enumerate(digests)))
    return file


def test_every_hash_of_the_list_is_found_and_no_other(hashes: Path) -> None:
    assert all(is_breached(f"a stolen password {number}", hashes) for number in range(500))
    assert not any(is_breached(f"another password {number}", hashes) for number in range(500))


def test_a_list_of_passwords_is_read_too(tmp_path: Path) -> None:
    file = tmp_path / "stolen.txt"
    file.write_text("the winter of beds\nsome other words\n")
    assert is_breached("The winter of beds", file)
    assert not is_breached("winter of beds", file)


def test_a_stolen_password_is_refused(hashes: Path, settings: Any) -> None:
    assert refusals("a stolen password 7") == set()
    settings.BREACHED_PASSWORDS = hashes
    assert refusals("a stolen password 7") == {"password_breached"}
    assert refusals("a stolen password 700") == set()


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "stolen.txt"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ValueError, match=r"stolen\.txt"):
        parse_breached_file(str(file))
    assert parse_breached_file("") is None
