"""Wrap plain text: at spaces, by the columns that it takes, never within an address."""

from __future__ import annotations

import re
import unicodedata

WIDTH = 72

_SPACE = re.compile(r"[ \t\n\r\f\v]+")  # without the no-break space
_ADDRESS = re.compile(r"(?:https?://|mailto:|tel:|\S+@)\S", re.IGNORECASE)
# What may not start or end a line in Chinese, Japanese and Korean typesetting.
_NOT_FIRST = "、。，．・：；？！）］｝〕〉》」』】〙〗〟’”»ゝゞ々ーァィゥェォッャュョヮぁぃぅぇぉっゃゅょゎ…‥％"  # noqa: E501
_NOT_LAST = "（［｛〔〈《「『【〘〖〝‘“«"


def columns(text: str) -> int:
    """Return the columns that a text takes: wide characters take two, combining marks none."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in {"Cf", "Me", "Mn"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def wrap_text(text: str, *, width: int = WIDTH) -> str:
    """Return the text in lines of up to `width` columns; line breaks in the text stay."""
    lines = [
        line for part in text.split("\n") for line in _wrap_paragraph(part, room=max(width, 20))
    ]
    return "\n".join(lines).replace("\xa0", " ")


def _wrap_paragraph(text: str, *, room: int) -> list[str]:
    """Return one paragraph's lines."""
    lines: list[str] = []
    line, used = "", 0
    for word in filter(None, _SPACE.split(text)):
        for number, piece in enumerate(_pieces(word, room=room)):
            wide = columns(piece)
            gap = 1 if line and not number else 0
            if line and used + gap + wide > room:
                lines.append(line)
                line, used, gap = "", 0, 0
            line, used = f"{line}{' ' * gap}{piece}", used + gap + wide
    return [*lines, line] if line else [""]


def _pieces(word: str, *, room: int) -> list[str]:
    """Split a word where it may be broken: between wide characters, or where it is too long."""
    if _ADDRESS.match(word) or (word.isascii() and len(word) <= room):
        return [word]
    pieces: list[str] = []
    size = room
    for char in word:
        wide = _width(char)
        if pieces and not _may_break(pieces[-1][-1], char) and size + wide <= room:
            pieces[-1] += char
            size += wide
        else:
            pieces.append(char)
            size = wide
    return pieces


def _may_break(before: str, after: str) -> bool:
    wide = _width(before) == 2 or _width(after) == 2
    joined = _width(after) == 0 or before == "\u200d" or after in _NOT_FIRST or before in _NOT_LAST
    return wide and not joined
