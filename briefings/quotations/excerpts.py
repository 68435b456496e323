"""An excerpt is a reader's own words, cut only: what was left out and what was added is marked.

“…” stands where words were left out, also at the beginning and the end if those are within a
sentence. “[ ]” holds what an editor added, or the capital of a word that had none: “[T]he ferry”.
Spaces, the shapes of quotation marks and the forms of an ellipsis do not matter.

Cutting may change what somebody meant, and no rule can tell. So an excerpt knows its places in the
original, and whoever cuts sees both.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ELLIPSIS = "…"
_SHAPES = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‘’‚‛‹›′`´", "'"),
        **dict.fromkeys("‐‑", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", ""),
    }
)
_DOTS = re.compile(r"\.(?: ?\.){2,}")
# What an excerpt is made of, apart from words: a capital made small or the other way round, a gap,
# and what an editor added.
_MARKED = re.compile(
    r"(?<!\w)\[(?P<initial>[^\W\d_])\](?=\w)|(?P<gap>\[\s*…\s*\]|…)|(?P<added>\[[^\[\]]*\])"
)
# A word has not ended before an apostrophe or a hyphen with more of it: “don't”, “non-resident”.
_BEGINS_WORD = r"(?<!\w)(?<!\w['-])"
_ENDS_WORD = r"(?!\w|['-]\w)"
_SENTENCE_ENDS = (".", "!", "?", ELLIPSIS)
# What may stand around a sentence and belongs to it.
_AROUND = "\"'()* "
_WORDS_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """An excerpt that was compared with its original.

    `places` are where its parts stand there, as pairs of positions. `problem` says to an editor
    what is wrong, and is empty if it may be printed; `not_said` is where it leaves the original.
    """

    words: str
    places: tuple[tuple[int, int], ...] = ()
    not_said: str = ""
    problem: str = ""


def check_excerpt(words: str, original: str) -> Excerpt:
    """Compare an excerpt with what the reader wrote."""
    said = _Normal(original)
    parts = list(_parts(_Normal(words).text))
    if not parts:
        return Excerpt(words=words, problem="There are no words of the reader's in it.")
    problem = not_said = ""
    places = _places(parts, said.text)
    if places is None:
        places = _places(parts, said.text, within_sentences=True)
        problem = "It begins or ends within a sentence. Write “…” there."
    if places is None:
        not_said = _first_not_said(parts, said.text)
        problem = (
            f"The reader did not write “{not_said}” there. Write “…” where words are left out, and"
            " put your own words into [ ]."
        )
    found = tuple(said.place(*place) for place in places or ())
    return Excerpt(words=words, places=found, not_said=not_said, problem=problem)


def with_ends_marked(words: str, original: str) -> str:
    """Return an excerpt with “…” at its beginning and end where those are within a sentence."""
    words = words.strip()
    before, after = f"{ELLIPSIS} {words}", f"{words} {ELLIPSIS}"
    for marked in (words, before, after, f"{before} {ELLIPSIS}"):
        if not check_excerpt(marked, original).problem:
            return marked
    return words


# --- one form for words that are the same ----------------------------------------------------


class _Normal:
    """A text in which spaces, quotation marks and ellipses have one form; it knows their places."""

    def __init__(self, source: str) -> None:
        self._length = len(source)
        at: list[int] = []  # of each character of the text, in the source
        text = ""
        for place, character in _composed(source):
            for one in character.translate(_SHAPES):
                if one.isspace() and text[-1:].isspace():
                    if one in "\n\r\u2029":
                        text = f"{text[:-1]}\n"
                    continue
                text += ("\n" if one in "\n\r\u2029" else " ") if one.isspace() else one
                at.append(place)
        self.text, self._at = "", []
        end = 0
        for dots in _DOTS.finditer(text):
            self.text += text[end : dots.start()] + ELLIPSIS
            self._at += at[end : dots.start() + 1]
            end = dots.end()
        self.text += text[end:]
        self._at += at[end:]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return the place in the source of a part of the text."""
        return self._at[start], self._at[end] if end < len(self._at) else self._length


def _composed(source: str) -> Iterator[tuple[int, str]]:
    """Yield each character together with the accents that follow it, and its place."""
    start = 0
    for end in range(1, len(source) + 1):
        if end == len(source) or not unicodedata.combining(source[end]):
            yield start, unicodedata.normalize("NFC", source[start:end])
            start = end


# --- an excerpt in parts ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Words that follow each other in the original; insertions may stand between them."""

    words: tuple[str, ...]
    pattern: re.Pattern[str]
    begins_sentence: bool
    ends_sentence: bool


def _parts(excerpt: str) -> Iterator[_Part]:
    """Split an excerpt where words were left out."""
    begins = True
    for tokens, ends in _between_gaps(excerpt):
        texts = [text for kind, text in tokens if kind == "said" and _has_words(text)]
        if texts:
            yield _Part(
                words=tuple(" ".join(texts).split()),
                pattern=re.compile(_pattern(tokens)),
                begins_sentence=begins and not texts[0].lstrip().startswith("["),
                ends_sentence=ends,
            )
        begins = False


def _between_gaps(excerpt: str) -> Iterator[tuple[list[tuple[str, str]], bool]]:
    """Yield what stands between the gaps, as said and added, and whether it is the last."""
    tokens: list[tuple[str, str]] = []
    said = ""
    end = 0
    for mark in _MARKED.finditer(excerpt):
        said += excerpt[end : mark.start()]
        end = mark.end()
        if mark["initial"]:
            said += mark[0]
            continue
        tokens.append(("said", said))
        said = ""
        if mark["gap"]:
            yield tokens, False
            tokens = []
        else:
            tokens.append(("added", mark[0]))
    yield [*tokens, ("said", said + excerpt[end:])], True


def _pattern(tokens: list[tuple[str, str]]) -> str:
    """Return the pattern of a part. An insertion takes no room, unless it is the reader's own."""
    patterns = []
    for kind, text in tokens:
        if kind == "added":
            patterns.append(rf"(?:{_words_pattern(text)})?")
        elif _has_words(text):
            patterns.append(_words_pattern(text.strip()))
        elif text.strip():
            patterns.append(re.escape(text.strip()))
    return r"\s*".join(patterns)


def _words_pattern(text: str) -> str:
    pattern = ""
    end = 0
    for initial in re.finditer(r"(?<!\w)\[([^\W\d_])\](?=\w)", text):
        pattern += _plain_pattern(text[end : initial.start()])
        pattern += rf"{_BEGINS_WORD}(?i:{re.escape(initial[1])})"
        end = initial.end()
    pattern += _plain_pattern(text[end:])
    begins = _BEGINS_WORD if text[0].isalnum() else ""
    return f"{begins}{pattern}{_ENDS_WORD if text[-1].isalnum() else ''}"


def _plain_pattern(text: str) -> str:
    return r"\s+".join(map(re.escape, re.split(r"\s+", text)))


def _has_words(text: str) -> bool:
    return any(character.isalnum() for character in text)


# --- its parts in the original ---------------------------------------------------------------


def _places(
    parts: list[_Part], said: str, *, within_sentences: bool = False
) -> list[tuple[int, int]] | None:
    """Return where the parts stand, one after the other; None if one of them does not."""
    places: list[tuple[int, int]] = []
    for part in parts:
        place = _place(part, said, places[-1][1] if places else 0, within=within_sentences)
        if place is None:
            return None
        places.append(place)
    return places


def _place(part: _Part, said: str, start: int, *, within: bool) -> tuple[int, int] | None:
    while found := part.pattern.search(said, start):
        begins = within or not part.begins_sentence or _begins_sentence(said, found.start())
        ends = within or not part.ends_sentence or _ends_sentence(said, found.end())
        if begins and ends:
            return found.span()
        start = found.start() + 1
    return None


def _begins_sentence(said: str, at: int) -> bool:
    before = said[:at].rstrip(_AROUND)
    return not before or before.endswith((*_SENTENCE_ENDS, "\n"))


def _ends_sentence(said: str, at: int) -> bool:
    after = said[at:].lstrip(_AROUND)
    if not after or after.startswith((*_SENTENCE_ENDS, "\n")):
        return True
    return said[:at].rstrip(_AROUND).endswith((*_SENTENCE_ENDS, "\n"))


def _first_not_said(parts: list[_Part], said: str) -> str:
    """Return the words with which an excerpt leaves its original."""
    start = 0
    for part in parts:
        if place := _place(part, said, start, within=True):
            start = place[1]
            continue
        said_count = _count_said(part.words, said, start)
        if said_count == len(part.words):
            said_count = 0
        return " ".join(part.words[said_count : said_count + _WORDS_SHOWN])
    return ""


def _count_said(words: tuple[str, ...], said: str, start: int) -> int:
    """Return how many of these words, from the first on, the original has together."""
    least, most = 0, len(words)
    while least < most:
        count = (least + most + 1) // 2
        if re.compile(_words_pattern(" ".join(words[:count]))).search(said, start):
            least = count
        else:
            most = count - 1
    return least
