"""A token is valid for one purpose and one row, and cannot be guessed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsroom.tokens import (
    ROW_TOKEN_CHARS,
    SIGNED_ID_CHARS,
    make_row_token,
    sign_id,
    sign_value,
    verify_id,
    verify_value,
)


@given(number=st.integers(0, 2**56 - 1))
def test_a_signed_id_is_valid_for_its_purpose_only(number: int) -> None:
    token = sign_id("view", number)
    assert len(token) == SIGNED_ID_CHARS
    assert re.fullmatch(r"[0-9a-f]+", token)
    assert verify_id("view", token) == verify_id("view", token.upper()) == number
    assert verify_id("bounce", token) is None


@given(token=st.text(max_size=60))
def test_any_other_string_is_not_a_signed_id(token: str) -> None:
    assert verify_id("view", token) is None


@given(number=st.integers(0, 2**32), position=st.integers(0, SIGNED_ID_CHARS - 1))
def test_a_signed_id_with_one_digit_changed_is_invalid(number: int, position: int) -> None:
    token = sign_id("view", number)
    other = "0" if token[position] != "0" else "1"
    assert verify_id("view", token[:position] + other + token[position + 1 :]) is None


def test_row_tokens_need_no_escaping_in_a_url() -> None:
    tokens = {make_row_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(re.fullmatch(rf"[\w-]{{{ROW_TOKEN_CHARS}}}", token) for token in tokens)


def test_a_signed_value_expires_and_is_for_one_purpose() -> None:
    token = sign_value("comment", "7")
    assert verify_value("comment", token, max_age=60) == "7"
    assert verify_value("comment", token, max_age=-1) is None
    assert verify_value("preferences", token, max_age=60) is None


@pytest.mark.parametrize("token", ["", "x", "x:y:z", "\0", "é" * 40])
def test_a_forged_value_is_invalid(token: str) -> None:
    assert verify_value("comment", token, max_age=60) is None
