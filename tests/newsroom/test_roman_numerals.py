"""Numbers are written in Roman numerals."""

from __future__ import annotations

import pytest

from newsroom.roman_numerals import to_roman


@pytest.mark.parametrize(
    ("number", "written"),
    [(1, "i"), (4, "iv"), (14, "xiv"), (90, "xc"), (449, "cdxlix"), (3999, "mmmcmxcix")],
)
def test_a_number_is_written_in_roman_numerals(number: int, written: str) -> None:
    assert to_roman(number) == written
