"""Text on pictures that we draw: in the site's own fonts, in lines that fit.

The fonts are those of the pages, each in several files by alphabet, and a serif for Greek, Cyrillic
and Vietnamese, which they lack. Pillow draws a text in one font, so each text is cut where another
file takes over.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from PIL import ImageFont

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PIL import ImageDraw

FONTS = settings.BASE_DIR / "static" / "fonts"
OTHER_ALPHABETS = tuple(
    f"literata-{alphabet}-wght-normal"
    for alphabet in ("greek", "greek-ext", "cyrillic", "cyrillic-ext", "vietnamese")
)
SERIF = ("newsreader-latin-wght-normal", "newsreader-latin-ext-wght-normal", *OTHER_ALPHABETS)
SANS = (
    "libre-franklin-latin-wght-normal",
    "libre-franklin-latin-ext-wght-normal",
    *OTHER_ALPHABETS,
)
MEASURED_AT = 100  # pixels; other sizes are in proportion
SAMPLE_SIZE = 16
NO_CHARACTER = "\uffff"  # no font has it, so it is drawn as whatever a font lacks
# A line as drawn may be a little wider than in proportion: characters stand on whole pixels.
TOLERANCE = 0.985


class Box(NamedTuple):
    """Where a text has to fit, in pixels; `leading` is from line to line, in proportion to size."""

    width: int
    height: float
    leading: float


class Lines(NamedTuple):
    """A text in lines, and the size in pixels at which they fit."""

    lines: list[str]
    size: int


class Type:
    """Fonts in a size and a weight: measures text and draws it."""

    def __init__(self, files: Sequence[str], *, size: int, weight: int) -> None:
        self.files = files
        self.size = size
        self.weight = weight

    def width(self, text: str) -> float:
        """Return the width of a text in pixels."""
        return sum(font.getlength(run) for font, run in self._runs(text))

    def draw(self, on: ImageDraw.ImageDraw, text: str, *, x: float, y: float, fill: int) -> None:
        """Draw a text; `y` is where it stands."""
        for font, run in self._runs(text):
            on.text((x, y), run, font=font, fill=fill, anchor="ls")
            x += font.getlength(run)

    def _runs(self, text: str) -> Iterator[tuple[ImageFont.FreeTypeFont, str]]:
        by_file = groupby(text, key=lambda char: file_with(char, self.files) or self.files[0])
        for file, chars in by_file:
            yield _font(file, self.size, self.weight), "".join(chars)


def drawable(text: str) -> str:
    """Return a text as our fonts draw it: without emoji, or empty if its alphabet is missing."""
    kept = []
    for char in unicodedata.normalize("NFC", " ".join(text.split())):
        if file_with(char, SERIF):
            kept.append(char)
        elif unicodedata.category(char)[0] in {"L", "N"}:
            return ""
    return " ".join("".join(kept).split())


def in_lines(
    text: str, files: Sequence[str], *, weight: int, sizes: Sequence[int], box: Box
) -> Lines:
    """Return a text in lines, in the first of these sizes in which it fits without broken words.

    In the last size, long words are broken, and what does not fit is cut with an ellipsis.
    """
    font = Type(files, size=MEASURED_AT, weight=weight)
    size, most, room, lines = sizes[-1], 1, 0.0, [text]
    for size in sizes:
        room = box.width * TOLERANCE * MEASURED_AT / size
        most = max(1, int(box.height / (size * box.leading)))
        lines = _wrap(text, font, room)
        if len(lines) <= most and not _has_broken_word(text, lines):
            return Lines(_balanced(text, font, room, len(lines)), size)
    if len(lines) > most:
        lines = [*lines[: most - 1], _cut(lines[most - 1], font, room)]
    return Lines(lines, size)


@lru_cache(maxsize=4096)
def file_with(char: str, files: Sequence[str]) -> str:
    """Return the first of these font files that has a character; empty if none has."""
    for file in files:
        font = _sample(file)
        if char.isspace() or _shape(font, char) not in {b"", _shape(font, NO_CHARACTER)}:
            return file
    return ""


def _shape(font: ImageFont.FreeTypeFont, char: str) -> bytes:
    """Return how a character looks in a font; nothing for one that cannot be seen."""
    mask = font.getmask(char)
    return bytes(mask) + repr(mask.size).encode() if mask.getbbox() else b""


@lru_cache(maxsize=len({*SERIF, *SANS}))
def _sample(file: str) -> ImageFont.FreeTypeFont:
    return _font.__wrapped__(file, SAMPLE_SIZE, 400)


@lru_cache(maxsize=24)
def _font(file: str, size: int, weight: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(FONTS / f"{file}.woff2", size)
    font.set_variation_by_axes([weight])
    return font


def _wrap(text: str, font: Type, room: float) -> list[str]:
    """Return the lines of a text; a word that is wider than a line is broken."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if font.width(longer) <= room:
            line = longer
            continue
        if line:
            lines.append(line)
        *full, line = _parts(word, font, room)
        lines += full
    return [*lines, line] if line else lines


def _parts(word: str, font: Type, room: float) -> list[str]:
    """Return a word in parts that fit, with a hyphen where two characters of it are parted."""
    if font.width(word) <= room:
        return [word]
    parts, part = [], ""
    for char in word:
        if part and font.width(f"{part}{char}-") > room:
            parts.append(f"{part}-" if part[-1].isalpha() and char.isalpha() else part)
            part = ""
        part += char
    return [*parts, part]


def _has_broken_word(text: str, lines: list[str]) -> bool:
    return " ".join(lines) != text


def _balanced(text: str, font: Type, room: float, count: int) -> list[str]:
    """Return as many lines, as equally long as they can be."""
    narrow, wide = room / 2, room
    best = _wrap(text, font, room)
    for _ in range(6):
        middle = (narrow + wide) / 2
        lines = _wrap(text, font, middle)
        if len(lines) == count and not _has_broken_word(text, lines):
            best, wide = lines, middle
        else:
            narrow = middle
    return best


def _cut(line: str, font: Type, room: float) -> str:
    while line and font.width(f"{line}…") > room:
        line = line[:-1].rstrip()
    return f"{line}…"
