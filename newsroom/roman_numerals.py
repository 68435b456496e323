"""Roman numerals, as lists are numbered with them."""

from __future__ import annotations

LARGEST = 3999
_VALUES = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l")),
    *((40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)


def to_roman(number: int) -> str:
    """Return a number from 1 to LARGEST in small Roman numerals: 'xiv'."""
    written = ""
    for value, digits in _VALUES:
        count, number = divmod(number, value)
        written += digits * count
    return written
