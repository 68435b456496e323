"""The options and the closing time of a question, as forms and revisions write them.

A form has the options in one text, a line for each, and the closing time as the browser's picker
sends it, with " first" or " second" behind it where the autumn change repeats it. A revision has a
list, and the moment with its offset.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from briefings.local_time import INPUT_FORMAT, both_of, moment_with_offset, parse_local
from newsroom.invisible_characters import has_visible

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from zoneinfo import ZoneInfo

# The two moments of a time that the autumn change repeats.
WHICH = ("first", "second")


def parse_options(written: object) -> list[str]:
    """Return the options in a text, a line for each, without empty lines."""
    lines = (" ".join(line.split()) for line in str(written or "").splitlines())
    return [line for line in lines if has_visible(line)]


def write_options(options: Iterable[str]) -> str:
    """Return options as a field of the form holds them."""
    return "\n".join(options)


def split_which(value: str) -> tuple[str, str]:
    """Return the time and which of the two; '' if that is not said."""
    time, _, which = value.partition(" ")
    return (time, which) if which in WHICH else (value, "")


def read_closing(written: object, zone: ZoneInfo) -> datetime | None:
    """Return the moment that a form or a revision has; None for none, or one that is unfinished."""
    time, which = split_which(str(written or "").strip())
    try:
        return parse_local(time, zone, which=which) if time else None
    except ValueError:
        return None


def write_closing(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment as the form has it."""
    local = moment.astimezone(zone)
    text = local.strftime(INPUT_FORMAT)
    return f"{text} {WHICH[local.fold]}" if both_of(text, zone) else text


def question_of_row(row: dict[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """Return what a posted row asks, in the form that a revision keeps; empty if that is nothing.

    What is not a time stays as it was entered: somebody has to look at it.
    """
    options = parse_options(row.get("options"))
    time, which = split_which(row.get("closes_at", ""))
    entered = f"{time} {which or row.get('closes_at_which', '')}".strip()
    closing = read_closing(entered, zone)
    closes_at = moment_with_offset(closing, zone) if closing else entered
    asked: dict[str, Any] = {"options": options} if options else {}
    return {**asked, "closes_at": closes_at} if closes_at else asked


def row_of_question(words: dict[str, Any], zone: ZoneInfo) -> dict[str, str]:
    """Return the fields of a row for what a revision or a section asks."""
    closes_at = words.get("closes_at") or ""
    closing = read_closing(closes_at, zone)
    return {
        "options": write_options(words.get("options") or ()),
        "closes_at": write_closing(closing, zone) if closing else str(closes_at),
    }
