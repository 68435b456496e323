"""Rows are validated one by one; the shortcut for addresses changes nothing."""

from __future__ import annotations

import hmac
import io
import re

import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given
from hypothesis import strategies as st

from newsroom.email_addresses import address_key, normalise_address
from subscribers.lists.import_errors import ImportRefused, RefusalReason
from subscribers.lists.import_plan import ImportOptions, make_plan
from subscribers.lists.row_validation import AddressNormaliser, RowRefused
from subscribers.lists.uploaded_lists import preview_of
from subscribers.models.address_hash import HashSalt, hash_address, hash_key
from tests.subscribers.lists.list_files import NOW


@pytest.mark.django_db
@given(data=st.binary(max_size=300))
def test_hostile_rows_are_validated_one_by_one(data: bytes) -> None:
    file = io.BytesIO(b"email,name,consent_date,status\n" + data)
    try:
        plan = make_plan(file, ImportOptions(source="s", wording="w"), now=NOW)
        preview_of(file, plan, briefing="ward", now=NOW)
    except ImportRefused:
        pass


@pytest.mark.django_db
@given(
    typed=st.one_of(
        st.emails(),
        st.text(max_size=30),
        st.from_regex(r"[A-Za-z.+'\" -]{1,70}@[A-Za-z0-9.-]{1,70}", fullmatch=True),
        st.from_regex(r"\w{1,5}@[\wß。]{1,5}\.\w{2,4}", fullmatch=True),
    )
)
@example("a" * 64 + "@example.org")
@example("a" * 65 + "@example.org")
@example("ada@" + ".".join(["a" * 63] * 4))
@example("ada@xn--bcher-kva.example")
@example("K@example.org")
def test_the_shortcut_for_plain_addresses_gives_the_same_result(typed: str) -> None:
    try:
        expected = normalise_address(typed)
    except ValidationError as problem:
        words = " ".join(problem.messages) if typed.strip() else RefusalReason.NO_ADDRESS
        with pytest.raises(RowRefused, match=re.escape(words)):
            AddressNormaliser().normalise(typed)
    else:
        address, address_hash = AddressNormaliser().normalise(typed)
        assert address == expected
        assert address_hash == hash_address(typed) == hash_address(expected)
        assert address_key(address) == address_key(typed)


@pytest.mark.django_db
@given(key=st.text(st.characters(codec="utf-8")))
def test_the_hash_of_an_address_is_its_hmac_under_the_salt(key: str) -> None:
    assert hash_key(key) == hmac.digest(HashSalt.current(), key.encode(), "sha256").hex()
