"""Words with their emphasis and links: what a paragraph is made of."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

# NUL and its like, which a database refuses, and marks without width, which hide in pasted text.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u2060\ufeff\ufffe\uffff]")
_SPACES = re.compile(r"[ \t\r\f\v]+|[ \u00a0]{2,}")
# A space that does not break stays where it holds a number together.
_NEEDLESS_NBSP = re.compile(r"(?<!\d)\u00a0(?!\d)")
_AROUND_BREAK = re.compile(r"[ \u00a0]*\n[ \u00a0]*")
BLANK = " \t\n\r\u00a0"


def visible(text: str) -> str:
    """Drop characters that nobody sees and no database keeps."""
    return _UNSEEN.sub("", text)


@dataclass(frozen=True, slots=True)
class Mark:
    """An emphasis (`strong`, `em`, `u`, `s`, `sub`, `sup`) or a link (`a` with its address)."""

    tag: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Words under the same marks; a newline in them is a line break."""

    text: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in the line, by its address on the web."""

    src: str
    alt: str = ""
    marks: tuple[Mark, ...] = ()

    @property
    def text(self) -> str:
        """A picture takes no room among the words."""
        return ""


@dataclass(frozen=True, slots=True)
class Prose:
    """A line or a paragraph of words, cut by offsets into its plain `text`."""

    runs: tuple[Run | Picture, ...]

    @classmethod
    def plain(cls, text: str) -> Prose:
        """Words without any mark."""
        return cls((Run(text),))

    def __bool__(self) -> bool:
        return any(isinstance(run, Picture) or run.text.strip(BLANK) for run in self.runs)

    @property
    def text(self) -> str:
        """The words alone."""
        return "".join(run.text for run in self.runs)

    @property
    def has_picture(self) -> bool:
        """Whether a picture stands among the words."""
        return any(isinstance(run, Picture) for run in self.runs)

    def cut(self, start: int, end: int | None = None) -> Prose:
        """The part between two offsets, without the space at its ends."""
        text = self.text
        return self._pieces(text, [(start, len(text) if end is None else end)])[0]

    def lines(self, separator: str = "\n") -> list[Prose]:
        """The parts between line breaks, empty ones left out."""
        text = self.text
        ends = [(found.start(), found.end()) for found in re.finditer(separator, text)]
        starts = [0, *(end for _, end in ends)]
        stops = [*(start for start, _ in ends), len(text)]
        return [part for part in self._pieces(text, list(zip(starts, stops, strict=True))) if part]

    def _pieces(self, text: str, spans: list[tuple[int, int]]) -> list[Prose]:
        """Cut several parts, given in order, in one pass over the runs."""
        runs = deque(self._placed())
        pieces: list[Prose] = []
        for span in spans:
            start, stop = _trimmed(text, *span)
            piece: list[Run | Picture] = []
            while runs and runs[0][0] <= stop:
                offset, run = runs[0]
                if isinstance(run, Picture):
                    if offset >= span[0]:
                        piece.append(run)
                elif part := run.text[max(start - offset, 0) : max(stop - offset, 0)]:
                    piece.append(replace(run, text=part))
                if offset + len(run.text) > stop:
                    break  # the next part begins in this run
                runs.popleft()
            pieces.append(Prose(tuple(piece)))
        return pieces

    def _placed(self) -> Iterator[tuple[int, Run | Picture]]:
        offset = 0
        for run in self.runs:
            yield offset, run
            offset += len(run.text)

    def is_wholly(self, *tags: str) -> bool:
        """Whether every word stands under one of these marks."""
        words = [run for run in self.runs if run.text.strip(BLANK)]
        return bool(words) and all(any(mark.tag in tags for mark in run.marks) for run in words)


def _trimmed(text: str, start: int, stop: int) -> tuple[int, int]:
    while start < stop and text[start] in BLANK:
        start += 1
    while stop > start and text[stop - 1] in BLANK:
        stop -= 1
    return start, stop


def joined(parts: Iterable[Prose], separator: str = " ") -> Prose:
    """Several pieces as one, with a separator between them."""
    runs: list[Run | Picture] = []
    for part in parts:
        if runs:
            runs.append(Run(separator))
        runs.extend(part.runs)
    return Prose(tuple(runs))


def tidy(runs: Iterable[Run | Picture]) -> Prose:
    """Make the white space of a source what a reader sees: one space, or a break."""
    kept: list[Run | Picture] = []
    last = "\n"
    for run in runs:
        if isinstance(run, Picture):
            kept.append(run)
            last = "x"
            continue
        text = _NEEDLESS_NBSP.sub(" ", _SPACES.sub(" ", run.text))
        text = _AROUND_BREAK.sub("\n", text)
        if last in " \n":
            text = text.lstrip(" ")
        if text.startswith("\n") and last == " ":
            _drop_last_space(kept)
        if text:
            kept.append(replace(run, text=text))
            last = text[-1]
    return Prose(tuple(kept)).cut(0)


def _drop_last_space(runs: list[Run | Picture]) -> None:
    last = runs[-1]
    if isinstance(last, Run):
        runs[-1] = replace(last, text=last.text.rstrip(" "))
