"""Checks of words: placeholders, repeated words, capitals, and the language of a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefings.preflight.findings import Finding, Level, Place, shortened
from briefings.preflight.languages import LANGUAGES, foreign_language
from briefings.preflight.placeholders import find_placeholders

if TYPE_CHECKING:
    from collections.abc import Iterator

_TWICE = re.compile(r"(?<![\w'’-])([^\W\d_]{1,20})\s+(\1)(?![\w'’-])", re.IGNORECASE)
# Words that are written twice on purpose, by language.
_MEANT_TWICE = {
    "en": frozenset(
        {"had", "that", "very", "really", "so", "much", "many", "no", "yes", "ha", "bye", "hear"}
        | {"there", "far", "well", "long", "never", "too", "more", "please", "knock", "blah"}
        | {"do", "chop", "night", "go", "now", "big", "old", "her", "s"}
    ),
    "fr": frozenset({"nous", "vous", "très", "bien", "non", "oui", "trop", "faire"}),
    "de": frozenset({"die", "das", "der", "sie", "sehr", "ja", "nein", "so", "dass"}),
    "nl": frozenset({"die", "dat", "heel", "ja", "nee", "je", "had"}),
    "es": frozenset({"muy", "no", "sí", "poco", "casi"}),
    "it": frozenset({"piano", "no", "sì", "quasi", "molto", "via", "poco"}),
    "pt": frozenset({"muito", "não", "sim", "quase", "pouco"}),
}
# “What it is is a scandal”, unlike “The problem is is that”.
_ENDS_A_CLAUSE = re.compile(r"\b(?:he|she|it|this|that|there|where|what) $", re.IGNORECASE)
# Capitals in a row from which we take them for shouting: words, and characters in all.
_SHOUTED_WORDS = 4
_SHOUTED_CHARACTERS = 18
_LONGEST_ACRONYM = 5


def check_line(
    text: str, place: Place, *, language: str, is_quoted: bool = False
) -> Iterator[Finding]:
    """Yield what is wrong with the words of one line, such as a heading."""
    yield from check_words(text, place, language=language, is_quoted=is_quoted)
    alphabetic = [character for character in text if character.isalpha()]
    is_upper = len(alphabetic) > 2 * _LONGEST_ACRONYM and all(map(str.isupper, alphabetic))
    if is_upper and len(text.split()) > 1 and not _shouts(text):
        yield _capitals(text, place)


def check_words(
    text: str, place: Place, *, language: str, is_quoted: bool = False
) -> Iterator[Finding]:
    """Yield the placeholders, the repeated words and the capitals of a paragraph."""
    for placeholder in find_placeholders(text, is_quoted=is_quoted):
        if placeholder.is_doubtful:
            yield Finding(
                code="doubtful-placeholder",
                level=Level.WARNS,
                place=place,
                sentence=f"{place.where}: “{placeholder.text}” may be a placeholder.",
                fix="Replace it, unless you mean it.",
                about=f"{placeholder.text} {text}",
                quote=placeholder.text,
            )
        else:
            yield Finding(
                code="placeholder",
                level=Level.BLOCKS,
                place=place,
                sentence=f"{place.where}: “{shortened(placeholder.text, 60)}” is a placeholder.",
                fix="Replace it with what belongs there.",
                about=f"{placeholder.text} {text}",
                quote=placeholder.text,
            )
    for word in _repeated(text, language):
        yield Finding(
            code="repeated-word",
            level=Level.WARNS,
            place=place,
            sentence=f"{place.where}: “{word}” is written twice in a row.",
            fix="Delete one of them.",
            about=f"{word} {text}",
            quote=word,
        )
    if shouted := _shouts(text):
        yield _capitals(shouted, place)


def check_language(text: str, place: Place, *, language: str) -> Iterator[Finding]:
    """Yield a finding if a paragraph is in another language than its briefing."""
    found = foreign_language(text, language)
    if found:
        yield Finding(
            code="other-language",
            level=Level.WARNS,
            place=place,
            sentence=f"{place.where}: the paragraph “{shortened(text)}” seems to be in"
            f" {found}, and the briefing is in {LANGUAGES.get(language, language)}.",
            fix="Translate it, or change the language of the briefing.",
            about=text,
            quote=shortened(text).rstrip("…"),
        )


def _capitals(text: str, place: Place) -> Finding:
    return Finding(
        code="all-capitals",
        level=Level.WARNS,
        place=place,
        sentence=f"{place.where}: “{shortened(text)}” is in capitals, which is slow to"
        " read and looks like spam.",
        fix="Write it in lower case.",
        about=text,
        quote=shortened(text).rstrip("…"),
    )


def _repeated(text: str, language: str) -> Iterator[str]:
    """Yield words that are written twice in a row; a name such as Walla Walla is not repeated."""
    meant = _MEANT_TWICE.get(language, frozenset())
    for found in _TWICE.finditer(text):
        first, second = found[1], found[2]
        if "\n" in found[0].strip() or first.casefold() in meant:
            continue
        if language == "en" and first == "is" and _ENDS_A_CLAUSE.search(text, 0, found.start()):
            continue
        if len(first) == 1 and first.lower() not in "aio":
            continue
        if first[0].isupper() and second[0].isupper():
            continue
        yield " ".join(found[0].split())


def _shouts(text: str) -> str:
    """Return the first words in capitals that are too long for acronyms, or an empty string."""
    row: list[str] = []
    for word in [*text.split(), ""]:
        if word and word == word.upper() and any(map(str.isalpha, word)):
            row.append(word)
            if word[-1] not in ",;:.!?)":
                continue
        if (
            len(row) >= _SHOUTED_WORDS
            and any(len(one.strip(".,;:!?()“”")) > _LONGEST_ACRONYM for one in row)
            and len(" ".join(row)) >= _SHOUTED_CHARACTERS
        ):
            return " ".join(row)
        row = []
    return ""
