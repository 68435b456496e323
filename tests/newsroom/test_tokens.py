"""A token is good for one act on one row, and cannot be made by guessing."""

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
def test_a_seal_gives_back_its_number_for_its_act_alone(number: int) -> None:
    token = sign_id("view", number)
    assert len(token) == SIGNED_ID_CHARS
    assert re.fullmatch(r"[0-9a-f]+", token)
    assert verify_id("view", token) == verify_id("view", token.upper()) == number
    assert verify_id("bounce", token) is None


@given(token=st.text(max_size=60))
def test_what_was_not_sealed_here_is_nothing(token: str) -> None:
    assert verify_id("view", token) is None


@given(number=st.integers(0, 2**32), place=st.integers(0, SIGNED_ID_CHARS - 1))
def test_a_seal_with_one_letter_changed_is_nothing(number: int, place: int) -> None:
    token = sign_id("view", number)
    other = "0" if token[place] != "0" else "1"
    assert verify_id("view", token[:place] + other + token[place + 1 :]) is None


def test_row_tokens_stand_in_an_address_as_they_are() -> None:
    tokens = {make_row_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(re.fullmatch(rf"[\w-]{{{ROW_TOKEN_CHARS}}}", token) for token in tokens)


def test_a_stamp_ends_and_is_for_one_act() -> None:
    token = sign_value("comment", "7")
    assert verify_value("comment", token, max_age=60) == "7"
    assert verify_value("comment", token, max_age=-1) is None
    assert verify_value("preferences", token, max_age=60) is None


@pytest.mark.parametrize("token", ["", "x", "x:y:z", "\0", "é" * 40])
def test_a_forged_stamp_is_nothing(token: str) -> None:
    assert verify_value("comment", token, max_age=60) is None
